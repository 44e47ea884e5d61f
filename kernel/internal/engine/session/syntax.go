package session

import (
	"errors"
	"fmt"
	"go/scanner"
	"strconv"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// A parser that has lost its way complains of much that nobody wrote. So a cell
// that is no Go has one diagnostic, the compiler's first, of the text as it
// stands in the cell.

// syntaxError describes what is wrong with a cell of which a part, between the
// clauses that we put around it, cannot be parsed. err is what the parser of
// go/parser said, which stands in where the compiler has nothing to say.
func (s *Session) syntaxError(number int64, clause, part string, c *gocell.Cell, err error) error {
	first := Diagnostic{Cell: number, Line: 1, Column: 1, Message: err.Error()}
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		first.Message = list[0].Msg
		if list[0].Pos.Filename != "" {
			first.Line, first.Column = list[0].Pos.Line, list[0].Pos.Column
		}
	}
	text := fmt.Sprintf("package main\n%s/*line %s:1:1*/%s", clause, cellName(number), strings.TrimRight(part, " \t\n"))
	if d, ok := firstSyntaxError(s.toolchain.Complaints(text), first); ok {
		first = d
	} else if strings.HasSuffix(first.Message, "found '}'") {
		first.Message = "syntax error: unexpected }" // one too many
	}
	first.Line, first.Column = within(c, first.Line, first.Column)
	return &Error{Class: ParseError, Diagnostics: []Diagnostic{first}}
}

// within moves a place behind a cell to the cell's end.
func within(c *gocell.Cell, line, column int) (int, int) {
	declarations, body := strings.Split(c.Declarations, "\n"), strings.Split(c.Body, "\n")
	for i := max(len(declarations), len(body)); i > 0; i-- {
		width := 0
		for _, lines := range [][]string{declarations, body} {
			if i <= len(lines) {
				width = max(width, len(strings.TrimRight(lines[i-1], " \t\r")))
			}
		}
		if width > 0 {
			if line > i {
				return i, width + 1
			}
			return line, column
		}
	}
	return 1, 1
}

// firstSyntaxError finds in the compiler's lines the first about syntax. Others
// it has only if it could parse the text well enough to go on: then the one
// counts that stands where the parser failed.
func firstSyntaxError(complaints string, parser Diagnostic) (d Diagnostic, ok bool) {
	for _, m := range compilerLine.FindAllStringSubmatch(complaints, -1) {
		d := Diagnostic{Message: m[4]}
		d.Cell, _ = strconv.ParseInt(m[1], 10, 64)
		d.Line, _ = strconv.Atoi(m[2])
		d.Column, _ = strconv.Atoi(m[3])
		d.Column = max(1, d.Column)
		if strings.Contains(d.Message, "syntax error: ") || d.Line == parser.Line && d.Column == parser.Column ||
			strings.HasSuffix(d.Message, "not terminated") {
			return d, true
		}
	}
	return Diagnostic{}, false
}
