package nbformat

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// encoder writes JSON exactly as Python's json.dumps(indent=…,
// ensure_ascii=False, separators=(",", ": ")) does, which is how Jupyter writes
// notebooks: text stays readable, only quotes, backslashes and control
// characters are escaped.
type encoder struct {
	buf    []byte
	indent string // "" writes everything on one line
}

func (e *encoder) value(v any, lead string) {
	switch v := v.(type) {
	case nil:
		e.buf = append(e.buf, "null"...)
	case bool:
		if v {
			e.buf = append(e.buf, "true"...)
		} else {
			e.buf = append(e.buf, "false"...)
		}
	case json.Number:
		e.buf = append(e.buf, v...)
	case string:
		e.string(v)
	case []any:
		e.list(len(v), lead, func(i int, lead string) { e.value(v[i], lead) })
	case *Object:
		e.object(v, lead, func(key, lead string) { e.value(v.values[key], lead) })
	default:
		panic(fmt.Sprintf("nbformat: a %T in a document; Object.Set would have converted it", v))
	}
}

func (e *encoder) list(n int, lead string, element func(i int, lead string)) {
	if n == 0 {
		e.buf = append(e.buf, "[]"...)
		return
	}
	e.buf = append(e.buf, '[')
	inner := lead + e.indent
	for i := range n {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.newline(inner)
		element(i, inner)
	}
	e.newline(lead)
	e.buf = append(e.buf, ']')
}

func (e *encoder) object(o *Object, lead string, element func(key, lead string)) {
	if o.Len() == 0 {
		e.buf = append(e.buf, "{}"...)
		return
	}
	e.buf = append(e.buf, '{')
	inner := lead + e.indent
	for i, key := range o.keys {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.newline(inner)
		e.string(key)
		e.buf = append(e.buf, ':', ' ')
		element(key, inner)
	}
	e.newline(lead)
	e.buf = append(e.buf, '}')
}

func (e *encoder) newline(lead string) {
	if e.indent == "" {
		return
	}
	e.buf = append(e.buf, '\n')
	e.buf = append(e.buf, lead...)
}

// plainByte marks the bytes that are written as they are.
var plainByte = func() (plain [256]bool) {
	for c := range utf8.RuneSelf {
		plain[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return plain
}()

const hexDigits = "0123456789abcdef"

// reserve makes room for n bytes. It doubles the buffer, where append would add
// a quarter again and again.
func (e *encoder) reserve(n int) {
	if cap(e.buf)-len(e.buf) < n {
		e.buf = slices.Grow(e.buf, max(n, 2*cap(e.buf)))
	}
}

// keep is what was written since start. A part that makes up most of the buffer
// is not copied: the rest of the buffer stays with it, which costs less.
func (e *encoder) keep(start int) []byte {
	if part := e.buf[start:len(e.buf):len(e.buf)]; len(part) >= cap(e.buf)/2 {
		return part
	}
	return slices.Clone(e.buf[start:])
}

// sizeOf is about how many bytes a value takes, indentation included.
func sizeOf(v any) int {
	const around = 12 // quotes, comma, line break, indentation
	switch v := v.(type) {
	case string:
		return len(v) + around
	case []any:
		n := around
		for _, e := range v {
			n += sizeOf(e)
		}
		return n
	case *Object:
		n := around
		for _, key := range v.Keys() {
			n += len(key) + around + sizeOf(v.values[key])
		}
		return n
	}
	return around
}

func (e *encoder) string(s string) {
	e.reserve(len(s) + 2)
	e.buf = append(e.buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainByte[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 { // a kernel's text may hold any bytes; the file must be UTF-8
				e.buf = append(e.buf, s[start:i]...)
				e.buf = append(e.buf, "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		e.buf = append(e.buf, s[start:i]...)
		switch c {
		case '"', '\\':
			e.buf = append(e.buf, '\\', c)
		case '\n':
			e.buf = append(e.buf, '\\', 'n')
		case '\r':
			e.buf = append(e.buf, '\\', 'r')
		case '\t':
			e.buf = append(e.buf, '\\', 't')
		case '\b':
			e.buf = append(e.buf, '\\', 'b')
		case '\f':
			e.buf = append(e.buf, '\\', 'f')
		default:
			e.buf = append(e.buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	e.buf = append(e.buf, s[start:]...)
	e.buf = append(e.buf, '"')
}
