package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// scale returns the picture in another size, on white.
func scale(img image.Image, w, h int) *image.RGBA {
	scaled := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(scaled, scaled.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if img.Bounds().Dx() == w && img.Bounds().Dy() == h {
		draw.Draw(scaled, scaled.Bounds(), img, img.Bounds().Min, draw.Over)
		return scaled
	}
	draw.CatmullRom.Scale(scaled, scaled.Bounds(), img, img.Bounds(), draw.Over, nil)
	return scaled
}

// shrink returns the largest size of the shape w by h that fits.
func shrink(w, h, maxWidth, maxHeight int) (int, int) {
	if w*maxHeight > h*maxWidth {
		return maxWidth, max(1, h*maxWidth/w)
	}
	return max(1, w*maxHeight/h), maxHeight
}
