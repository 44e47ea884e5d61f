package jupyter

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// parseStream reads the content of a stream message as kernels write it, in
// one pass: encoding/json needs four, and a cell can print 100 MB. Whatever is
// not plain ({"name": "…", "text": "…"} without surrogates) it leaves to
// encoding/json by returning false.
func parseStream(raw []byte) (*Stream, bool) {
	var s Stream
	seen := 0
	p := skipSpace(raw)
	if len(p) == 0 || p[0] != '{' {
		return nil, false
	}
	for p = skipSpace(p[1:]); ; p = skipSpace(p[1:]) {
		key, rest, ok := parseString(p)
		if !ok || len(rest) == 0 || rest[0] != ':' {
			return nil, false
		}
		value, rest, ok := parseString(skipSpace(rest[1:]))
		if !ok || len(rest) == 0 {
			return nil, false
		}
		switch key {
		case "name":
			s.Name = value
			seen++
		case "text":
			s.Text = value
			seen += 10
		default:
			return nil, false
		}
		p = rest
		if p[0] != ',' {
			break
		}
	}
	if p[0] != '}' || len(skipSpace(p[1:])) > 0 || seen != 11 {
		return nil, false
	}
	return &s, true
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// parseString reads a JSON string and returns what follows it and white space.
func parseString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	b = b[1:]
	var text strings.Builder // what is before b
	for {
		n := plainRun(b)
		if n == len(b) || b[n] < ' ' {
			return "", nil, false
		}
		if text.Len() == 0 && b[n] != '"' {
			text.Grow(len(b))
		}
		text.Write(b[:n])
		if b[n] == '"' {
			s = text.String()
			return s, skipSpace(b[n+1:]), utf8.ValidString(s)
		}
		if b, ok = unescape(&text, b[n+1:]); !ok {
			return "", nil, false
		}
	}
}

// plainRun counts the bytes before a quote, a backslash or a control character.
func plainRun(b []byte) int {
	for i, c := range b {
		if c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(b)
}

// unescape appends the character whose escape, without the backslash, b begins
// with.
func unescape(text *strings.Builder, b []byte) (rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	switch b[0] {
	case '"', '\\', '/':
		text.WriteByte(b[0])
	case 'n':
		text.WriteByte('\n')
	case 'r':
		text.WriteByte('\r')
	case 't':
		text.WriteByte('\t')
	case 'b':
		text.WriteByte('\b')
	case 'f':
		text.WriteByte('\f')
	case 'u':
		r, ok := hexRune(b[1:])
		if !ok || r >= 0xd800 && r < 0xe000 {
			return nil, false
		}
		text.WriteRune(r)
		return b[5:], true
	default:
		return nil, false
	}
	return b[1:], true
}

func hexRune(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
