package transfer

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// index is a class index of the published form.
func index(n int) string {
	entries := map[string][]string{}
	for i := range n {
		entries[fmt.Sprint(i)] = []string{fmt.Sprintf("n%08d", i), fmt.Sprintf("class_%d", i)}
	}
	text, _ := json.Marshal(entries)
	return string(text)
}

func TestParseClassIndex(t *testing.T) {
	classes, err := parseClassIndex([]byte(index(1000)))
	if err != nil || classes[999] != (ImageNetClass{"n00000999", "class_999"}) {
		t.Errorf("%+v, %v", classes[len(classes)-1:], err)
	}
	for _, bad := range []string{"", "[]", "{}", index(999), index(1001),
		strings.Replace(index(1000), `"n00000005",`, "", 1), strings.Replace(index(1000), `"5":`, `"x":`, 1)} {
		if _, err := parseClassIndex([]byte(bad)); err == nil {
			t.Errorf("%.40s... was taken", bad)
		}
	}
}

func FuzzParseClassIndex(f *testing.F) {
	f.Add([]byte(`{"0": ["n01440764", "tench"]}`))
	f.Add([]byte(`{"0": null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if classes, err := parseClassIndex(text); err == nil && len(classes) != imageNetClasses {
			t.Errorf("%d classes", len(classes))
		}
	})
}

// classifier is a network with a top that is quick to run: it sees which of
// red, green and blue is strongest.
func classifier(t *testing.T) *Backbone {
	t.Helper()
	n := *resNet50V2
	n.body = func(x layers.Symbol, _ Config) layers.Symbol { return x }
	b, err := n.build(t.Context(),
		Config{InputShape: layers.Shape{32, 32, 3}, IncludeTop: true, Classes: 3, Preprocess: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range b.Variables() {
		values := make([]float32, v.Shape.Size())
		if v.Name == "kernel" {
			values[0], values[4], values[8] = 5, 5, 5
		}
		if err := v.SetFlat(values); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestClassify(t *testing.T) {
	b := classifier(t)
	picture := image.NewNRGBA(image.Rect(3, 5, 103, 65)) // another size and origin
	for i := range picture.Pix {
		picture.Pix[i] = []uint8{20, 240, 60, 255}[i%4]
	}
	guesses, err := Classify(t.Context(), b, picture, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(guesses.List) != 2 || guesses.List[0].Index != 1 || guesses.List[1].Index != 2 {
		t.Fatalf("%+v", guesses.List)
	}
	if p := guesses.List[0].Probability; p < 0.9 || p > 1 {
		t.Errorf("probability %g", p)
	}
	shown := guesses.Display()
	if !strings.Contains(shown.Text, "class 1 ") || !strings.Contains(shown.HTML, ">class 1</td>") ||
		!strings.Contains(shown.Text, "not its opinions") {
		t.Errorf("shown as %s", shown.Text)
	}
}

// TestPixels: of a picture at the network's size not a bit may change;
// transparency is white.
func TestPixels(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	picture.Set(0, 0, color.NRGBA{1, 2, 3, 255})
	if got := fmt.Sprint(pixels(picture, 1, 2)); got != "[1 2 3 255 255 255]" {
		t.Errorf("got %s", got)
	}
}

func TestClassifyRefuses(t *testing.T) {
	b := classifier(t)
	picture := image.NewGray(image.Rect(0, 0, 4, 4))
	for name, c := range map[string]struct {
		b       *Backbone
		picture image.Image
		top     int
		want    string
	}{
		"no top":  {tiny(t, 1), picture, 5, "IncludeTop: true, Preprocess: true"},
		"nil":     {nil, picture, 5, "no network"},
		"nothing": {b, nil, 5, "empty"},
		"empty":   {b, image.NewGray(image.Rectangle{}), 5, "empty"},
		"none":    {b, picture, 0, "at least 1"},
	} {
		if _, err := Classify(t.Context(), c.b, c.picture, c.top); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
