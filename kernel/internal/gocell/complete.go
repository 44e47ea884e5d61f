package gocell

import (
	"go/token"
	"strings"
)

// Answers of [IsComplete], as Jupyter names them.
const (
	Complete   = "complete"
	Incomplete = "incomplete"
	Invalid    = "invalid"
)

// IsComplete tells whether text can be run as it is by a kernel that sorts it
// (see [Cell.Sort]), or how to indent the next line if it goes on.
func IsComplete(text string) (status, indent string) {
	c := Parse(text).Sort()
	open := !strings.HasSuffix(text, "\n\n") // no empty line ends it
	if c.continued || open && (c.Magic != "" || c.Marked && strings.TrimSpace(c.Body) == "") {
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

// IsCompleteAtPrompt tells whether a prompt can send text as it is, or how deep
// its next line is nested. Code that is wrong is complete: the kernel explains
// it better. Two empty lines send anything.
func IsCompleteAtPrompt(text string) (complete bool, indent int) {
	c := Parse(text)
	open := !strings.HasSuffix(text, "\n") // no empty line ends it
	switch {
	case strings.HasSuffix(text, "\n\n"):
		return true, 0
	case c.continued, c.Magic != "" && open:
		return false, 0
	}
	switch status, depth := balance(c.code()); status {
	case Incomplete:
		return false, depth
	case Invalid:
		return true, 0
	}
	return !(open && c.Explicit()), 0
}

// balance looks at brackets, quotes and the last token.
func balance(text string) (status string, depth int) {
	open, broken := false, false
	var brackets []token.Token
	last := token.SEMICOLON
	closer := map[token.Token]token.Token{
		token.RPAREN: token.LPAREN, token.RBRACE: token.LBRACE, token.RBRACK: token.LBRACK,
	}
	for _, t := range tokens(text, func(_ token.Position, message string) {
		if message == "comment not terminated" || message == "raw string literal not terminated" {
			open = true
		} else {
			broken = true
		}
	}) {
		switch t.token {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			brackets = append(brackets, t.token)
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(brackets) == 0 || brackets[len(brackets)-1] != closer[t.token] {
				return Invalid, 0
			}
			brackets = brackets[:len(brackets)-1]
		}
		if t.token != token.EOF && (t.token != token.SEMICOLON || t.text == ";") {
			last = t.token
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
