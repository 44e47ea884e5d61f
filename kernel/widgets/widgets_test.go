package widgets

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"strings"
	"testing"
	"time"
)

// The tests here have no kernel: widgets hold their values all the same. What
// goes to front ends and back is tested with the live kernel, in package live.

func TestEveryClassHasItsModelAndView(t *testing.T) {
	if n := len(specs()); n < 60 {
		t.Fatalf("%d classes, want ipywidgets' 60 and more", n)
	}
	for class, s := range specs() {
		for _, name := range []string{"_model_name", "_model_module", "_view_name"} {
			if s.Attributes[name] == nil {
				t.Errorf("%s has no %s", class, name)
			}
		}
		for attribute, model := range s.Models {
			if specs()[model] == nil {
				t.Errorf("%s: %s is of the unknown class %s", class, attribute, model)
			}
		}
	}
}

// TestTable holds that the README says of everything in ipywidgets whether it is
// here, with its name as a word of the first column.
func TestTable(t *testing.T) {
	var file struct{ Names []string }
	if err := json.Unmarshal(modelsJSON, &file); err != nil || len(file.Names) < 80 {
		t.Fatalf("models.json has %d names (%v)", len(file.Names), err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(readme)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for _, name := range strings.FieldsFunc(cells[1], func(r rune) bool { return strings.ContainsRune(" ,;", r) }) {
				listed[name] = true
			}
		}
	}
	for _, name := range file.Names {
		if !listed[name] {
			t.Errorf("the table in README.md does not say whether there is %s", name)
		}
	}
}

func TestValuesWithoutAFrontEnd(t *testing.T) {
	var seen []int
	s := IntSlider(0, 10, 99)
	stop := s.Observe(func(v int) { seen = append(seen, v) })
	s.SetValue(4)
	s.SetValue(4)
	s.SetValue(-3)
	stop()
	s.SetValue(7)
	if s.Value() != 7 || fmt.Sprint(seen) != "[4 0]" {
		t.Errorf("value %d, seen %v", s.Value(), seen)
	}
	if r := FloatRangeSlider(0, 1, 0.9, 0.2).Value(); r != [2]float64{0.2, 0.9} {
		t.Errorf("the range is %v", r)
	}
	type shape struct{ rows, cols int }
	d := Dropdown([]shape{{1, 2}, {3, 4}})
	if err := d.SetIndex(1); err != nil || d.Value() != (shape{3, 4}) || d.Index() != 1 {
		t.Errorf("value %v, index %d (%v)", d.Value(), d.Index(), err)
	}
	if err := d.SetIndex(2); err == nil {
		t.Error("there is a third value")
	}
	if err := s.Set("no_such", 1); err == nil || !strings.Contains(err.Error(), "it has behavior, continuous_update") {
		t.Errorf("an unknown attribute: %v", err)
	}
	if err := s.Set("value", "x"); err == nil || !strings.Contains(err.Error(), "want a int") {
		t.Errorf("a value of a wrong type: %v", err)
	}
	if err := s.Set("min", func() {}); err == nil {
		t.Error("an attribute that is no JSON")
	}
}

func TestFormsComeBack(t *testing.T) {
	day := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	now := time.Date(2026, 11, 29, 13, 14, 15, 16e6, time.UTC)
	for _, x := range []struct {
		c    *Control[time.Time]
		want time.Time
	}{{DatePicker(day), day}, {DatetimePicker(now), now}, {DatePicker(time.Time{}), time.Time{}}} {
		raw, _ := json.Marshal(x.c.Get("value"))
		if got, err := x.c.form.decode(raw, nil); err != nil || !got.Equal(x.want) {
			t.Errorf("%s came back as %v (%v), want %v", raw, got, err, x.want)
		}
	}
	clock := TimePicker(90 * time.Minute)
	raw, _ := json.Marshal(clock.Get("value"))
	if got, err := clock.form.decode(raw, nil); err != nil || got != 90*time.Minute {
		t.Errorf("%s came back as %v (%v)", raw, got, err)
	}
	upload := FileUpload()
	files, err := upload.form.decode(json.RawMessage(`[{"name":"a.txt","type":"text/plain","size":2,"last_modified":5}]`),
		[]located{{[]any{0.0, "content"}, []byte("hi")}})
	if err != nil || len(files) != 1 || string(files[0].Content) != "hi" || files[0].Name != "a.txt" {
		t.Errorf("upload: %v (%v)", files, err)
	}
	for _, raw := range []string{`7`, `{"a":1}`, `[7]`} {
		if _, err := upload.form.decode(json.RawMessage(raw), nil); err == nil {
			t.Errorf("%s is no list of files", raw)
		}
	}
}

func TestLinks(t *testing.T) {
	a, b := IntSlider(0, 10, 3), IntSlider(0, 100, 50)
	stop := Link[int](a, b)
	b.SetValue(8)
	a.SetValue(5)
	if a.Value() != 5 || b.Value() != 5 {
		t.Errorf("%d and %d, want 5 and 5", a.Value(), b.Value())
	}
	stop()
	b.SetValue(9)
	if a.Value() != 5 {
		t.Errorf("after the end of the link it is %d", a.Value())
	}
	text := Text("")
	LinkTo(a, text, func(v int) string { return fmt.Sprint(v, "!") })
	a.SetValue(2)
	if text.Value() != "2!" && text.Value() != "2 !" {
		t.Errorf("the text is %q", text.Value())
	}
}

func TestText(t *testing.T) {
	picture, err := PNG(image.NewGray(image.Rect(0, 0, 2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		w    interface{ String() string }
		want string
	}{
		{IntSlider(1, 9, 3, Description("epoch")), "IntSlider epoch: 3 (1 to 9)"},
		{FloatProgress(0, 1, 0.5), "[###############...............] 0.5 of 1"},
		{Checkbox(true, Description("fast")), "[x] fast"},
		{Button("go"), "[go]"},
		{Dropdown([]string{"a", "b"}, Description("which")), "Dropdown which: a (of a, b)"},
		{HTML("<b>1 &lt; 2</b>"), "1 < 2"},
		{Password("secret"), "Password"},
		{VBox(Label("a"), HBox(Label("b"), Label("c"))), "a\nb   c"},
		{Tab([]string{"one"}, Label("a")), "one:\n  a"},
		{Image(picture), fmt.Sprintf("[image/png, %d bytes]", len(picture))},
	} {
		if got := x.w.String(); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	bundle := IntSlider(1, 9, 3).MIMEBundle()
	if page, _ := bundle["text/html"].(string); !strings.Contains(page, `<input type="range" disabled min="1" max="9"`) {
		t.Errorf("HTML %q", page)
	}
	if bundle[viewMIME] != nil {
		t.Error("a view where there is no kernel")
	}
}
