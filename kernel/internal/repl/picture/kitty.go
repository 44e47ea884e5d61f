package picture

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"
)

// kittyChunk is the most base64 text that one escape sequence may carry.
const kittyChunk = 4096

// kitty transmits and shows a PNG. q=2 keeps the terminal from answering, C=1
// leaves the cursor where it is.
func (t Terminal) kitty(img image.Image, data []byte, format string, id uint32) (*Drawing, error) {
	if format != "png" {
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			return nil, fmt.Errorf("picture: as PNG for the terminal: %w", err)
		}
		data = file.Bytes()
	}
	cw, ch := t.cell()
	d := &Drawing{Erase: fmt.Sprintf("\x1b_Ga=d,d=I,i=%d,q=2\x1b\\", id)}
	d.Columns, d.Rows = t.fit(img.Bounds().Dx(), img.Bounds().Dy(), cw, ch)

	control := fmt.Sprintf("a=T,f=100,i=%d,p=1,c=%d,r=%d,C=1,q=2,", id, d.Columns, d.Rows)
	text := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for {
		chunk, more := text[:min(kittyChunk, len(text))], 0
		if text = text[len(chunk):]; text != "" {
			more = 1
		}
		fmt.Fprintf(&b, "\x1b_G%sm=%d;%s\x1b\\", control, more, chunk)
		if more == 0 {
			break
		}
		control = "q=2,"
	}
	d.Escape = b.String()
	return d, nil
}
