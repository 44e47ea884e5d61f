package gocell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Sort moves declarations and statements to where they belong: GoNB wants a %%
// line between the two, in the live kernel it may be missing. It returns c.
func (c *Cell) Sort() *Cell {
	before, after := c.Declarations, c.Body
	first, second := chunks(before), chunks(after)
	toBody, toDeclarations := []chunk(nil), []chunk(nil)
	statements := false
	for _, c := range first {
		if !c.declaration || statements && c.variable {
			toBody = append(toBody, c)
			statements = true
		}
	}
	for _, c := range second {
		// What Go allows within a function stays there: where a variable stands
		// among the statements matters, and other declarations are local to
		// them.
		if c.declaration && !c.local {
			toDeclarations = append(toDeclarations, c)
		}
	}
	c.Declarations = overlay(without(before, toBody), only(after, toDeclarations))
	c.Body = overlay(without(after, toDeclarations), only(before, toBody))
	return c
}

// withoutPackage blanks package clauses: a cell's package is always the
// notebook's.
func withoutPackage(text string) string {
	var clauses []chunk
	for _, c := range chunks(text) {
		if c.clause {
			clauses = append(clauses, c)
		}
	}
	return without(text, clauses)
}

// chunk is a declaration or statement, by offsets.
type chunk struct {
	start, end            int
	declaration, variable bool
	local                 bool // a declaration that can stand within a function
	clause                bool // of a package
}

type tok struct {
	offset int
	token  token.Token
	text   string
}

// chunks finds the declarations and statements of text. Comments between them
// belong to none and stay where they are.
func chunks(text string) []chunk {
	tokens := tokens(text, nil)
	var found []chunk
	depth, begin := 0, -1
	for i, t := range tokens {
		if begin < 0 && t.token != token.SEMICOLON && t.token != token.EOF {
			begin = i
		}
		if begin < 0 && t.text == ";" && len(found) > 0 {
			// As in "for ;; {": it goes with what stands before it.
			found[len(found)-1].end = t.offset + 1
		}
		switch t.token {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		}
		if begin < 0 || !(t.token == token.EOF || depth <= 0 && t.token == token.SEMICOLON) {
			continue
		}
		c := chunk{start: tokens[begin].offset, end: t.offset}
		if t.token == token.SEMICOLON && t.text == ";" {
			c.end++
		}
		c.declaration, c.variable = kind(tokens[begin:i])
		switch tokens[begin].token {
		case token.CONST, token.TYPE, token.VAR:
			c.local = true
		}
		c.clause = i == begin+2 && tokens[begin].token == token.PACKAGE && tokens[begin+1].token == token.IDENT
		found = append(found, c)
		begin, depth = -1, 0
	}
	return found
}

// kind tells whether tokens are a declaration, and one of variables.
func kind(tokens []tok) (declaration, variable bool) {
	at := func(i int) token.Token {
		if i < len(tokens) {
			return tokens[i].token
		}
		return token.EOF
	}
	switch at(0) {
	case token.IMPORT, token.CONST, token.TYPE, token.PACKAGE:
		return true, false
	case token.VAR:
		return true, true
	case token.FUNC:
		if at(1) == token.IDENT {
			return true, false
		}
		// A method has a name behind its receiver, a function literal none.
		depth := 0
		for i := 1; i < len(tokens); i++ {
			switch at(i) {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				if depth--; depth == 0 {
					return at(i+1) == token.IDENT && at(i+2) == token.LPAREN, false
				}
			}
		}
	}
	return false, false
}

// tokens scans text. What is no Go becomes an ILLEGAL token, for the parser to
// complain about, and is reported unless report is nil.
func tokens(text string, report scanner.ErrorHandler) []tok {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), report, 0)
	var list []tok
	for {
		pos, t, literal := s.Scan()
		list = append(list, tok{offset: file.Offset(pos), token: t, text: literal})
		if t == token.EOF {
			return list
		}
	}
}

// without blanks the chunks of text.
func without(text string, chunks []chunk) string {
	out := []byte(text)
	for _, c := range chunks {
		blank(out[c.start:c.end])
	}
	return string(out)
}

// only blanks all but the chunks of text.
func only(text string, chunks []chunk) string {
	out := []byte(text)
	at := 0
	for _, c := range chunks {
		blank(out[at:c.start])
		at = c.end
	}
	blank(out[at:])
	return string(out)
}

// blank keeps the lines and nothing in them. Every byte becomes a space, which
// is how the parser counts columns.
func blank(b []byte) {
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
}

// overlay joins two texts with the same lines, of which one is blank wherever
// the other is not.
func overlay(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i, line := range bs {
		switch {
		case i >= len(as):
			as = append(as, line)
		case strings.TrimSpace(line) == "":
		case strings.TrimSpace(as[i]) == "":
			as[i] = line
		default:
			merged := []byte(as[i])
			for j := 0; j < len(line); j++ {
				if j >= len(merged) {
					merged = append(merged, line[j:]...)
					break
				}
				if line[j] != ' ' && line[j] != '\t' {
					merged[j] = line[j]
				}
			}
			as[i] = string(merged)
		}
	}
	return strings.Join(as, "\n")
}
