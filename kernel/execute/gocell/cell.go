// Package gocell reads the text of a cell as GoNB does: special commands, declarations, and a main function.
//
// A cell of GoNB is a program of its own. Of what it ran only declarations and some settings reach the next cells, as
// source; see [Replay].
package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"github.com/gocifar/gocifar/kernel/live/cell"
)

// Cell is the text of a cell, taken apart.
type Cell struct {
	// Magic is the first line of a cell that is no Go as a whole: "%%bash", "%%writefile x.txt".
	Magic string
	// Commands are its special commands in order, without the prefix //gonb:, continued lines joined: "%env A=b", "!ls".
	Commands []string
	// Declarations are the Go lines outside of the main that %% or %main begins. They stand in the lines in which they
	// stand in the cell; other lines are empty.
	Declarations string
	// Main is the body that %% or %main begins, in its lines too.
	Main string
}

// cellMagics make something else of a whole cell.
var cellMagics = map[string]bool{"%%writefile": true, "%%script": true, "%%bash": true, "%%sh": true, "%%gx": true}

// commentPrefix lets special commands stand in Go files.
const commentPrefix = "//gonb:"

// Parse takes a cell's text apart. It does not look at the Go in it: any text can be parsed.
func Parse(source string) Cell {
	lines := strings.Split(source, "\n")
	first := strings.TrimPrefix(lines[0], commentPrefix)
	if word, _, _ := strings.Cut(first, " "); cellMagics[word] {
		return Cell{Magic: first}
	}
	var c Cell
	var declarations, main strings.Builder
	inMain := false
	inside := cell.Inside(lines)
	for i := 0; i < len(lines); i++ {
		line := strings.TrimPrefix(lines[i], commentPrefix)
		if inside[i] || len(line) < 2 || line[0] != '%' && line[0] != '!' {
			if inMain {
				main.WriteString(lines[i])
			} else if inside[i] || !strings.HasPrefix(lines[i], "package") { // GoNB leaves it out and writes its own
				declarations.WriteString(lines[i])
			}
			newline(&declarations, &main)
			continue
		}
		command := line
		newline(&declarations, &main)
		for strings.HasSuffix(command, `\`) && i+1 < len(lines) {
			i++
			command = command[:len(command)-1] + " " + strings.TrimPrefix(lines[i], commentPrefix)
			newline(&declarations, &main)
		}
		c.Commands = append(c.Commands, command)
		inMain = inMain || startsMain(command)
	}
	c.Declarations, c.Main = declarations.String(), main.String()
	return c
}

func newline(builders ...*strings.Builder) {
	for _, b := range builders {
		b.WriteByte('\n')
	}
}

func startsMain(command string) bool {
	rest, is := strings.CutPrefix(command, "%%")
	return strings.HasPrefix(command, "%main") || is && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// header makes a file of declarations, whose lines are counted as in the cell.
const header = "package main\n//line cell:1\n"

// File parses the declarations. The file is there, as far as it goes, also with an error.
func (c Cell) File(fset *token.FileSet) (*ast.File, error) {
	return parser.ParseFile(fset, "cell", header+c.Declarations, parser.ParseComments|parser.SkipObjectResolution)
}

// Text is a node of such a file as it is written in the cell.
func (c Cell) Text(fset *token.FileSet, from, to token.Pos) string {
	source := header + c.Declarations
	return source[fset.Position(from).Offset:fset.Position(to).Offset]
}
