package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Answers of [IsComplete], as Jupyter names them.
const (
	Complete   = "complete"
	Incomplete = "incomplete"
	Invalid    = "invalid"
)

// IsComplete tells whether text can be run as it is, or how to indent the next
// line if it goes on.
func IsComplete(text string) (status, indent string) {
	if strings.HasSuffix(strings.TrimRight(text, "\n"), `\`) {
		return Incomplete, ""
	}
	c := Parse(text)
	if c.Magic != "" {
		// Ended by an empty line: there is no other end.
		if strings.HasSuffix(text, "\n\n") {
			return Complete, ""
		}
		return Incomplete, ""
	}
	if c.Marked && strings.TrimSpace(c.Body) == "" && !strings.HasSuffix(text, "\n\n") {
		return Incomplete, ""
	}
	status = Complete
	for _, part := range []string{c.Declarations, c.Body} {
		switch s, depth := balance(part); s {
		case Invalid:
			return Invalid, ""
		case Incomplete:
			status, indent = Incomplete, strings.Repeat("\t", depth)
		}
	}
	return status, indent
}

// balance looks at brackets, quotes and the last token.
func balance(text string) (status string, depth int) {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	open := false
	broken := false
	var s scanner.Scanner
	s.Init(file, []byte(text), func(_ token.Position, message string) {
		if strings.HasSuffix(message, "not terminated") && !strings.HasPrefix(message, "rune") && !strings.HasPrefix(message, "string literal not") {
			open = true
		} else {
			broken = true
		}
	}, 0)
	var brackets []token.Token
	last := token.SEMICOLON
	closer := map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACE: token.LBRACE, token.RBRACK: token.LBRACK}
	for {
		_, t, literal := s.Scan()
		if t == token.EOF {
			break
		}
		switch t {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			brackets = append(brackets, t)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(brackets) == 0 || brackets[len(brackets)-1] != closer[t] {
				return Invalid, 0
			}
			brackets = brackets[:len(brackets)-1]
		}
		if t != token.SEMICOLON || literal == ";" {
			last = t
		}
	}
	switch {
	case open:
		return Incomplete, len(brackets)
	case broken:
		return Invalid, 0
	case len(brackets) > 0 || continues(last):
		return Incomplete, len(brackets)
	}
	return Complete, 0
}

// continues tells whether nothing can end with the token.
func continues(t token.Token) bool {
	switch t {
	case token.INC, token.DEC, token.RPAREN, token.RBRACE, token.RBRACK, token.SEMICOLON, token.COLON, token.TILDE:
		return false
	case token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.RETURN:
		return false
	}
	return t.IsOperator() || t.IsKeyword()
}
