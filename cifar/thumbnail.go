package cifar

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// Thumbnail returns a picture as text for a terminal with 24-bit colours: 32
// columns by 16 lines of half blocks, each standing for two pixels. It returns
// "" for examples that are no pictures of that size.
func Thumbnail(examples *layers.Examples, index int) string {
	t := tiles{examples: examples, indices: []int{index}}
	if t.check() != nil {
		return ""
	}
	pixels := t.pixels(index)
	var out strings.Builder
	for row := 0; row < Side; row += 2 {
		for column := range Side {
			top := pixels[(row*Side+column)*Channels:]
			low := pixels[((row+1)*Side+column)*Channels:]
			fmt.Fprintf(&out, "\x1b[38;2;%d;%d;%dm\x1b[48;2;%d;%d;%dm▀", top[0], top[1], top[2], low[0], low[1], low[2])
		}
		out.WriteString("\x1b[0m\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
