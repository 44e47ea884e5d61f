package widgets

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAny(t *testing.T) {
	type state struct {
		Count  int    `json:"count"`
		Pixels []byte `json:"pixels"`
		hidden int
		Skip   int `json:"-"`
	}
	w, err := Any(Module{JavaScript: "export default {}"}, state{Count: 1, hidden: 2})
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	w.Observe(func(s state) { seen = append(seen, s.Count) })
	w.SetValue(state{Count: 2})
	w.SetValue(state{Count: 2})
	_, changed, err := w.Model.fields["count"].decode(json.RawMessage("5"), nil)
	if err != nil || changed == nil {
		t.Fatalf("a new count: %v", err)
	}
	changed()
	if _, _, err := w.Model.fields["pixels"].decode(json.RawMessage("null"), []located{{nil, []byte("ab")}}); err != nil {
		t.Error(err)
	}
	if v := w.Value(); v.Count != 5 || string(v.Pixels) != "ab" || len(seen) != 2 || seen[1] != 5 {
		t.Errorf("value %+v, seen %v", v, seen)
	}
	if _, _, err := w.Model.fields["count"].decode(json.RawMessage(`"x"`), nil); err == nil || !strings.Contains(err.Error(), "want a int") {
		t.Errorf("a count that is a text: %v", err)
	}
	if w.spec.Attributes["Skip"] != nil || w.spec.Attributes["hidden"] != nil {
		t.Error("fields that are not to be seen are attributes")
	}
	type bad struct {
		Layout string `json:"layout"`
	}
	if _, err := Any(Module{JavaScript: "x"}, bad{}); err == nil || !strings.Contains(err.Error(), `"layout"`) {
		t.Errorf("a field with the name of an attribute: %v", err)
	}
	if _, err := Any(Module{JavaScript: "x"}, 7); err == nil {
		t.Error("a state that is no struct")
	}
	if _, err := Any(Module{}, state{}); err == nil {
		t.Error("a module without JavaScript")
	}
	path := filepath.Join(t.TempDir(), "w.js")
	if _, err := ModuleFile(path, ""); err == nil {
		t.Error("a file that is not there")
	}
	if err := os.WriteFile(path, []byte("export default {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := ModuleFile(path, path); err != nil || m.JavaScript != m.CSS {
		t.Errorf("%+v (%v)", m, err)
	}
}
