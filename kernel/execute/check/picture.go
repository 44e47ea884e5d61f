package check

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg" // pictures come in these three formats
	_ "image/png"
	"strings"
)

// isPicture tells which MIME types are compared by pixels. SVG is text.
func isPicture(mime string) bool {
	return mime == "image/png" || mime == "image/jpeg" || mime == "image/gif"
}

// pictures compares two pictures in base64, frame by frame.
func (o Options) pictures(stored, now string) string {
	if stored == now {
		return ""
	}
	before, err := decode(stored)
	if err != nil {
		return fmt.Sprintf("- a picture that cannot be read: %v", err)
	}
	after, err := decode(now)
	if err != nil {
		return fmt.Sprintf("+ a picture that cannot be read: %v", err)
	}
	if len(before) != len(after) {
		return fmt.Sprintf("- %d frames\n+ %d frames", len(before), len(after))
	}
	for i := range before {
		if text := o.frames(before[i], after[i]); text != "" {
			return text
		}
	}
	return ""
}

// mostPixels bounds the pictures that are decoded: a few bytes can claim any
// size.
const mostPixels = 200_000_000

func decode(text string) ([]image.Image, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, err
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if config.Width*config.Height > mostPixels {
		return nil, fmt.Errorf("%d×%d pixels, more than are looked at", config.Width, config.Height)
	}
	if format != "gif" {
		picture, _, err := image.Decode(bytes.NewReader(raw))
		return []image.Image{picture}, err
	}
	movie, err := gif.DecodeAll(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	var frames []image.Image
	for _, frame := range movie.Image {
		frames = append(frames, frame)
	}
	return frames, nil
}

// frames compares two pictures pixel by pixel.
func (o Options) frames(before, after image.Image) string {
	b := before.Bounds()
	if b.Dx() != after.Bounds().Dx() || b.Dy() != after.Bounds().Dy() {
		return fmt.Sprintf("- %d×%d pixels\n+ %d×%d pixels", b.Dx(), b.Dy(), after.Bounds().Dx(), after.Bounds().Dy())
	}
	shift := after.Bounds().Min.Sub(b.Min)
	differing, most := 0, 0
	var area image.Rectangle
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			d := apart(before.At(x, y), after.At(x+shift.X, y+shift.Y))
			if d > o.Pixel {
				differing++
				most = max(most, d)
				area = area.Union(image.Rect(x, y, x+1, y+1).Sub(b.Min))
			}
		}
	}
	if differing == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d pixels differ, by up to %d of 255, in x %d to %d, y %d to %d of %d×%d",
		differing, b.Dx()*b.Dy(), most, area.Min.X, area.Max.X-1, area.Min.Y, area.Max.Y-1, b.Dx(), b.Dy())
}

// apart is the largest difference of a channel, 0 to 255. What is transparent
// has no color.
func apart(a, b color.Color) int {
	x, y := color.RGBAModel.Convert(a).(color.RGBA), color.RGBAModel.Convert(b).(color.RGBA)
	d := 0
	for _, pair := range [4][2]uint8{{x.R, y.R}, {x.G, y.G}, {x.B, y.B}, {x.A, y.A}} {
		d = max(d, int(pair[0])-int(pair[1]), int(pair[1])-int(pair[0]))
	}
	return d
}
