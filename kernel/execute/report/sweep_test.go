package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/internal/scrap"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// TestRecords reads what scrapbook has recorded, as scrapbook reads it.
func TestRecords(t *testing.T) {
	nb, err := nbformat.ReadFile("testdata/scraps.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("testdata/scraps.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if want["shown"] != nil {
		t.Error("scrapbook 0.5.0 loses a value that it shows as well; this one does not")
	}
	want["shown"] = 7.0
	got := map[string]any{}
	for _, v := range records(nb) {
		var value any
		if err := json.Unmarshal(v.Value, &value); err != nil {
			t.Fatal(err)
		}
		got[v.Name] = value
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if text, _ := shown(nb.Cells[0]); text != "" {
		t.Errorf("the page shows the records of a cell: %q", text)
	}
	if text, _ := shown(nb.Cells[2]); text != "7\ntext\n" {
		t.Errorf("the page shows %q", text)
	}
}

// TestRecordsFromGoNB: its protocol sends JSON as text; nonsense records nothing.
func TestRecordsFromGoNB(t *testing.T) {
	nb := nbformat.New()
	cell := nbformat.NewCode("x")
	var outputs []nbformat.Output
	for _, data := range []any{`{"name": "a", "data": 1}`, `{"name": "a", "data": 2}`, `{`, `[1]`, `{"data": 3}`, `{"name": "b"}`, 7, nil} {
		outputs = append(outputs, nbformat.NewDisplay(nbformat.Value(map[string]any{scrap.JSON: data}).(*nbformat.Object), nil))
	}
	cell.SetOutputs(outputs)
	nb.Insert(0, cell)
	if got := records(nb); len(got) != 1 || got[0].Name != "a" || string(got[0].Value) != "2" {
		t.Errorf("records %s", got)
	}
}

// swept is an index of points with the parameter and the record.
func swept(values ...[2]string) *Index {
	x := &Index{}
	for _, v := range values {
		x.Add("n.ipynb", nil, nil)
		n := &x.Notebooks[len(x.Notebooks)-1]
		if v[0] != "" {
			n.Parameters = []IndexValue{{"p", json.RawMessage(v[0])}}
		}
		if v[1] != "" {
			n.Records = []IndexValue{{"r<script>", json.RawMessage(v[1])}}
		}
	}
	return x
}

func TestPicture(t *testing.T) {
	for _, c := range []struct {
		name   string
		index  *Index
		dots   int
		labels string // of the axes
	}{
		{"a linear axis", swept([2]string{"1", "5"}, [2]string{"2", "6"}, [2]string{"3", "7"}), 3, "p r<script> 1 2 3 7 5"},
		{"decades", swept([2]string{"0.001", "5"}, [2]string{"0.01", "5"}, [2]string{"1", "5"}), 3, "p r<script> 0.001 0.01 1 5"},
		{"words", swept([2]string{`"b"`, "1e300"}, [2]string{`"a rather long word"`, "-1e300"}, [2]string{"null", "0"}), 3,
			"p r<script> b a rather lo… null 1e+300 -1e+300"},
		{"one failed", swept([2]string{"1", "5"}, [2]string{"2", ""}), 1, "p r<script> 1 5"},
		{"nothing recorded", swept([2]string{"1", ""}, [2]string{"2", ""}), 0, ""},
		{"no number recorded", swept([2]string{"1", `"x"`}, [2]string{"2", "3"}), 0, ""},
		{"one value only", swept([2]string{"1", "1"}, [2]string{"1", "3"}), 0, ""},
		{"no sweep", swept([2]string{"", "1"}), 0, ""},
		{"empty", &Index{}, 0, ""},
	} {
		svg := string(c.index.Picture())
		var labels []string
		dots := 0
		for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v:\n%s", c.name, err, svg)
			}
			start, ok := token.(xml.StartElement)
			switch {
			case ok && start.Name.Local == "circle":
				dots++
			case ok && start.Name.Local == "text":
				if inside, err := decoder.Token(); err == nil {
					labels = append(labels, string(inside.(xml.CharData)))
				}
			}
		}
		if got := strings.Join(labels, " "); dots != c.dots || got != c.labels || strings.Contains(svg, "NaN") {
			t.Errorf("%s: %d dots, labels %q, want %d, %q\n%s", c.name, dots, got, c.dots, c.labels, svg)
		}
	}
}
