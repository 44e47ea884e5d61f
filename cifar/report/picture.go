package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"sync"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gocifar/gocifar/layers"
)

// A picture is a card that text and photographs are drawn on. It is opaque, so
// that it reads the same on a light and a dark page.
type picture struct {
	image *image.RGBA
}

// Colors of cards.
var (
	paper      = color.RGBA{255, 255, 255, 255}
	ink        = color.RGBA{32, 32, 36, 255}
	rightGreen = color.RGBA{0, 110, 50, 255}
	wrongRed   = color.RGBA{190, 20, 30, 255}
)

func newPicture(width, height int) *picture {
	p := &picture{image.NewRGBA(image.Rect(0, 0, width, height))}
	p.fill(p.image.Bounds(), paper)
	return p
}

func (p *picture) fill(area image.Rectangle, c color.Color) {
	draw.Draw(p.image, area, image.NewUniform(c), image.Point{}, draw.Src)
}

// photo draws a picture of a data set into a square of that side with its
// corner at (x, y). Small ones are enlarged by whole pixels: enlarging them
// smoothly would invent detail.
func (p *picture) photo(from image.Image, x, y, side int) {
	size := from.Bounds().Size()
	longest := max(size.X, size.Y)
	width, height := max(1, size.X*side/longest), max(1, size.Y*side/longest)
	var scaler xdraw.Scaler = xdraw.CatmullRom
	if zoom := side / longest; zoom >= 1 {
		width, height, scaler = size.X*zoom, size.Y*zoom, xdraw.NearestNeighbor
	}
	x, y = x+(side-width)/2, y+(side-height)/2
	scaler.Scale(p.image, image.Rect(x, y, x+width, y+height), from, from.Bounds(), draw.Src, nil)
}

// Photo returns an example as an image. Examples that are not pictures, bytes
// of the shape [height width 3], and an index out of range are errors.
func Photo(e *layers.Examples, index int) (*image.RGBA, error) {
	if len(e.Shape) != 3 || e.Shape[2] != channels || e.Bytes == nil {
		return nil, fmt.Errorf("report: cannot show examples of shape %v as pictures: want bytes of shape [height width %d]",
			e.Shape, channels)
	}
	if index < 0 || index >= e.Len() {
		return nil, fmt.Errorf("report: there is no picture %d among %d", index, e.Len())
	}
	height, width := e.Shape[0], e.Shape[1]
	pixels := e.Bytes[index*height*width*channels:]
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		copy(out.Pix[4*i:], pixels[channels*i:channels*(i+1)])
		out.Pix[4*i+3] = 255
	}
	return out, nil
}

// encode returns the card as PNG.
func (p *picture) encode() ([]byte, error) {
	var out bytes.Buffer
	if err := png.Encode(&out, p.image); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// A typeface is one style of lettering in one size.
type typeface struct {
	bold bool
	size float64 // pixels
}

// fonts parses the two fonts once; both are part of the program.
var fonts = sync.OnceValues(func() ([2]*opentype.Font, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return [2]*opentype.Font{}, err
	}
	bold, err := opentype.Parse(gobold.TTF)
	return [2]*opentype.Font{regular, bold}, err
})

// face returns a new face, as faces are not safe for concurrent use.
func (t typeface) face() (font.Face, error) {
	parsed, err := fonts()
	if err != nil {
		return nil, err
	}
	chosen := parsed[0]
	if t.bold {
		chosen = parsed[1]
	}
	return opentype.NewFace(chosen, &opentype.FaceOptions{Size: t.size, DPI: 72, Hinting: font.HintingFull})
}

// A pen writes in one typeface.
type pen struct {
	*picture
	face font.Face
}

func (p *picture) pen(t typeface) (*pen, error) {
	face, err := t.face()
	if err != nil {
		return nil, fmt.Errorf("report: font: %w", err)
	}
	return &pen{p, face}, nil
}

func (p *pen) width(text string) int { return font.MeasureString(p.face, text).Ceil() }

// write writes text with its base line at y; x is its left end, middle or
// right end as align is 0, 0.5 or 1.
func (p *pen) write(text string, x, y int, align float64, c color.Color) {
	drawer := font.Drawer{Dst: p.image, Src: image.NewUniform(c), Face: p.face}
	drawer.Dot = fixed.P(x-int(align*float64(p.width(text))), y)
	drawer.DrawString(text)
}

// fit shortens text to at most width pixels, ending it with an ellipsis.
func (p *pen) fit(text string, width int) string {
	if p.width(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && p.width(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
