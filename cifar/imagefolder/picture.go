package imagefolder

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	"io"
	"os"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Limits of a picture file, so that a small malicious or broken one can take
// neither all memory nor hours: its length in bytes, its sides and its area in
// pixels.
const (
	maxFileBytes = 256 << 20
	maxSide      = 1 << 16
	maxPixels    = 64 << 20
)

// readImage reads a picture file. Errors name it.
func readImage(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // a pipe would never end
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%s is %s bytes long, want at most %s", path, termtext.Thousands(info.Size()),
			termtext.Thousands(maxFileBytes))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	picture, err := decodeImage(data)
	if err != nil {
		return nil, fmt.Errorf("%s is no picture that can be used: %w", path, err)
	}
	return picture, nil
}

// decodeImage decodes a picture whose size is allowed.
func decodeImage(data []byte) (image.Image, error) {
	if len(data) == 0 {
		return nil, errors.New("it is empty")
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, decodeError(err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxSide || config.Height > maxSide ||
		config.Width*config.Height > maxPixels {
		return nil, fmt.Errorf("it is %d by %d pixels large, want at least 1 by 1 and at most %s pixels together",
			config.Width, config.Height, termtext.Thousands(maxPixels))
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, decodeError(err)
	}
	if size := picture.Bounds().Size(); size.X < 1 || size.Y < 1 {
		return nil, errors.New("it has no pixels")
	}
	return picture, nil
}

func decodeError(err error) error {
	if errors.Is(err, image.ErrFormat) {
		return errors.New("it is none of PNG, JPEG, GIF, BMP and WebP")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it is cut off")
	}
	return fmt.Errorf("it is damaged: %w", err)
}

// scaleImage returns a picture in another size, on white. With crop the middle
// of it is taken in the new proportions, else it is stretched.
func scaleImage(from image.Image, height, width int, crop bool) *image.RGBA {
	area := from.Bounds()
	if crop {
		area = middle(area, height, width)
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	if size := area.Size(); size.X == width && size.Y == height {
		draw.Draw(to, to.Bounds(), from, area.Min, draw.Over)
		return to
	}
	draw.BiLinear.Scale(to, to.Bounds(), from, area, draw.Over, nil)
	return to
}

// middle is the largest rectangle of the proportions height:width in the
// middle of area.
func middle(area image.Rectangle, height, width int) image.Rectangle {
	size := area.Size()
	w, h := size.X, max(1, size.X*height/width)
	if h > size.Y {
		w, h = max(1, size.Y*width/height), size.Y
	}
	x, y := area.Min.X+(size.X-w)/2, area.Min.Y+(size.Y-h)/2
	return image.Rect(x, y, x+w, y+h)
}
