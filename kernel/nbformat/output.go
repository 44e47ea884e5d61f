package nbformat

import (
	"encoding/json"
	"strings"
)

// OutputType is the kind of an output.
type OutputType string

const (
	Stream        OutputType = "stream"
	DisplayData   OutputType = "display_data"
	ExecuteResult OutputType = "execute_result"
	Error         OutputType = "error"
)

// Output is one output of a code cell. The zero value is no output; use the New
// functions.
type Output struct{ obj *Object }

// NewStream is text that was printed; name is "stdout" or "stderr".
func NewStream(name, text string) Output {
	obj := NewObject()
	obj.Set("name", name)
	obj.Set("output_type", string(Stream))
	obj.Set("text", splitLines(text))
	return Output{obj}
}

// NewDisplay is something shown: one thing in several MIME types. Data and
// metadata may be nil.
func NewDisplay(data, metadata *Object) Output {
	obj := NewObject()
	obj.Set("output_type", string(DisplayData))
	o := Output{obj}
	o.SetData(data, metadata)
	return o
}

// NewResult is a cell's value.
func NewResult(count int, data, metadata *Object) Output {
	obj := NewObject()
	obj.Set("execution_count", count)
	obj.Set("output_type", string(ExecuteResult))
	o := Output{obj}
	o.SetData(data, metadata)
	return o
}

// NewError is a cell's failure; the traceback may hold ANSI colors.
func NewError(name, value string, traceback []string) Output {
	obj := NewObject()
	obj.Set("ename", name)
	obj.Set("evalue", value)
	obj.Set("output_type", string(Error))
	obj.Set("traceback", traceback)
	return Output{obj}
}

// Type is the output's kind.
func (o Output) Type() OutputType { return OutputType(o.obj.String("output_type")) }

// Stream returns the name and the text of a stream.
func (o Output) Stream() (name, text string) {
	text, _ = joinLines(o.obj.Get("text"))
	return o.obj.String("name"), text
}

// Data is the MIME bundle of a display or a result, nil for other kinds. Text
// may be stored as a list of lines; [Output.Text] joins them.
func (o Output) Data() *Object { return o.obj.Object("data") }

// Text is the bundle's entry for a text-like MIME type ("text/plain",
// "image/png" in base64). JSON types have no text: a list of strings there is
// data, not lines.
func (o Output) Text(mime string) (string, bool) {
	if isJSON(mime) {
		return "", false
	}
	return joinLines(o.Data().Get(mime))
}

// MIMETypes are the forms of a display or a result, in the file's order.
func (o Output) MIMETypes() []string { return o.Data().Keys() }

// SetData replaces bundle and metadata of a display or a result.
func (o Output) SetData(data, metadata *Object) {
	bundle := NewObject()
	for _, mime := range data.Keys() {
		value := data.Get(mime)
		if text, ok := value.(string); ok && splitsLines(mime) {
			value = splitLines(text)
		}
		bundle.Set(mime, value)
	}
	if metadata == nil {
		metadata = NewObject()
	}
	o.obj.Set("data", bundle)
	o.obj.Set("metadata", metadata)
}

// Failure returns the parts of an error output.
func (o Output) Failure() (name, value string, traceback []string) {
	list, _ := o.obj.Get("traceback").([]any)
	for _, v := range list {
		if line, ok := v.(string); ok {
			traceback = append(traceback, line)
		}
	}
	return o.obj.String("ename"), o.obj.String("evalue"), traceback
}

// Object gives the whole output as JSON.
func (o Output) Object() *Object { return o.obj }

// IsZero tells whether this is no output at all.
func (o Output) IsZero() bool { return o.obj == nil }

// splitsLines tells which MIME types Jupyter stores as lists of lines.
func splitsLines(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

func isJSON(mime string) bool {
	return mime == "application/json" || strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}

// joinLines reads a multi-line string: one string, or a list of strings to be
// joined.
func joinLines(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return "", false
	case []any:
		var b strings.Builder
		for _, part := range v {
			s, ok := part.(string)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// splitLines cuts a text after each line break, as Python's
// str.splitlines(True) does: its list of line breaks is longer than Unix's, and
// files must come out equal.
func splitLines(s string) []any {
	lines := []any{}
	start := 0
	for i := 0; i < len(s); {
		if !mayBreak[s[i]] {
			i++
			continue
		}
		n := lineBreak(s[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		lines = append(lines, s[start:i])
		start = i
	}
	if start < len(s) {
		lines = append(lines, s[start:])
	}
	return lines
}

// mayBreak marks the bytes that a line break may begin with: outputs can have
// 100 MB.
var mayBreak = [256]bool{
	'\n': true, '\v': true, '\f': true, '\r': true, 0x1c: true, 0x1d: true, 0x1e: true, 0xc2: true, 0xe2: true,
}

// lineBreak is the length in bytes of the line break at the start of s, 0 when
// there is none.
func lineBreak(s string) int {
	switch c := s[0]; {
	case c == '\r':
		if len(s) > 1 && s[1] == '\n' {
			return 2
		}
		return 1
	case c >= '\n' && c <= '\f', c >= 0x1c && c <= 0x1e:
		return 1
	case c == 0xc2:
		if strings.HasPrefix(s, "\u0085") {
			return 2
		}
	case c == 0xe2:
		if strings.HasPrefix(s, "\u2028") || strings.HasPrefix(s, "\u2029") {
			return 3
		}
	}
	return 0
}
