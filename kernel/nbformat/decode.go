package nbformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a file stops being JSON.
type SyntaxError struct {
	Line, Column int // from 1; the column counts bytes
	Reason       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON: line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// syntaxError turns a byte offset into a line and a column.
func syntaxError(data []byte, offset int64, reason string) error {
	offset = min(max(offset, 0), int64(len(data)))
	before := data[:offset]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &SyntaxError{Line: line, Column: column, Reason: reason}
}

// decode parses one JSON value and keeps the order of keys. Of a repeated key
// the last value counts, as in Python.
func decode(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, syntaxError(data, int64(len(data)), "the file is empty")
	}
	if !utf8.Valid(data) {
		return nil, syntaxError(data, int64(firstInvalidUTF8(data)), "not UTF-8 text")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := decodeValue(dec)
	if err == nil {
		if _, more := dec.Token(); more == nil {
			return nil, syntaxError(data, dec.InputOffset(), "more text after the document's end")
		} else if !errors.Is(more, io.EOF) {
			err = more
		}
	}
	if err == nil {
		return v, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		offset := syntax.Offset
		if offset > 0 && int(offset) <= len(data) &&
			strings.HasPrefix(syntax.Error(), "invalid character "+quoted(data[offset-1])) {
			offset-- // a scanner's offset lies behind the character that it refuses, a decoder's before it
		}
		return nil, syntaxError(data, offset, syntax.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, syntaxError(data, int64(len(data)), "the file ends inside the document (truncated?)")
	}
	return nil, syntaxError(data, dec.InputOffset(), err.Error())
}

// quoted writes a character as encoding/json does in its errors.
func quoted(c byte) string {
	switch c {
	case '\'':
		return `'\''`
	case '"':
		return `'"'`
	}
	s := strconv.Quote(string(rune(c)))
	return "'" + s[1:len(s)-1] + "'"
}

func firstInvalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

func decodeValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(dec)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeValue(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return token, nil // string, json.Number, bool or nil
}

func decodeObject(dec *json.Decoder) (*Object, error) {
	obj := NewObject()
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // the decoder accepts nothing else here
		v, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		if !obj.Has(key) {
			obj.keys = append(obj.keys, key)
		}
		obj.values[key] = v
	}
	_, err := dec.Token()
	return obj, err
}

// Value converts Go values to what an [Object] stores: numbers become
// json.Number, maps become objects with sorted keys, slices []any, and
// json.RawMessage is parsed. A value that is no JSON becomes nil.
func Value(v any) any {
	switch v := v.(type) {
	case nil, bool, string, json.Number, *Object:
		if o, ok := v.(*Object); ok && o == nil {
			return nil
		}
		return v
	case int:
		return json.Number(strconv.Itoa(v))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		b, err := json.Marshal(v)
		if err != nil { // NaN and the infinities have no JSON form
			return nil
		}
		return json.Number(b)
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	case []any:
		for i := range v {
			v[i] = Value(v[i])
		}
		return v
	case map[string]any:
		obj := NewObject()
		for k := range v {
			obj.keys = append(obj.keys, k)
		}
		sort.Strings(obj.keys)
		for _, k := range obj.keys {
			obj.values[k] = Value(v[k])
		}
		return obj
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	parsed, err := decode(raw)
	if err != nil {
		return nil
	}
	return parsed
}

// ParseObject reads one JSON object, keeping its order.
func ParseObject(data []byte) (*Object, error) {
	obj := NewObject()
	if err := obj.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return obj, nil
}

// kindOf names a JSON value for error texts.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	case *Object:
		return "an object"
	}
	return fmt.Sprintf("a %T", v)
}
