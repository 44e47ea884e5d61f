package gocell

import (
	"strings"
	"testing"
)

// TestRules has the lines about which the three readers that were here before
// did not agree, each as GoNB 0.11.5 takes it where GoNB has a rule.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, text         string
		declarations, body string // as GoNB parts them
		commands, args     string
		explicit           bool // a prompt puts no mark in
	}{
		{"%main by its first characters", "%mainly -x\nf()", "", "f()", "%mainly -x", "", true},
		{"%main apart from its percent sign", "% main -x\nf()", "f()", "", "", "-x", false},
		{"a mark in two characters apart", "% %\nf()", "f()", "", "", "", false},
		{"a mark that a tab ends", "%%\t-x\nf()", "", "f()", "", "-x", true},
		{"a mark that a backslash ends", "%%\\\n-x\nf()", "f()", "", "", "-x", false},
		{"a mark with a continuation line", "%% -x \\\n-y\nf()", "", "f()", "", "-x -y", true},
		{"a mark in a continuation line", "!echo \\\n%%\nf()", "", "f()", "!echo  %%", "", true},
		{"no mark and no cell magic", "%%nosuch x\nconst a = 1", "const a = 1", "", "%%nosuch x", "", false},
		{"an indented mark is Go", " %%\nf()", "%% f()", "", "", "", false},
		{"%test is a word", "%testing\nf()", "f()", "", "%testing", "", false},
		{"a lone sign is Go", "!\n%", "! %", "", "", "", false},
		{"blanks alone are no command, and no Go", "! \n% \t\nf()", "f()", "", "", "", false},
		{"continuation lines are no Go", "!ls \\\n -l\nconst a = 1", "const a = 1", "", "!ls   -l", "", false},
		{"a shell command in GoNB's folder, apart", "! *go version", "", "", "!*go version", "", false},
		{"cell magic that a tab ends", "%%bash\t\nls", "", "", "", "", true},
		{"cell magic behind blanks", " \t%%bash\nls", "", "", "", "", true},
		{"cell magic below the first line", "f()\n%%bash", "f()", "", "%%bash", "", false},
		// Exceptions, see the package's comment.
		{"signs in a string", "a := `\n%%\n!b`\n%%", "a := ` %% !b`", "", "", "", true},
		{"a package clause", "package a; const b = 1\n%%\npackage c", "const b = 1", "", "", "", true},
		{"a name that begins so", "packages := 1\n%%\npackages++", "packages := 1", "packages++", "", "", true},
		{"lines of Windows", "%env A=b\r\nconst a = 1\r\n%%\r\nf()", "const a = 1", "f()", "%env A=b", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Parse(c.text)
			var commands []string
			for _, command := range got.Commands {
				commands = append(commands, map[bool]string{true: "!", false: "%"}[command.Shell]+command.Text)
			}
			for what, texts := range map[string][2]string{
				"declarations": {strings.Join(strings.Fields(got.Declarations), " "), c.declarations},
				"body":         {strings.Join(strings.Fields(got.Body), " "), c.body},
				"commands":     {strings.Join(commands, "|"), c.commands},
				"arguments":    {strings.Join(got.Args, " "), c.args},
			} {
				if texts[0] != texts[1] {
					t.Errorf("%s %q, want %q", what, texts[0], texts[1])
				}
			}
			if got.Explicit() != c.explicit {
				t.Errorf("explicit %v, want %v", got.Explicit(), c.explicit)
			}
		})
	}
}

// TestOpenEnds has the ends of texts about which the kernel and the prompt did
// not agree. GoNB says nothing of them. Go does: it puts no semicolon behind
// such a token, so that the next line continues.
func TestOpenEnds(t *testing.T) {
	for text, want := range map[string]string{
		"a := !": Incomplete, "f(a...": Incomplete, "func f(a ...": Incomplete, "x...": Incomplete, "!": Incomplete,
		"!ls \\": Incomplete, "!ls \\\n-l": Complete, "!ls \\\n": Complete, "f(]": Invalid, "f(\"a": Invalid,
	} {
		if got, _ := IsComplete(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
		if got, _ := IsCompleteAtPrompt(text); got != (want != Incomplete) {
			t.Errorf("at a prompt, %q is complete: %v, want the answer to %s", text, got, want)
		}
	}
}
