package check

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// ran is a run of one cell with the outputs.
func ran(state execute.State, outputs ...nbformat.Output) *execute.Result {
	nb := nbformat.New()
	nb.Insert(0, nbformat.NewCode("f()"))
	nb.Cells[0].SetOutputs(outputs)
	return &execute.Result{Notebook: nb, Cells: []execute.CellResult{{Type: nbformat.Code, State: state}}}
}

func out(text string) nbformat.Output    { return nbformat.NewStream("stdout", text) }
func errOut(text string) nbformat.Output { return nbformat.NewStream("stderr", text) }

func display(pairs ...string) nbformat.Output {
	data := nbformat.NewObject()
	for i := 0; i < len(pairs); i += 2 {
		data.Set(pairs[i], pairs[i+1])
	}
	return nbformat.NewDisplay(data, nil)
}

// picture is a PNG of 4×3 gray pixels, one of which has its own value.
func picture(t *testing.T, value uint8, level png.CompressionLevel) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 4, 3))
	for i := range img.Pix {
		img.Pix[i] = 100
	}
	img.SetGray(2, 1, color.Gray{value})
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestOutputs(t *testing.T) {
	type list = []nbformat.Output
	for name, c := range map[string]struct {
		stored, now list
		opts        Options
		want        string // differences, "" for none
	}{
		"equal":                    {list{out("a\n")}, list{out("a\n")}, Options{}, ""},
		"streams in another order": {list{out("a"), errOut("b"), out("c")}, list{errOut("b"), out("ac")}, Options{}, ""},
		"a line": {list{out("a\nb\nc\n")}, list{out("a\nx\nc\n")}, Options{},
			"stdout\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c"},
		"a missing stream": {list{errOut("b")}, nil, Options{}, "stderr\n@@ -1 +0,0 @@\n-b"},
		"colors":           {list{out("\x1b[31mred\x1b[0m")}, list{out("red")}, Options{}, ""},
		"addresses":        {list{out("<f at 0x7f00aabbcc>")}, list{out("<f at 0x7f11223344>")}, Options{}, ""},
		"ignored": {list{out("took 3s, ok")}, list{out("took 12s, ok")},
			Options{Ignore: []*regexp.Regexp{regexp.MustCompile(`took \w+`)}}, ""},
		"not all ignored": {list{out("took 3s, ok")}, list{out("took 12s, bad")},
			Options{Ignore: []*regexp.Regexp{regexp.MustCompile(`took \w+`)}}, "stdout\n@@ -1 +1 @@\n-…, ok\n+…, bad"},
		"numbers without tolerance": {list{out("loss 1.000")}, list{out("loss 1.001")}, Options{},
			"stdout\n@@ -1 +1 @@\n-loss 1.000\n+loss 1.001"},
		"numbers within": {list{out("loss 1.000, acc -5e3")}, list{out("loss 1.001, acc -4.999e3")},
			Options{Tolerance: 2e-3}, ""},
		"numbers below 1": {list{out("p 0.0001")}, list{out("p 0.0009")}, Options{Tolerance: 1e-3}, ""},
		"numbers beyond": {list{out("same 1\nloss 1.0\n")}, list{out("same 1.0001\nloss 1.1\n")}, Options{Tolerance: 1e-3},
			"stdout\n@@ -1,2 +1,2 @@\n same 1\n-loss 1.0\n+loss 1.1\n(a number differs by 0.091 of its size, more than the " +
				"tolerance of 0.001)"},
		"columns that move": {list{out("a  9.99 b\n")}, list{out("a 10.01 b\n")}, Options{Tolerance: 0.01}, ""},
		"another word": {list{out("a 1\n")}, list{out("b 1\n")}, Options{Tolerance: 1},
			"stdout\n@@ -1 +1 @@\n-a 1\n+b 1"},
		"line break at end": {list{out("a\n")}, list{out("a")}, Options{}, ""},
		"displays": {list{display("text/plain", "x")}, list{display("text/plain", "y")}, Options{},
			"output 1, text/plain\n@@ -1 +1 @@\n-x\n+y"},
		"one display more": {list{display("text/plain", "x")},
			list{display("text/plain", "x"), display("text/html", "<b>", "text/plain", "b")}, Options{},
			"output 2\n+ output text/html, text/plain: b"},
		"one display less": {list{display("text/plain", "x")}, nil, Options{}, "output 1\n- output text/plain: x"},
		"other forms": {list{display("text/plain", "x")}, list{display("text/html", "x")}, Options{},
			"output 1\n- output text/plain: x\n+ output text/html"},
		"result and display": {list{nbformat.NewResult(1, display("text/plain", "x").Data(), nil)},
			list{nbformat.NewResult(7, display("text/plain", "x").Data(), nil)}, Options{}, ""},
		"errors": {list{nbformat.NewError("E", "a", []string{"1"})},
			list{nbformat.NewError("E", "b", []string{"2"})}, Options{}, "output 1\n@@ -1 +1 @@\n-E: a\n+E: b"},
		"traceback": {list{nbformat.NewError("E", "a", []string{"1"})},
			list{nbformat.NewError("E", "a", []string{"2"})}, Options{}, ""},
		"error for output": {list{display("text/plain", "x")}, list{nbformat.NewError("E", "b", nil)}, Options{},
			"output 1\n- output text/plain: x\n+ error E: b"},
		"picture, other bytes": {list{display("image/png", picture(t, 5, png.NoCompression))},
			list{display("image/png", picture(t, 5, png.BestCompression))}, Options{}, ""},
		"picture, other pixel": {list{display("image/png", picture(t, 5, 0))}, list{display("image/png", picture(t, 9, 0))},
			Options{},
			"output 1, image/png\n1 of 12 pixels differ, by up to 4 of 255, in x 2 to 2, y 1 to 1 of 4×3"},
		"picture, near": {list{display("image/png", picture(t, 5, 0))}, list{display("image/png", picture(t, 9, 0))},
			Options{Pixel: 4}, ""},
		"picture, broken": {list{display("image/png", picture(t, 5, 0))}, list{display("image/png", "AAAA")}, Options{},
			"output 1, image/png\n+ a picture that cannot be read: image: unknown format"},
		"widgets": {list{display("application/vnd.jupyter.widget-view+json", "1")},
			list{display("application/vnd.jupyter.widget-view+json", "2")}, Options{}, ""},
	} {
		stored := ran(execute.OK, c.stored...).Notebook
		differences, err := Outputs(stored, ran(execute.OK, c.now...), c.opts)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range differences {
			if d.Number != 1 {
				t.Errorf("%s: cell %d", name, d.Number)
			}
			got = append(got, d.Where+"\n"+d.Text)
		}
		if strings.Join(got, "\n\n") != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, strings.Join(got, "\n\n"), c.want)
		}
	}
}

func TestCellsDecideWhatCounts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*nbformat.Cell)
		state  execute.State
		want   int
	}{
		"nothing said":    {func(*nbformat.Cell) {}, execute.OK, 1},
		"ignored by tag":  {func(c *nbformat.Cell) { c.AddTag(IgnoreOutputTag) }, execute.OK, 0},
		"not run":         {func(*nbformat.Cell) {}, execute.Skipped, 0},
		"its own pattern": {func(c *nbformat.Cell) { own(c).Set("ignore", []any{`\d`}) }, execute.OK, 0},
		"its own limit":   {func(c *nbformat.Cell) { own(c).Set("tolerance", 0.6) }, execute.OK, 0},
		"wrong settings":  {func(c *nbformat.Cell) { own(c).Set("tolerance", "x") }, execute.OK, -1},
		"a wrong pattern": {func(c *nbformat.Cell) { own(c).Set("ignore", []any{"("}) }, execute.OK, -1},
	} {
		stored := ran(execute.OK, out("1")).Notebook
		c.change(stored.Cells[0])
		differences, err := Outputs(stored, ran(c.state, out("2")), Options{})
		if (err != nil) != (c.want < 0) || err == nil && len(differences) != c.want {
			t.Errorf("%s: %v, %v", name, differences, err)
		}
	}
}

func own(c *nbformat.Cell) *nbformat.Object { return c.Metadata().Ensure("gocifar").Ensure("check") }

func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("a line of text\n", 200_000)
	text := (Options{}).texts(long+"end\n", long+"other\n")
	if !strings.Contains(text, "-end\n+other") || strings.Count(text, "\n") > mostLines {
		t.Errorf("%.300q", text)
	}
}

func TestHasOutputs(t *testing.T) {
	if HasOutputs(ran(execute.OK).Notebook) || !HasOutputs(ran(execute.OK, out("x")).Notebook) {
		t.Error("wrong")
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("a 1.5\nb", "a 1.6\nb", 0.1)
	f.Add("1e999", "-1e999", 1e9)
	f.Fuzz(func(t *testing.T, a, b string, tolerance float64) {
		o := Options{Tolerance: tolerance}
		if o.texts(a, a) != "" {
			t.Errorf("%q differs from itself", a)
		}
		if (o.texts(a, b) == "") != (o.texts(b, a) == "") {
			t.Errorf("%q and %q with %v: not the same both ways", a, b, tolerance)
		}
	})
}
