package picture

import (
	"encoding/base64"
	"fmt"
	"image"
)

// iterm2 hands the file over as it is: the terminal decodes it.
func (t Terminal) iterm2(img image.Image, data []byte) *Drawing {
	cw, ch := t.cell()
	d := &Drawing{}
	d.Columns, d.Rows = t.fit(img.Bounds().Dx(), img.Bounds().Dy(), cw, ch)
	d.Escape = fmt.Sprintf("\x1b]1337;File=inline=1;size=%d;width=%d;height=%d;preserveAspectRatio=1:%s\a",
		len(data), d.Columns, d.Rows, base64.StdEncoding.EncodeToString(data))
	return d
}
