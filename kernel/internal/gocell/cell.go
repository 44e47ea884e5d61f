// Package gocell reads the text of a notebook cell by GoNB's rules: which lines
// are special commands, which part of the Go code is declarations and which
// part runs, whether the text is complete, and what another process needs to
// continue after the cell. The live kernel, headless runs, parameters and the
// prompt read cells here only.
//
// The rules are those of GoNB 0.11 (internal/specialcmd, and
// createGoFileFromLines in internal/goexec) with three exceptions, where GoNB
// loses or refuses Go code. A line within a raw string or general comment is
// text, whatever it begins with. Of a line that begins with "package" only a
// package clause is left out. And "\r\n" ends a line as "\n" does.
package gocell

import "strings"

// Cell is a cell's text, taken apart. Line and column of every part are those
// of the cell: what belongs to another part is blank.
type Cell struct {
	// Magic is the cell magic of the first line without its percent signs
	// ("writefile", "bash", …), MagicArgs what stands behind it and Rest the
	// other lines. The other fields are then empty.
	Magic     string
	MagicArgs []string
	Rest      string

	// Commands are the special lines, in order. They run before Go code.
	Commands []Command
	// Declarations and Body are the two parts of the Go code.
	Declarations, Body string
	// Marked tells that a line %% or %main begins the body.
	Marked bool
	// Args are the program's arguments, from %%, %main, %args, %exec or %test.
	Args    []string
	HasArgs bool
	// Exec is the function that %exec names.
	Exec string
	// Test tells that the cell's tests are to run.
	Test bool

	// continued tells that the last line ends with a backslash that joins
	// another line to its command.
	continued bool
}

// Command is a line that begins with % or !.
type Command struct {
	Line  int // from 1
	Shell bool
	// Text is the line without the first character, with continuation lines.
	Text string
	// Words is Text taken apart, for a command that is no shell's.
	Words []string
}

// HasGo tells whether there is Go code, or something to run.
func (c *Cell) HasGo() bool {
	return strings.TrimSpace(c.Declarations) != "" || strings.TrimSpace(c.Body) != "" ||
		c.Exec != "" || c.Test || c.Marked
}

// cellMagics are the commands that claim the whole cell.
var cellMagics = map[string]bool{"%%writefile": true, "%%script": true, "%%bash": true, "%%sh": true, "%%gx": true}

// Parse takes a cell apart as GoNB does: the lines below %% or %main are the
// body, all other Go lines are declarations. [Cell.Sort] looks closer. Parse
// cannot fail: what is wrong shows when a part is used.
func Parse(text string) *Cell {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if words := Words(uncommented(lines[0])); len(words) > 0 && cellMagics[words[0]] {
		return &Cell{Magic: words[0][len("%%"):], MagicArgs: words[1:], Rest: strings.Join(lines[1:], "\n")}
	}
	c := &Cell{}
	declarations, body := make([]string, len(lines)), make([]string, len(lines))
	inside := insideText(lines)
	for i := 0; i < len(lines); i++ {
		line := uncommented(lines[i])
		switch {
		case (inside[i] || !special(line)) && c.Marked:
			body[i] = lines[i]
			continue
		case inside[i] || !special(line):
			declarations[i] = lines[i]
			continue
		}
		number := i + 1
		c.Marked = c.Marked || startsBody(line)
		for strings.HasSuffix(line, `\`) {
			line = strings.TrimSuffix(line, `\`) + " "
			if i++; i == len(lines) {
				c.continued = true
				break
			}
			next := uncommented(lines[i])
			c.Marked = c.Marked || startsBody(next) // GoNB looks at continuation lines, too
			line += next
		}
		c.command(number, line)
	}
	c.Declarations = withoutPackage(strings.Join(declarations, "\n"))
	c.Body = withoutPackage(strings.Join(body, "\n"))
	return c
}

// command reads a special line. One that has nothing but blanks is skipped, as
// GoNB means to: it stops with an index out of range there.
func (c *Cell) command(number int, line string) {
	text := strings.TrimLeft(line[1:], " \t")
	words := Words(text)
	switch {
	case text == "":
		return
	case line[0] == '!':
		c.Commands = append(c.Commands, Command{Line: number, Shell: true, Text: text})
		return
	case len(words) == 0:
		return
	}
	switch name, rest := words[0], words[1:]; {
	case name == "%", name == "main", name == "args":
		c.setArgs(rest)
	case name == "test":
		c.Test = true
		c.setArgs(rest)
	case name == "exec" && len(rest) > 0:
		c.Exec = rest[0]
		c.setArgs(rest[1:])
	default:
		c.Commands = append(c.Commands, Command{Line: number, Text: text, Words: words})
	}
}

// setArgs keeps the arguments of an earlier line if this one has none.
func (c *Cell) setArgs(args []string) {
	if len(args) > 0 || !c.HasArgs {
		c.Args, c.HasArgs = args, true
	}
}

// Words splits a command at white space; double quotes hold words together, and
// within them a backslash escapes.
func Words(text string) []string {
	var words []string
	var word strings.Builder
	started, quoted := false, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case !quoted && (b == ' ' || b == '\t' || b == '\n'):
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		case b == '"':
			quoted, started = !quoted, true
		case b == '\\' && quoted && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				word.WriteByte('\n')
			case 't':
				word.WriteByte('\t')
			default:
				word.WriteByte(text[i])
			}
		default:
			word.WriteByte(b)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}
