package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/scrap"
)

// recordings is a front that keeps what was recorded.
type recordings struct {
	*notebook
	all []string // "NAME VALUE", in JSON
}

func (f *recordings) Show(d Display) {
	for _, mimeType := range []string{scrap.JSON, scrap.Text} {
		if encoded, ok := d.Data[mimeType].(json.RawMessage); ok {
			var s struct {
				Name, Encoder string
				Data          json.RawMessage
			}
			if err := json.Unmarshal(encoded, &s); err != nil {
				f.t.Error(err)
			}
			f.all = append(f.all, fmt.Sprintf("%s %s %s", s.Name, s.Encoder, s.Data))
		}
	}
	f.notebook.Show(d)
}

func TestRecord(t *testing.T) {
	n := newNotebook(t)
	f := &recordings{notebook: n}
	n.options.Front = f
	if got := n.run("%record loss loss\n%record kind kind + \"!\"\nloss := 0.25\nkind := \"first\"\nloss * 2"); got !=
		"loss = 0.25\nkind = first!\n=> 0.5" {
		t.Errorf("a cell that computes what it records: %q", got)
	}
	n.run("%record n len(kind)\n%record small float32(0.1)\n%record large 1e21\n%record ok loss < 1\n%record nan math.NaN()")
	want := []string{"loss json 0.25", `kind text "first!"`, "n json 5", "small json 0.1", "large json 1e+21", "ok json true",
		`nan text "NaN"`}
	if !reflect.DeepEqual(f.all, want) {
		t.Errorf("recorded %q, want %q", f.all, want)
	}
	f.all = nil
	for cell, says := range map[string]string{
		"%record":                                "MagicError: %record wants a name and an expression",
		"%record loss":                           "MagicError: %record wants a name and an expression",
		"%record loss =":                         `MagicError: %record loss wants an expression, got "="`,
		"%record loss x := 1":                    "MagicError: %record loss wants an expression",
		"%record loss unheard":                   "undefined: unheard",
		"%record none func() {}()":               "MagicError: %record none: func() {}() has no value",
		"%record loss loss\npanic(\"no value\")": "no value",
	} {
		if got := n.run(cell); !strings.Contains(got, says) {
			t.Errorf("%s gives %q, want %q", cell, got, says)
		}
	}
	if len(f.all) > 0 {
		t.Errorf("cells that failed have recorded %q", f.all)
	}
	if got := n.run("loss"); got != "=> 0.25" {
		t.Errorf("afterwards loss is %s", got)
	}
}
