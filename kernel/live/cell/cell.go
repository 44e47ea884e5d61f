// Package cell reads the text of a notebook cell by GoNB's rules: which lines are
// special commands, which part is declarations and which is to be run.
package cell

import (
	"strings"
)

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
	return strings.TrimSpace(c.Declarations) != "" || strings.TrimSpace(c.Body) != "" || c.Exec != "" || c.Test || c.Marked
}

// commentPrefix lets special commands stand in a file that is Go to an editor.
const commentPrefix = "//gonb:"

// cellMagics are the commands that claim the whole cell.
var cellMagics = map[string]bool{"writefile": true, "script": true, "bash": true, "sh": true, "gx": true}

// Parse takes a cell apart. It cannot fail: what is wrong shows when a part is used.
func Parse(text string) *Cell {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.Split(text, "\n")
	if first, ok := strings.CutPrefix(strings.TrimPrefix(lines[0], commentPrefix), "%%"); ok {
		if words := Words(first); len(words) > 0 && cellMagics[words[0]] && !strings.HasPrefix(first, " ") {
			return &Cell{Magic: words[0], MagicArgs: words[1:], Rest: strings.Join(lines[1:], "\n")}
		}
	}
	c := &Cell{}
	declarations, body := make([]string, len(lines)), make([]string, len(lines))
	into := declarations
	inside := Inside(lines)
	for i := 0; i < len(lines); i++ {
		line := strings.TrimPrefix(lines[i], commentPrefix)
		if inside[i] || !special(line) {
			into[i] = lines[i]
			continue
		}
		number := i + 1
		for strings.HasSuffix(line, `\`) {
			line = strings.TrimSuffix(line, `\`) + " "
			if i++; i == len(lines) {
				break
			}
			line += strings.TrimPrefix(lines[i], commentPrefix)
		}
		if c.command(number, line) {
			into = body
		}
	}
	c.Declarations, c.Body = split(strings.Join(declarations, "\n"), strings.Join(body, "\n"))
	return c
}

func special(line string) bool {
	return len(line) > 1 && (line[0] == '%' || line[0] == '!') && strings.TrimSpace(line[1:]) != ""
}

// command reads a special line and tells whether the body begins after it.
func (c *Cell) command(number int, line string) (begin bool) {
	text := strings.TrimLeft(line[1:], " \t")
	if line[0] == '!' {
		c.Commands = append(c.Commands, Command{Line: number, Shell: true, Text: text})
		return false
	}
	words := Words(text)
	if len(words) == 0 {
		return false
	}
	switch name, rest := words[0], words[1:]; name {
	case "%", "main":
		c.Marked = true
		c.setArgs(rest)
		return true
	case "args":
		c.setArgs(rest)
	case "test":
		c.Test = true
		c.setArgs(rest)
	case "exec":
		if len(rest) > 0 {
			c.Exec = rest[0]
			c.setArgs(rest[1:])
			return false
		}
		fallthrough
	default:
		c.Commands = append(c.Commands, Command{Line: number, Text: text, Words: words})
	}
	return false
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
