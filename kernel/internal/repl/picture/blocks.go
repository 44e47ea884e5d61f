package picture

import (
	"fmt"
	"image"
	"image/color"
	"strings"
)

// blocks draws two pixels in each cell: the upper one is the foreground of a
// half block, the lower one its background.
func (t Terminal) blocks(img image.Image) *Drawing {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w > t.Columns || h > 2*t.Rows {
		w, h = shrink(w, h, t.Columns, 2*t.Rows)
	}
	pixels := scale(img, w, h)
	d := &Drawing{Columns: w, Rows: ceilDiv(h, 2)}
	for y := 0; y < h; y += 2 {
		var line strings.Builder
		last := ""
		for x := range w {
			colors := t.foreground(pixels.RGBAAt(x, y))
			if y+1 < h {
				colors += ";" + t.background(pixels.RGBAAt(x, y+1))
			}
			if colors != last {
				fmt.Fprintf(&line, "\x1b[%sm", colors)
				last = colors
			}
			line.WriteString("▀")
		}
		line.WriteString("\x1b[0m")
		d.Lines = append(d.Lines, line.String())
	}
	return d
}

func (t Terminal) foreground(c color.RGBA) string { return t.color(38, c) }
func (t Terminal) background(c color.RGBA) string { return t.color(48, c) }

func (t Terminal) color(ground int, c color.RGBA) string {
	if t.TrueColor {
		return fmt.Sprintf("%d;2;%d;%d;%d", ground, c.R, c.G, c.B)
	}
	return fmt.Sprintf("%d;5;%d", ground, xterm256(c))
}

// cubeLevels are the intensities of xterm's color cube (colors 16 to 231).
var cubeLevels = [6]int{0, 95, 135, 175, 215, 255}

// xterm256 is the nearest color of xterm's cube and of its grays (232 to 255).
func xterm256(c color.RGBA) int {
	r, g, b := nearestLevel(c.R), nearestLevel(c.G), nearestLevel(c.B)
	cube := 16 + 36*r + 6*g + b
	step := min(23, max(0, ((int(c.R)+int(c.G)+int(c.B))/3-3)/10))
	gray := uint8(8 + 10*step)
	if distance(c, color.RGBA{gray, gray, gray, 255}) <
		distance(c, color.RGBA{uint8(cubeLevels[r]), uint8(cubeLevels[g]), uint8(cubeLevels[b]), 255}) {
		return 232 + step
	}
	return cube
}

func nearestLevel(v uint8) int {
	best := 0
	for i, level := range cubeLevels {
		if abs(int(v)-level) < abs(int(v)-cubeLevels[best]) {
			best = i
		}
	}
	return best
}

func distance(a, b color.RGBA) int {
	dr, dg, db := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return dr*dr + dg*dg + db*db
}

func abs(v int) int { return max(v, -v) }
