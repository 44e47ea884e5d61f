package report

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func TestGrid(t *testing.T) {
	train, _ := drawn(200, 0)
	shown := Grid(train, ten).Display()
	if width, height := keep(t, "grid.png", shown.PNG); width != 4*174+14 || height != 3*(160+19+14)+14 {
		t.Errorf("%d by %d pixels", width, height)
	}
	if lines := strings.Split(shown.Text, "\n"); len(lines) != 13 || !strings.HasPrefix(lines[0], " index  picture") {
		t.Errorf("text:\n%s", shown.Text)
	}
	// A pixel of the card is the pixel of the data set it enlarges.
	one := Grid(train, ten, 3).Display()
	image, err := png.Decode(bytes.NewReader(one.PNG))
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := image.At(tileGap+31*5+2, tileGap/2+lineHeight+2).RGBA()
	want := train.Bytes[3*32*32*3+31*3:]
	if uint8(r>>8) != want[0] || uint8(g>>8) != want[1] || uint8(b>>8) != want[2] {
		t.Errorf("top right pixel is %d %d %d, want %v", r>>8, g>>8, b>>8, want[:3])
	}
	if text := Grid(train, ten, 1<<30).Display().Text; !strings.Contains(text, "there is no picture") {
		t.Errorf("out of range: %s", text)
	}
	floats := &layers.Examples{Shape: []int{4096}, Floats: make([]float32, 4096)}
	if text := Grid(floats, ten, 0).Display().Text; !strings.Contains(text, "shape [4096]") {
		t.Errorf("no pictures: %s", text)
	}
}

func TestPick(t *testing.T) {
	e := &layers.Examples{Shape: []int{1}, Bytes: make([]uint8, 20)}
	a, b := Pick(e, 12, 1), Pick(e, 12, 1)
	if !slices.Equal(a, b) || slices.Equal(a, Pick(e, 12, 2)) {
		t.Errorf("seed 1 gives %v and %v", a, b)
	}
	if all := Pick(e, 100, 1); len(all) != 20 {
		t.Errorf("%d of 20 picked", len(all))
	}
	slices.Sort(a)
	if len(slices.Compact(a)) != 12 {
		t.Errorf("picked some twice: %v", a)
	}
}

func TestPredictions(t *testing.T) {
	_, test := drawn(200, 100)
	some, err := test.Slice(0, 50)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]float32, 50)
	for i := range rows {
		rows[i] = make([]float32, 10)
		guess := int(some.Labels[i])
		if i%5 == 0 {
			guess = (guess + 1) % 10
		}
		rows[i][guess] = 0.5 + float32(i)/100
		rows[i][(guess+5)%10] = 0.01
	}
	p, err := NewPredictions(some, ten, rows)
	if err != nil {
		t.Fatal(err)
	}
	if p.Accuracy() != 0.8 {
		t.Errorf("accuracy %v, want 0.8", p.Accuracy())
	}
	if got := p.Worst(3); !slices.Equal(got, []int{45, 40, 35}) {
		t.Errorf("worst %v, want [45 40 35]", got)
	}
	shown := p.Grid().Display()
	keep(t, "predictions.png", shown.PNG)
	if want := "actual: "; strings.Count(shown.Text, want) != 12 {
		t.Errorf("text:\n%s", shown.Text)
	}
	rows[7] = rows[7][:9]
	if _, err := NewPredictions(some, ten, rows); err == nil ||
		!strings.Contains(err.Error(), "example 7 has 9 probabilities") {
		t.Errorf("error %v", err)
	}
	if _, err := NewPredictions(some, ten, rows[:7]); err == nil {
		t.Error("7 rows for 50 examples are accepted")
	}
}

func TestThumbnail(t *testing.T) {
	train, _ := drawn(10, 0)
	lines := strings.Split(Thumbnail(train, 0), "\n")
	if len(lines) != 16 || strings.Count(lines[0], "▀") != 32 {
		t.Errorf("%d lines of %d blocks, want 16 of 32", len(lines), strings.Count(lines[0], "▀"))
	}
}
