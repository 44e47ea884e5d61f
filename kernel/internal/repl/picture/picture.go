// Package picture draws pictures in terminals: by the graphics protocols of
// kitty and iTerm2, as sixels, or with half-block characters in color.
//
// [Detect] finds what a terminal can do, [Terminal.Draw] makes the text that
// draws a picture there. A drawing takes a known number of rows, so that its
// user can go back and replace it.
package picture

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // decoders of the MIME types that kernels send
	_ "image/jpeg"
	_ "image/png"
)

// Protocol is a way to draw a picture.
type Protocol string

// The protocols, from none to the best.
const (
	None   Protocol = "none"
	Blocks Protocol = "blocks" // half blocks ▀ in two colors
	Sixel  Protocol = "sixel"  // DEC's, with the many terminals that took it up
	ITerm2 Protocol = "iterm2" // https://iterm2.com/documentation-images.html
	Kitty  Protocol = "kitty"  // https://sw.kovidgoyal.net/kitty/graphics-protocol/
)

// Protocols are all of them.
var protocols = []Protocol{None, Blocks, Sixel, ITerm2, Kitty}

// ParseProtocol reads a protocol's name.
func ParseProtocol(name string) (Protocol, error) {
	for _, p := range protocols {
		if name == string(p) {
			return p, nil
		}
	}
	return None, fmt.Errorf("picture protocol %q: want one of %v", name, protocols)
}

// Terminal is what must be known of a terminal to draw in it.
type Terminal struct {
	Protocol Protocol
	// Columns and Rows are what a picture may take, in character cells.
	Columns, Rows int
	// CellWidth and CellHeight are a cell's size in pixels; 0 where the
	// terminal does not say.
	CellWidth, CellHeight int
	// TrueColor says that half blocks may have 24-bit colors; else they have
	// the 256 of xterm.
	TrueColor bool
}

// Drawing is a picture ready for the terminal.
type Drawing struct {
	// Columns and Rows are what it takes, in character cells.
	Columns, Rows int
	// Lines are the rows of a drawing that is made of characters; nil
	// otherwise.
	Lines []string
	// Escape draws it with the cursor in the top left corner, on Rows rows that
	// are free and on the screen. Where it leaves the cursor differs between
	// terminals.
	Escape string
	// Erase takes it away again, where printing over it is not enough.
	Erase string
}

// maxPixels bounds what is decoded: a small file can claim to be huge.
const maxPixels = 64 << 20

// Cells that are assumed where a terminal does not tell its cells' size.
const (
	usualCellWidth  = 10
	usualCellHeight = 20
)

// Draw draws an image file (PNG, JPEG or GIF). The id, not 0, tells pictures
// apart for terminals that keep them.
func (t Terminal) Draw(data []byte, id uint32) (*Drawing, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("picture: %d by %d pixels: want 1 to %d in all", config.Width, config.Height, maxPixels)
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	switch t.Protocol {
	case Blocks:
		return t.blocks(img), nil
	case Sixel:
		return t.sixel(img)
	case ITerm2:
		return t.iterm2(img, data), nil
	case Kitty:
		return t.kitty(img, data, format, id)
	}
	return nil, fmt.Errorf("picture: nothing to draw with: protocol %q", t.Protocol)
}

// fit returns the cells for a picture of w by h pixels, of which a cell holds
// cw by ch: its own size, or less where that is more than the terminal has.
func (t Terminal) fit(w, h, cw, ch int) (columns, rows int) {
	columns, rows = ceilDiv(w, cw), ceilDiv(h, ch)
	if columns > t.Columns {
		rows = ceilDiv(h*t.Columns*cw, w*ch)
		columns = t.Columns
	}
	if rows > t.Rows {
		columns = ceilDiv(w*t.Rows*ch, h*cw)
		rows = t.Rows
	}
	return max(1, min(columns, t.Columns)), max(1, min(rows, t.Rows))
}

// cell is the size of a character cell in pixels.
func (t Terminal) cell() (width, height int) {
	if t.CellWidth < 1 || t.CellHeight < 1 {
		return usualCellWidth, usualCellHeight
	}
	return t.CellWidth, t.CellHeight
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
