package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"

	"github.com/mattn/go-sixel"
	"github.com/soniakeys/quant/median"
)

// sixelColors is the most colors that a picture may have: terminals have 256,
// and the encoder keeps two.
const sixelColors = 254

// sixel draws in the picture's own colors or, where it has too many, in the
// best ones, dithered; on white where it is transparent.
func (t Terminal) sixel(img image.Image) (*Drawing, error) {
	cw, ch := t.cell()
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	d := &Drawing{}
	d.Columns, d.Rows = t.fit(w, h, cw, ch)
	if d.Columns*cw < w || d.Rows*ch < h {
		w, h = shrink(w, h, d.Columns*cw, d.Rows*ch)
	}
	scaled := scale(img, w, h)
	paletted := median.Quantizer(sixelColors).Paletted(scaled)
	draw.FloydSteinberg.Draw(paletted, scaled.Bounds(), scaled, image.Point{})

	var b bytes.Buffer
	enc := sixel.NewEncoder(&b)
	// Told nothing, the encoder selects colors that it has not defined.
	enc.Colors = len(paletted.Palette) + 1
	if err := enc.Encode(paletted); err != nil {
		return nil, fmt.Errorf("picture: as sixels: %w", err)
	}
	d.Escape = b.String()
	return d, nil
}
