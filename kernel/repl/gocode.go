package repl

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"

	"github.com/gocifar/gocifar/kernel/live/cell"
)

// Go at a prompt. GoNB's language, which our kernels read, has declarations at
// the top of a cell and statements below a line "%%"; lines that begin with % or
// ! are commands. At a prompt nobody wants to type "%%", so it is put in where
// the statements begin.

// statementsMark is the line that GoNB wants above statements.
const statementsMark = "%%\n"

// goCell makes a cell of what was typed, and returns how many bytes were put in
// and where.
func goCell(source string) (cell string, at, added int) {
	if hasMark(source) {
		return source, 0, 0
	}
	code := blankCommands(source)
	if strings.TrimSpace(code) == "" || declarations(code) {
		return source, 0, 0
	}
	if statements(code) {
		return statementsMark + source, 0, len(statementsMark)
	}
	// Declarations first, statements after.
	for at := len(code); at > 0; at = strings.LastIndexByte(code[:at-1], '\n') + 1 {
		if at < len(code) && declarations(code[:at]) && statements(code[at:]) {
			return source[:at] + statementsMark + source[at:], at, len(statementsMark)
		}
		if at == strings.IndexByte(code, '\n')+1 {
			break
		}
	}
	return source, 0, 0 // the kernel will say what is wrong with it
}

// hasMark reports whether the user has decided where statements begin.
func hasMark(source string) bool {
	lines := strings.Split(source, "\n")
	inside := cell.Inside(lines)
	for i, line := range lines {
		line = strings.TrimPrefix(strings.TrimSpace(line), "//gonb:")
		if inside[i] {
			continue
		}
		if strings.HasPrefix(line, "%%") || strings.HasPrefix(line, "%main") || strings.HasPrefix(line, "%test") {
			return true
		}
	}
	return false
}

// isCommand reports lines that GoNB takes out of the code.
func isCommand(line string) bool {
	return strings.HasPrefix(line, "%") || strings.HasPrefix(line, "!")
}

// blankCommands replaces command lines by spaces, so that positions stay.
func blankCommands(source string) string {
	lines := strings.Split(source, "\n")
	inside := cell.Inside(lines)
	for i, line := range lines {
		if !inside[i] && isCommand(line) {
			lines[i] = strings.Repeat(" ", len(line))
		}
	}
	return strings.Join(lines, "\n")
}

func declarations(code string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+code, parser.SkipObjectResolution)
	return err == nil
}

func statements(code string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p;func _(){\n"+code+"\n}", parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 { // "}; func f() {" would be two
		return false
	}
	_, ok := file.Decls[0].(*ast.FuncDecl)
	return ok
}

// goComplete decides whether Go code can be run as it is. If not, indent is how
// deep the next line is nested. Code that is wrong is complete: the kernel
// explains it better.
func goComplete(source string) (complete bool, indent int) {
	if strings.HasSuffix(source, "\n\n") { // two empty lines send anything
		return true, 0
	}
	if first, _, _ := strings.Cut(source, "\n"); cellCommand(first) {
		return strings.HasSuffix(source, "\n"), 0
	}
	code := blankCommands(source)
	s := scanGo(code)
	switch {
	case s.open, s.depth > 0, s.pending:
		return false, max(0, s.depth)
	case s.depth < 0:
		return true, 0
	}
	if hasMark(source) && !strings.HasSuffix(source, "\n") {
		return false, 0 // statements in a block of their own end with an empty line
	}
	return true, 0
}

// cellCommand reports first lines that take the whole cell (%%bash and others).
func cellCommand(line string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(line, "//gonb:"), "%%")
	return strings.TrimPrefix(line, "//gonb:") != name && name != "" && name[0] != ' '
}

// goScan is what the tokens of some code tell of its completeness.
type goScan struct {
	depth   int  // brackets that are open
	open    bool // a comment or a raw string has no end
	pending bool // the last token wants another after it
}

func scanGo(code string) goScan {
	var r goScan
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(code))
	s.Init(file, []byte(code), func(_ token.Position, message string) {
		if strings.Contains(message, "not terminated") && (strings.Contains(message, "comment") || strings.Contains(message, "raw string")) {
			r.open = true
		}
	}, 0)
	for {
		_, tok, literal := s.Scan()
		switch tok {
		case token.EOF:
			return r
		case token.LPAREN, token.LBRACK, token.LBRACE:
			r.depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			r.depth--
		case token.SEMICOLON:
			if literal == "\n" {
				continue // put in at the line's end: what comes before it counts
			}
		}
		r.pending = wantsMore(tok)
	}
}

// wantsMore reports tokens that cannot end a piece of code.
func wantsMore(tok token.Token) bool {
	switch tok {
	case token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE, token.SEMICOLON, token.COLON, token.ELLIPSIS, token.ILLEGAL,
		token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.RETURN, token.NOT, token.TILDE:
		return false
	}
	return tok.IsOperator() || tok.IsKeyword()
}
