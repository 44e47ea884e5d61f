package picture

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-sixel"
)

// quadrants is a picture with a color of its own in each quarter.
func quadrants(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	colors := [2][2]color.RGBA{{{255, 0, 0, 255}, {0, 255, 0, 255}}, {{0, 0, 255, 255}, {255, 255, 255, 255}}}
	for y := range h {
		for x := range w {
			img.Set(x, y, colors[2*y/h][2*x/w])
		}
	}
	return img
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name          string
		protocol      Protocol
		w, h          int // of the picture
		columns, rows int // wanted
	}{
		{"its own size", Kitty, 100, 40, 10, 2},
		{"parts of cells count whole", Kitty, 101, 41, 11, 3},
		{"too wide", Kitty, 1600, 400, 80, 10},
		{"too high", Kitty, 400, 1600, 10, 20},
		{"too wide and too high", ITerm2, 4000, 4000, 40, 20},
		{"a line", Sixel, 3000, 1, 80, 1},
		{"a pixel", Sixel, 1, 1, 1, 1},
		{"blocks: a pixel a column, two a row", Blocks, 32, 32, 32, 16},
		{"blocks: an odd height", Blocks, 3, 3, 3, 2},
		{"blocks: too wide", Blocks, 800, 100, 80, 5},
		{"blocks: too high", Blocks, 100, 400, 10, 20},
	} {
		terminal := Terminal{Protocol: c.protocol, Columns: 80, Rows: 20, CellWidth: 10, CellHeight: 20}
		d, err := terminal.Draw(pngOf(t, quadrants(c.w, c.h)), 7)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d.Columns != c.columns || d.Rows != c.rows {
			t.Errorf("%s: %d by %d takes %d columns and %d rows, want %d and %d", c.name, c.w, c.h, d.Columns, d.Rows, c.columns,
				c.rows)
		}
		if (d.Lines != nil) != (c.protocol == Blocks) || d.Lines != nil && len(d.Lines) != d.Rows {
			t.Errorf("%s: %d lines for %d rows", c.name, len(d.Lines), d.Rows)
		}
	}
}

// TestKitty puts the chunks together again and finds the file.
func TestKitty(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 90, 90))
	random := rand.NewChaCha8([32]byte{})
	random.Read(noise.Pix)
	data := pngOf(t, noise)
	if base64.StdEncoding.EncodedLen(len(data)) < 2*kittyChunk {
		t.Fatalf("%d bytes do not make three chunks", len(data))
	}
	d, err := Terminal{Protocol: Kitty, Columns: 80, Rows: 20, CellWidth: 10, CellHeight: 20}.Draw(data, 42)
	if err != nil {
		t.Fatal(err)
	}
	chunks := regexp.MustCompile(`\x1b_G([^;]*);([^\x1b]*)\x1b\\`).FindAllStringSubmatch(d.Escape, -1)
	var text, whole string
	for i, m := range chunks {
		want := "q=2,m=1"
		if i == 0 {
			want = "a=T,f=100,i=42,p=1,c=9,r=5,C=1,q=2,m=1"
		}
		if i == len(chunks)-1 {
			want = strings.TrimSuffix(want, "1") + "0"
		}
		if m[1] != want {
			t.Errorf("chunk %d has the control data %q, want %q", i, m[1], want)
		}
		if len(m[2]) > kittyChunk || i < len(chunks)-1 && len(m[2])%4 != 0 {
			t.Errorf("chunk %d has %d characters", i, len(m[2]))
		}
		text += m[2]
		whole += m[0]
	}
	if whole != d.Escape {
		t.Error("there is more than chunks")
	}
	if got, err := base64.StdEncoding.DecodeString(text); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the chunks do not hold the file: %v", err)
	}
	if want := "\x1b_Ga=d,d=I,i=42,q=2\x1b\\"; d.Erase != want {
		t.Errorf("erased by %q, want %q", d.Erase, want)
	}
}

// TestKittyTakesPNGOnly: other formats are converted.
func TestKittyTakesPNGOnly(t *testing.T) {
	d, err := Terminal{Protocol: Kitty, Columns: 80, Rows: 20}.Draw(gifOf(t, quadrants(8, 8)), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(d.Escape, ";")
	file, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "\x1b\\"))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(file)); err != nil || img.Bounds().Dx() != 8 {
		t.Errorf("no PNG of 8 pixels: %v", err)
	}
}

func TestITerm2(t *testing.T) {
	data := pngOf(t, quadrants(100, 40))
	d, err := Terminal{Protocol: ITerm2, Columns: 80, Rows: 20, CellWidth: 10, CellHeight: 20}.Draw(data, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("\x1b]1337;File=inline=1;size=%d;width=10;height=2;preserveAspectRatio=1:%s\a",
		len(data), base64.StdEncoding.EncodeToString(data))
	if d.Escape != want {
		t.Errorf("got %.90q, want %.90q", d.Escape, want)
	}
}

// TestSixel decodes what was encoded.
func TestSixel(t *testing.T) {
	for _, c := range []struct{ w, h, wantWidth, wantHeight int }{
		{60, 60, 60, 60},
		{1600, 800, 800, 400},
		{13, 7, 13, 7},
	} {
		d, err := Terminal{Protocol: Sixel, Columns: 80, Rows: 20, CellWidth: 10,
			CellHeight: 20}.Draw(pngOf(t, quadrants(c.w, c.h)), 1)
		if err != nil {
			t.Fatal(err)
		}
		var img image.Image
		if err := sixel.NewDecoder(strings.NewReader(d.Escape)).Decode(&img); err != nil {
			t.Fatal(err)
		}
		// The decoder rounds the height up to whole bands of six pixels.
		w, h := img.Bounds().Dx(), img.Bounds().Dy()
		if w != c.wantWidth || h < c.wantHeight || h >= c.wantHeight+6 {
			t.Errorf("%d by %d was drawn as %d by %d, want %d by %d", c.w, c.h, w, h, c.wantWidth, c.wantHeight)
		}
		want := quadrants(c.wantWidth, c.wantHeight)
		for _, p := range []image.Point{{1, 1}, {c.wantWidth - 2, 1}, {1, c.wantHeight - 2},
			{c.wantWidth - 2, c.wantHeight - 2}} {
			r, g, b, _ := img.At(p.X, p.Y).RGBA()
			if got := (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}); distance(got,
				want.RGBAAt(p.X, p.Y)) > 300 {
				t.Errorf("%d by %d at %v: %v, want about %v", c.w, c.h, p, got, want.RGBAAt(p.X, p.Y))
			}
		}
	}
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		name      string
		trueColor bool
		h         int
		want      []string
	}{
		{"24 bits", true, 2, []string{"\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[38;2;0;255;0;48;2;255;255;255m▀▀\x1b[0m"}},
		{"256 colors", false, 2, []string{"\x1b[38;5;196;48;5;21m▀▀\x1b[38;5;46;48;5;231m▀▀\x1b[0m"}},
		{"an odd height leaves the last lower half alone", false, 3, []string{
			"\x1b[38;5;196;48;5;196m▀▀\x1b[38;5;46;48;5;46m▀▀\x1b[0m", "\x1b[38;5;21m▀▀\x1b[38;5;231m▀▀\x1b[0m"}},
	} {
		terminal := Terminal{Protocol: Blocks, Columns: 80, Rows: 20, TrueColor: c.trueColor}
		d, err := terminal.Draw(pngOf(t, quadrants(4, c.h)), 1)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(d.Lines, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, d.Lines, c.want)
		}
	}
}

func TestTransparencyIsWhite(t *testing.T) {
	d, err := Terminal{Protocol: Blocks, Columns: 80, Rows: 20,
		TrueColor: true}.Draw(pngOf(t, image.NewNRGBA(image.Rect(0, 0, 1, 2))), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[38;2;255;255;255;48;2;255;255;255m▀\x1b[0m"; d.Lines[0] != want {
		t.Errorf("got %q, want %q", d.Lines[0], want)
	}
}

func TestXterm256(t *testing.T) {
	for _, c := range []struct {
		color color.RGBA
		want  int
	}{
		{color.RGBA{0, 0, 0, 255}, 16},
		{color.RGBA{255, 255, 255, 255}, 231},
		{color.RGBA{128, 128, 128, 255}, 244},
		{color.RGBA{95, 135, 175, 255}, 67},
		{color.RGBA{8, 8, 8, 255}, 232},
	} {
		if got := xterm256(c.color); got != c.want {
			t.Errorf("%v is color %d, want %d", c.color, got, c.want)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	huge := pngOf(t, quadrants(1, 1))
	copy(huge[16:], []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}) // the size in IHDR
	for name, data := range map[string][]byte{
		"nothing":     nil,
		"text":        []byte("<svg></svg>"),
		"half a file": pngOf(t, quadrants(50, 50))[:60],
		"a bomb":      huge,
	} {
		if d, err := (Terminal{Protocol: Blocks, Columns: 80, Rows: 20}).Draw(data, 1); err == nil {
			t.Errorf("%s was drawn: %+v", name, d)
		}
	}
	if _, err := (Terminal{Protocol: None, Columns: 80, Rows: 20}).Draw(pngOf(t, quadrants(1, 1)), 1); err == nil {
		t.Error("drawn without a protocol")
	}
}

// FuzzDraw: pictures come from code that may send anything.
func FuzzDraw(f *testing.F) {
	var b bytes.Buffer
	if err := png.Encode(&b, quadrants(4, 4)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("GIF89a"))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<16 {
			t.Skip("slow")
		}
		for _, p := range []Protocol{Blocks, Sixel, ITerm2, Kitty} {
			d, err := Terminal{Protocol: p, Columns: 20, Rows: 5}.Draw(data, 1)
			if err == nil && (d.Columns < 1 || d.Columns > 20 || d.Rows < 1 || d.Rows > 5) {
				t.Errorf("%s: %d columns and %d rows", p, d.Columns, d.Rows)
			}
		}
	})
}
