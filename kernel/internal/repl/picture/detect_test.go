package picture

import (
	"strings"
	"testing"
)

// What terminals answer to the queries that they know.
const (
	xtermDevice = "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
	sixelDevice = "\x1b[?64;1;2;4;6;9;15;22c"
	vt100Device = "\x1b[?1;2c"
	kittyOK     = "\x1b_Gi=31;OK\x1b\\"
	cells       = "\x1b[6;18;9t"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    string // NAME=value, separated by spaces
		answer string
		want   Protocol
		asked  string // "" not at all, "kitty" for kitty too
	}{
		{"no terminal type", "", "", None, ""},
		{"dumb", "TERM=dumb LANG=C.UTF-8", "", None, ""},
		{"the console is not asked", "TERM=linux LANG=C.UTF-8", "", None, ""},
		{"kitty", "TERM=xterm-kitty", kittyOK + cells + vt100Device, Kitty, "kitty"},
		{"ghostty", "TERM=xterm-ghostty", "", Kitty, "kitty"},
		{"kitty, under another name", "TERM=xterm-256color", kittyOK + xtermDevice, Kitty, "kitty"},
		{"kitty graphics refused", "TERM=xterm-256color LANG=de_DE.UTF-8", "\x1b_Gi=31;EINVAL:no\x1b\\" + xtermDevice, Blocks,
			"kitty"},
		{"iTerm2", "TERM=xterm-256color TERM_PROGRAM=iTerm.app", sixelDevice, ITerm2, "kitty"},
		{"iTerm2 over ssh", "TERM=xterm-256color LC_TERMINAL=iTerm2", sixelDevice, ITerm2, "kitty"},
		{"WezTerm", "TERM=xterm-256color TERM_PROGRAM=WezTerm", "", ITerm2, "kitty"},
		{"xterm with sixel", "TERM=xterm", sixelDevice, Sixel, "kitty"},
		{"class 4 is no sixel", "TERM=xterm", "\x1b[?4;6c", None, "kitty"},
		{"xterm", "TERM=xterm-256color LC_ALL=en_GB.utf8", xtermDevice, Blocks, "kitty"},
		{"xterm in another character set", "TERM=xterm-256color LC_ALL=C LANG=en_GB.UTF-8", xtermDevice, None, "kitty"},
		{"xterm without colors", "TERM=xterm LANG=C.UTF-8", xtermDevice, None, "kitty"},
		{"24-bit colors", "TERM=foot LANG=C.UTF-8 COLORTERM=truecolor", "", Blocks, "kitty"},
		{"Apple's prints it", "TERM=xterm-256color TERM_PROGRAM=Apple_Terminal LANG=C.UTF-8", vt100Device, Blocks, "others"},
		{"tmux in kitty", "TERM=tmux-256color TMUX=/tmp/x KITTY_WINDOW_ID=1 LANG=C.UTF-8", vt100Device, Blocks, "others"},
		{"tmux with sixel in iTerm2", "TERM=screen-256color TMUX=/tmp/x LC_TERMINAL=iTerm2", "\x1b[?1;2;4c", Sixel, "others"},
		{"screen", "TERM=screen.xterm-256color LANG=C", "\x1b[?1;2c", None, "others"},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(kv, "=")
			env[name] = value
		}
		asked := ""
		got := Detect(func(name string) string { return env[name] }, func(query string) string {
			asked = "others"
			if strings.Contains(query, "_G") {
				asked = "kitty"
			}
			if !strings.HasSuffix(query, askDevice) {
				t.Errorf("%s: the query %q does not end with the one that all answer", c.name, query)
			}
			return c.answer
		})
		if got.Protocol != c.want || asked != c.asked {
			t.Errorf("%s: %s, asked for %q; want %s, %q", c.name, got.Protocol, asked, c.want, c.asked)
		}
		if strings.Contains(c.answer, cells) && (got.CellWidth != 9 || got.CellHeight != 18) {
			t.Errorf("%s: cells of %d by %d", c.name, got.CellWidth, got.CellHeight)
		}
	}
}

func TestTyped(t *testing.T) {
	answer := "x " + kittyOK + ":=" + cells + " " + "1" + xtermDevice + "\r"
	if !Answered([]byte(answer)) || Answered([]byte(kittyOK+cells)) {
		t.Error("the end of an answer was not seen")
	}
	if got := Typed(answer); got != "x := 1\r" {
		t.Errorf("typed %q", got)
	}
}

func TestParseProtocol(t *testing.T) {
	for _, p := range protocols {
		if got, err := ParseProtocol(string(p)); got != p || err != nil {
			t.Errorf("%q: %q, %v", p, got, err)
		}
	}
	if _, err := ParseProtocol("ascii"); err == nil {
		t.Error("ascii was taken")
	}
}
