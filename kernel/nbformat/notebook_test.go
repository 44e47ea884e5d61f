package nbformat

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The golden files come from Python's nbformat, see testdata/make_golden.py.
func TestRoundTripGivesTheBytesOfPythonsNbformat(t *testing.T) {
	for minor := range LatestMinor + 1 {
		path := fmt.Sprintf("testdata/golden-4.%d.ipynb", minor)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		nb, err := Parse(want)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := nb.Encode(); string(got) != string(want) {
			t.Errorf("%s changed by a rewrite:\n%s", path, firstDifference(string(got), string(want)))
		}
		if nb.Minor() != minor {
			t.Errorf("%s: Minor() = %d", path, nb.Minor())
		}
		// Setting every text to itself must not change a byte either: lines are
		// split where Python splits them.
		for _, cell := range nb.Cells {
			cell.SetSource(cell.Source())
			outputs := cell.Outputs()
			for i, o := range outputs {
				if o.Type() == Stream {
					outputs[i] = NewStream(o.Stream())
				}
				if o.Type() == DisplayData {
					bundle := o.Data().Clone()
					for _, mime := range bundle.Keys() {
						if text, ok := o.Text(mime); ok {
							bundle.Set(mime, text)
						}
					}
					o.SetData(bundle, o.Object().Object("metadata"))
				}
			}
			if cell.Type() == Code {
				cell.SetOutputs(outputs)
			}
		}
		if got := nb.Encode(); string(got) != string(want) {
			t.Errorf("%s changed by setting each text to itself:\n%s", path, firstDifference(string(got), string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %q\nwant %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestRewriteKeepsForm(t *testing.T) {
	for name, text := range map[string]string{
		"two spaces, other order, unknown fields, no final line break": `{
  "nbformat": 4,
  "nbformat_minor": 2,
  "future": {
    "z": 1,
    "a": [
      1.50,
      2E3
    ]
  },
  "metadata": {},
  "cells": [
    {
      "cell_type": "code",
      "source": "one string\n",
      "metadata": {},
      "outputs": [],
      "execution_count": null,
      "mine": "kept"
    }
  ]
}`,
		"tabs": "{\n\t\"cells\": [],\n\t\"metadata\": {},\n\t\"nbformat\": 4,\n\t\"nbformat_minor\": 5\n}\n",
	} {
		nb, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := string(nb.Encode()); got != text {
			t.Errorf("%s: changed by a rewrite:\n%s", name, firstDifference(got, text))
		}
	}
}

func TestNewKeysEnterInOrder(t *testing.T) {
	sorted, _ := ParseObject([]byte(`{"a": 1, "c": 2}`))
	sorted.Set("b", true)
	unsorted, _ := ParseObject([]byte(`{"c": 1, "a": 2}`))
	unsorted.Set("b", map[string]any{"y": 1.5, "x": []string{"q"}})
	for _, c := range []struct {
		obj  *Object
		want string
	}{
		{sorted, `{"a": 1,"b": true,"c": 2}`},
		{unsorted, `{"c": 1,"a": 2,"b": {"x": ["q"],"y": 1.5}}`},
	} {
		got, err := c.obj.MarshalJSON()
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "line 1, column 1: the file is empty"},
		{"{\n \"cells\": [,]\n}", "line 2, column 12: invalid character ','"},
		{"{\n \"cells\": [", "the file ends inside the document"},
		{"{} {}", "more text after the document's end"},
		{"{\"a\": NaN}", "invalid character 'N'"},
		{"{\"a\": \"\xff\"}", "line 1, column 8: not UTF-8"},
		{"[]", "the document is a list, want an object"},
		{`{"cells": []}`, "no nbformat number"},
		{`{"nbformat": 3, "worksheets": []}`, "nbformat 3 is older than 4: convert the file first"},
		{`{"worksheets": []}`, "nbformat 1 is older"},
		{`{"nbformat": 5, "cells": []}`, "nbformat 5 is newer than 4"},
		{`{"nbformat": 4.5, "cells": []}`, "nbformat is 4.5, want 4"},
		{`{"nbformat": 4, "nbformat_minor": -1, "cells": []}`, "nbformat_minor is -1"},
		{`{"nbformat": 4, "nbformat_minor": "5", "cells": []}`, "nbformat_minor is a string"},
		{`{"nbformat": 4}`, "cells is null, want a list"},
		{`{"nbformat": 4, "metadata": 3, "cells": []}`, "metadata is a number"},
		{`{"nbformat": 4, "cells": [3]}`, "cells[0] is a number"},
		{`{"nbformat": 4, "cells": [{}]}`, "cells[0]: cell_type is null"},
		{`{"nbformat": 4, "cells": [{"cell_type": "code"}]}`, "cells[0]: source is null"},
		{`{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}`, "cells[0]: source is a list"},
		{`{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": [{}]}]}`, "outputs[0]"},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%q): %v, want an error with %q", c.text, err, c.want)
		}
	}
}

func TestReadFileNamesFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.ipynb")
	if _, err := ReadFile(missing); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("ReadFile(%s): %v", missing, err)
	}
	bad := filepath.Join(t.TempDir(), "bad.ipynb")
	os.WriteFile(bad, []byte("{"), 0o644)
	var syntax *SyntaxError
	if _, err := ReadFile(bad); !errors.As(err, &syntax) || !strings.Contains(err.Error(), bad) {
		t.Errorf("ReadFile(%s): %v", bad, err)
	}
}

// The verdicts come from Python's nbformat, see testdata/make_golden.py.
func TestValidateAgreesWithPython(t *testing.T) {
	raw, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name     string          `json:"name"`
		Valid    bool            `json:"valid"`
		Notebook json.RawMessage `json:"notebook"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 25 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		nb, err := Parse(c.Notebook)
		if err == nil {
			err = nb.Validate()
		}
		if (err == nil) != c.Valid {
			t.Errorf("%s: %v; Python says valid=%v", c.Name, err, c.Valid)
		}
	}
}

func TestValidateSaysWhere(t *testing.T) {
	nb, err := ReadFile("testdata/golden-4.5.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	outputs := nb.Cells[1].Outputs()
	outputs[0].Object().Delete("name")
	nb.Cells[3].Object().Set("id", nb.Cells[0].ID())
	var invalid *ValidationError
	if err := nb.Validate(); !errors.As(err, &invalid) {
		t.Fatalf("Validate: %v", err)
	}
	want := []string{
		"cells[1] (code): outputs[0] (stream): missing property 'name'",
		`cells[3] (code): id "cell-0" is also cells[0]'s`,
	}
	if len(invalid.Problems) != len(want) {
		t.Fatalf("problems: %v", invalid.Problems)
	}
	for i, p := range invalid.Problems {
		if p.String() != want[i] {
			t.Errorf("problem %d: %q, want %q", i, p, want[i])
		}
	}
}

func TestEnsureIDs(t *testing.T) {
	nb := New()
	for range 3 {
		nb.Insert(len(nb.Cells), NewCode("x"))
	}
	nb.Cells[1].Object().Set("id", nb.Cells[0].ID())
	nb.Cells[2].Object().Set("id", "not valid!")
	if changed := nb.EnsureIDs(); fmt.Sprint(changed) != "[1 2]" {
		t.Errorf("changed %v, want [1 2]", changed)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	old, err := Parse([]byte(`{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}`))
	if err != nil {
		t.Fatal(err)
	}
	old.Insert(0, NewMarkdown("# no ids before 4.5"))
	if id := old.Cells[0].ID(); id != "" {
		t.Errorf("a 4.4 cell got the id %q", id)
	}
	if err := old.Validate(); err != nil {
		t.Error(err)
	}
}

func TestWriteFileIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ipynb")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New().WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("permissions became %v", info.Mode())
	}
	if _, err := ReadFile(path); err != nil {
		t.Error(err)
	}
	if err := New().WriteFile(filepath.Join(dir, "none", "a.ipynb")); err == nil {
		t.Error("writing into a folder that does not exist succeeded")
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(names)+len(hidden) != 1 {
		t.Errorf("left behind: %v %v", names, hidden)
	}
}

// Run it with -fuzzminimizetime=10x: shrinking inputs of this size takes all
// the time otherwise.
func FuzzParse(f *testing.F) {
	for minor := range LatestMinor + 1 {
		data, err := os.ReadFile(fmt.Sprintf("testdata/golden-4.%d.ipynb", minor))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","id":"a","source":["x"],"metadata":{},"outputs":[],"execution_count":1e2}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		nb, err := Parse(data)
		if err != nil {
			return
		}
		nb.Validate()
		first := nb.Encode()
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("own output refused: %v\n%q", err, first)
		}
		if second := again.Encode(); string(second) != string(first) {
			t.Fatalf("not stable:\n%q\n%q", first, second)
		}
		for _, cell := range nb.Cells {
			cell.SetSource(cell.Source())
			for _, o := range cell.Outputs() {
				o.Stream()
				o.Failure()
				o.Text("text/plain")
			}
		}
	})
}

func Example() {
	nb := New()
	nb.Insert(0, NewMarkdown("# Hello"))
	cell := NewCode("fmt.Println(6 * 7)")
	nb.Insert(1, cell)
	cell.SetOutputs([]Output{NewStream("stdout", "42\n")})
	cell.SetExecutionCount(1)
	for _, c := range nb.Cells {
		fmt.Printf("%s: %s\n", c.Type(), c.Source())
	}
	fmt.Println(nb.Validate())
	// Output:
	// markdown: # Hello
	// code: fmt.Println(6 * 7)
	// <nil>
}
