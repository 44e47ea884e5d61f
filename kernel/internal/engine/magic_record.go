package engine

import (
	"encoding/json"
	"go/parser"
	"strings"

	"github.com/gocifar/gocifar/internal/scrap"
)

// recorded is what %record asks for.
type recorded struct{ name, expression string }

// magicRecord notes what is to be recorded once the cell has run: special lines
// come first, and the value may be one that the cell computes.
func (r *run) magicRecord([]string) error {
	name, expression, _ := strings.Cut(r.rest, " ")
	expression = strings.TrimSpace(expression)
	if expression == "" {
		return magicErrorf("%%record wants a name and an expression: %%record accuracy float64(correct)/total")
	}
	if _, err := parser.ParseExpr(expression); err != nil {
		return magicErrorf("%%record %s wants an expression, got %q: %v", name, expression, err)
	}
	r.records = append(r.records, recorded{name, expression})
	return nil
}

// showRecords shows the values of %record, in the form that programs find in the
// notebook.
func (r *run) showRecords() error {
	for _, x := range r.records {
		result, err := r.snippet(x.expression)
		if err != nil {
			return err
		}
		text, ok := result["text/plain"].(string)
		if !ok {
			return magicErrorf("%%record %s: %s has no value", x.name, x.expression)
		}
		mimeType, encoded, err := scrap.New(x.name, valueIn(text))
		if err != nil {
			return magicErrorf("%%record: %v", err)
		}
		r.front().Show(Display{
			Data:     map[string]any{mimeType: encoded, "text/plain": x.name + " = " + text},
			Metadata: map[string]any{"scrapbook": map[string]any{"name": x.name, "data": true, "display": false}},
		})
	}
	return nil
}

// valueIn is what a result's text says: a number, true or false, or else the
// text.
func valueIn(text string) any {
	var value any
	if json.Unmarshal([]byte(text), &value) == nil {
		switch value.(type) {
		case float64, bool:
			return json.RawMessage(text)
		}
	}
	return text
}
