package report

import (
	"fmt"
	"image"
	"strings"

	"golang.org/x/image/draw"

	"github.com/gocifar/gocifar/layers"
)

// thumbnailColumns is how wide a thumbnail is at most.
const thumbnailColumns = 32

// Thumbnail returns a picture as text for a terminal with 24-bit colors: half
// blocks, each standing for two pixels, 32 columns by 16 lines for a picture of
// 32 by 32 pixels. Larger ones are scaled down to 32 columns. It returns "" for
// examples that are no pictures.
func Thumbnail(examples *layers.Examples, index int) string {
	photo, err := Photo(examples, index)
	if err != nil {
		return ""
	}
	if size := photo.Bounds().Size(); size.X > thumbnailColumns {
		small := image.NewRGBA(image.Rect(0, 0, thumbnailColumns, max(1, size.Y*thumbnailColumns/size.X)))
		draw.CatmullRom.Scale(small, small.Bounds(), photo, photo.Bounds(), draw.Src, nil)
		photo = small
	}
	size := photo.Bounds().Size()
	var out strings.Builder
	for row := 0; row < size.Y; row += 2 {
		for column := range size.X {
			top, low := photo.RGBAAt(column, row), photo.RGBAAt(column, min(row+1, size.Y-1))
			fmt.Fprintf(&out, "\x1b[38;2;%d;%d;%dm\x1b[48;2;%d;%d;%dm▀", top.R, top.G, top.B, low.R, low.G, low.B)
		}
		out.WriteString("\x1b[0m\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
