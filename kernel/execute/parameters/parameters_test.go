package parameters

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// notebook has a kernel, cells, and the tag "parameters" on the last of them.
func notebook(kernel string, cells ...string) *nbformat.Notebook {
	nb := nbformat.New()
	for _, source := range cells {
		nb.Insert(len(nb.Cells), nbformat.NewCode(source))
	}
	nb.Cells[len(cells)-1].AddTag(Tag)
	nb.Metadata().Set("kernelspec", map[string]any{"name": kernel, "display_name": kernel})
	return nb
}

func flags(t *testing.T, texts ...string) []Value {
	t.Helper()
	var values []Value
	for _, text := range texts {
		v, err := ParseFlag(text)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

const goSource = `// Epochs of each model.
const epochs = 10
const rate = 0.1 // learning rate
const small float32 = 1
const (
	name, quick = "model", false
	first = iota
	second
)
var (
	sizes = []int{32, 64}
	limit time.Duration = time.Minute // of a cell
	weights map[string]float64
	mode Mode = "train"
	point struct{ X, Y int }
	any1 any
	pair [2]int8
	opts *Options
)
%%
fmt.Println(epochs)`

func goNotebook() *nbformat.Notebook {
	return notebook("gonb", "import \"github.com/some/thing\"\ntype Mode string\nvar unknown = thing.New()",
		"%%bash\nls", "type Options struct { N int; Mode Mode }\nfunc main() { }", goSource)
}

func TestInspectGo(t *testing.T) {
	list, err := Inspect(t.Context(), goNotebook(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, strings.Join([]string{p.Name, p.Type, p.Default, p.Help}, "|"))
	}
	want := []string{"epochs|int|10|Epochs of each model.", "rate|float64|0.1|learning rate", "small|float32|1|",
		`name|string|"model"|`, "quick|bool|false|",
		"first|int|iota|", "second|int|2|", "sizes|[]int|[]int{32, 64}|", "limit|time.Duration|time.Minute|of a cell",
		"weights|map[string]float64||", `mode|Mode|"train"|`, "point|struct{X int; Y int}||", "any1|any||", "pair|[2]int8||", "opts|*Options||"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestInjectGo(t *testing.T) {
	for _, c := range []struct{ flag, want string }{
		{"epochs=20", "const epochs = 20"},
		{"epochs=2.0", "const epochs = 2"},
		{"epochs=2.5", "!want a int, got 2.5"},
		{"epochs=99999999999999999999", "!is no int"},
		{"epochs=x", `!want a int, got "x"`},
		{"epochs=true", "!want a int, got true"},
		{"rate=1", "const rate = 1.0"},
		{"rate=1e-3", "const rate = 0.001"},
		{"rate=inf", "!no literal"},
		{"small=0.25", "const small float32 = 0.25"},
		{"small=1e300", "!is no float32"},
		{"name=other", `const name = "other"`},
		{"name=12", `const name = "12"`},
		{"name=1.10", `const name = "1.10"`},
		{"quick=true", "const quick = true"},
		{"quick=1", "!want a bool"},
		{"second=7", "const second = 7"},
		{"sizes=[1, 2]", "var sizes []int = []int{1, 2}"},
		{"sizes=[1, x]", "!element 1: want a int"},
		{"sizes=3", "!want a list"},
		{"limit=90s", "var limit time.Duration = 90000000000 // 1m30s"},
		{"limit=soon", "!invalid duration"},
		{"weights={b: 2, a: 0.5}", `var weights map[string]float64 = map[string]float64{"a": 0.5, "b": 2}`},
		{"mode=test", `var mode Mode = "test"`},
		{"point={X: 1, Y: -2}", "var point struct{ X, Y int } = struct{X int; Y int}{X: 1, Y: -2}"},
		{"point={Z: 1}", "!has no field Z"},
		{"any1=x", `var any1 any = "x"`},
		{"pair=[1, 2]", "var pair [2]int8 = [2]int8{1, 2}"},
		{"pair=[1]", "!want 2 elements"},
		{"pair=[1, 200]", "!is no [2]int8"},
		{"opts={N: 3, Mode: a}", `var opts *Options = &Options{Mode: "a", N: 3}`},
		{"opts=null", "var opts *Options = nil"},
		{"absent=1", "!no parameter is called absent"},
	} {
		nb := goNotebook()
		if !strings.HasPrefix(c.flag, "limit") { // reading package time takes most of a second
			nb.Cells[3].SetSource(strings.Replace(goSource, "limit time.Duration = time.Minute", "limit = 1", 1))
		}
		_, err := Inject(t.Context(), nb, "", flags(t, c.flag))
		if message, wrong := strings.CutPrefix(c.want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%s: error %v, want %q", c.flag, err, message)
			}
			if len(nb.Cells) != 4 {
				t.Errorf("%s: the notebook changed", c.flag)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.flag, err)
			continue
		}
		if got := nb.Cells[4].Source(); got != "// Parameters\n"+c.want+"\n" || !nb.Cells[4].HasTag(InjectedTag) {
			t.Errorf("%s: %q, want %q", c.flag, got, c.want)
		}
	}
}

func TestInjectReplacesAndWarns(t *testing.T) {
	nb := notebook("gonb", "const a = 1")
	for _, flag := range []string{"a=2", "a=3"} {
		if warnings, err := Inject(t.Context(), nb, "", flags(t, "a=1", flag)); err != nil || len(warnings) > 0 {
			t.Fatal(warnings, err)
		}
	}
	if len(nb.Cells) != 2 || nb.Cells[1].Source() != "// Parameters\nconst a = 3\n" {
		t.Errorf("%d cells, %q", len(nb.Cells), nb.Cells[1].Source())
	}

	none := notebook("gonb", "f()")
	none.Cells[0].Metadata().Delete("tags")
	warnings, err := Inject(t.Context(), none, "", flags(t, "a=1", "b=x"))
	if err != nil || len(warnings) != 1 || none.Cells[0].Source() != "// Parameters\nconst a = 1\nconst b = \"x\"\n" {
		t.Errorf("%v, %v, %q", err, warnings, none.Cells[0].Source())
	}
	warnings, err = Inject(t.Context(), notebook("python3", "a = 1"), "", flags(t, "b=2"))
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "has a") {
		t.Errorf("%v, %v", err, warnings)
	}
	if _, err := Inject(t.Context(), notebook("ir", "a <- 1"), "", flags(t, "a=2")); err == nil {
		t.Error("a notebook in R got a parameter")
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
}

// The golden file is papermill's, see testdata/make_papermill.py.
func TestInspectPythonAsPapermill(t *testing.T) {
	raw, err := os.ReadFile("testdata/papermill.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Source     string
		Parameters []Parameter
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		got, err := Inspect(t.Context(), notebook("python3", c.Source), "")
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.Parameters) {
			t.Errorf("%q:\n got %q\nwant %q (%v)", c.Source, got, c.Parameters, err)
		}
	}
}

func TestInjectPython(t *testing.T) {
	nb := notebook("python3", "a = 1\nb = ''\nc = []\nd = {}\ne = None\nf = 0.5")
	values := append(flags(t, "a=True", "c=[1, x, 2.5, null]", "d={k: [true], j: 1}", "e=None", "f=3.0"),
		Value{Name: "b", Value: "quo\"te ' \\ \n ü 😀 \x00"})
	if warnings, err := Inject(t.Context(), nb, "", values); err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	want := "# Parameters\na = True\nc = [1, \"x\", 2.5, None]\nd = {\"j\": 1, \"k\": [True]}\ne = None\nf = 3.0\nb = " +
		"\"quo\\\"te ' \\\\ \\n ü 😀 \\x00\"\n"
	if got := nb.Cells[1].Source(); got != want {
		t.Errorf("got %s", got)
	}
	python := os.Getenv("GOCIFAR_TEST_PYTHON")
	if python == "" {
		t.Skip("GOCIFAR_TEST_PYTHON names no Python to read it back with")
	}
	out, err := exec.Command(python, "-c", nb.Cells[1].Source()+"\nimport json; print(json.dumps([a, b, c, d, e, f]))").Output()
	if err != nil {
		t.Fatal(err)
	}
	var back []any
	if err := json.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	wantBack := []any{true, values[5].Value, []any{1.0, "x", 2.5, nil}, map[string]any{"k": []any{true}, "j": 1.0}, nil,
		3.0}
	if !reflect.DeepEqual(back, wantBack) {
		t.Errorf("Python reads %v, want %v", back, wantBack)
	}
}

func TestParseFiles(t *testing.T) {
	for text, want := range map[string]string{
		"b: 1\na: x\n":                      "b=1 a=x",
		`{"z": [1, {"k": null}], "y": 1.5}`: "z=[1 map[k:<nil>]] y=1.5",
		"":                                  "",
		"a: 2020-01-02\nb: 0x10\n":          "a=2020-01-02 b=16",
		"- 1":                               "!want an object",
		"a: {1: 2}":                         "!keys of an object",
		"a: &x [*x]":                        "!contains itself",
		"a: [":                              "!line",
		"1: 2":                              "!is no name",
	} {
		values, err := Parse([]byte(text))
		var got []string
		for _, v := range values {
			got = append(got, fmt.Sprintf("%s=%v", v.Name, v.Value))
		}
		if message, wrong := strings.CutPrefix(want, "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%q: error %v, want %q", text, err, message)
			}
		} else if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1", `{"a": [1, "x", null, 1e400]}`, "a: &x [*x]", "a: !!binary aGk=", "<<: {a: 1}", "? [a]\n: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		values, err := Parse(raw)
		if err != nil {
			return
		}
		for _, v := range values {
			if text := pythonLiteral(v.Value); text == "" {
				t.Errorf("%q: no literal for %v", raw, v.Value)
			}
		}
	})
}

func FuzzInspectGo(f *testing.F) {
	f.Add(goSource)
	f.Add("const x = iota\nvar y, z = f()")
	f.Add("var (\n\tx T\n)\ntype T [len(x)]T")
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1000 {
			return
		}
		list, err := Inspect(t.Context(), notebook("gonb", source), "")
		if err != nil {
			return
		}
		for _, p := range list {
			if p.Name == "" {
				t.Errorf("%q: %+v", source, p)
			}
		}
	})
}
