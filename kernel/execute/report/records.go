package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/scrap"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// IndexValue is a parameter's or a record's value.
type IndexValue struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// records are the values that a document's cells have recorded in their
// outputs, in the order in which their names first came; of several values for
// a name the last one counts.
func records(nb *nbformat.Notebook) []IndexValue {
	var all []IndexValue
	add := func(name string, value any) {
		raw, err := json.Marshal(value)
		if err != nil || name == "" {
			return // no document holds such a value
		}
		if i := indexOf(all, name); i >= 0 {
			all[i].Value = raw
		} else {
			all = append(all, IndexValue{name, raw})
		}
	}
	for _, cell := range nb.Cells {
		if cell.Type() != nbformat.Code {
			continue
		}
		for _, output := range cell.Outputs() {
			data := output.Data()
			for _, mime := range []string{scrap.JSON, scrap.Text} {
				if one := payload(data.Get(mime)); one.Has("data") {
					add(one.String("name"), one.Get("data"))
				}
			}
			old := payload(data.Get(scrap.Record))
			for _, name := range old.Keys() {
				add(name, old.Get(name))
			}
		}
	}
	return all
}

func indexOf(values []IndexValue, name string) int {
	return slices.IndexFunc(values, func(v IndexValue) bool { return v.Name == name })
}

// payload is an object that stands in an output, or its JSON as text: GoNB's
// protocol has no objects.
func payload(v any) *nbformat.Object {
	switch v := v.(type) {
	case *nbformat.Object:
		return v
	case string:
		o, err := nbformat.ParseObject([]byte(v))
		if err == nil {
			return o
		}
	}
	return nil
}

// isRecord tells whether an output only records a value, which the page shows
// elsewhere.
func isRecord(o nbformat.Output) bool {
	types := o.MIMETypes()
	return len(types) > 0 && !slices.ContainsFunc(types, func(mime string) bool {
		return !strings.HasPrefix(mime, "application/scrapbook.scrap.") && mime != scrap.Record
	})
}

// ParameterNames are those that the notebooks of a sweep set, in the order of
// the first that sets them.
func (x *Index) ParameterNames() []string {
	return x.names(func(n IndexNotebook) []IndexValue { return n.Parameters })
}

// RecordNames are those of the values that notebooks recorded.
func (x *Index) RecordNames() []string {
	return x.names(func(n IndexNotebook) []IndexValue { return n.Records })
}

func (x *Index) names(of func(IndexNotebook) []IndexValue) []string {
	var names []string
	for _, n := range x.Notebooks {
		for _, v := range of(n) {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	return names
}

// Parameter is what the notebook sets the parameter to, in words.
func (n IndexNotebook) Parameter(name string) string { return words(valueOf(n.Parameters, name)) }

// Record is what the notebook recorded under the name, in words.
func (n IndexNotebook) Record(name string) string { return words(valueOf(n.Records, name)) }

// valueOf is the value under a name, nil if there is none.
func valueOf(values []IndexValue, name string) json.RawMessage {
	if i := indexOf(values, name); i >= 0 {
		return values[i].Value
	}
	return nil
}

// mostValue is how much of a value the table shows, in characters.
const mostValue = 60

// words are a value as people read it: a text without quotation marks.
func words(value json.RawMessage) string {
	var asText *string
	var compact bytes.Buffer
	text := ""
	switch {
	case json.Unmarshal(value, &asText) == nil && asText != nil:
		text = *asText
	case json.Compact(&compact, value) == nil:
		text = compact.String()
	}
	if r := []rune(text); len(r) > mostValue {
		text = string(r[:mostValue]) + "…"
	}
	return text
}
