package transfer

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/layers"
)

// tapped returns the model up to a layer; "" is the model itself.
func (b *Backbone) tapped(tap string) (*layers.Model, error) {
	if tap == "" {
		return b.Model, nil
	}
	if _, err := b.GetLayer(tap); err != nil {
		return nil, fmt.Errorf("%s has no layer %q; its usual taps are %s, and any other layer of its Summary will do",
			b.Name(), tap, strings.Join(b.Taps(), ", "))
	}
	m := b.Tap(tap)
	return m, m.Err()
}

// Taps lists the layers at which features are usually taken: the ends of the
// network's blocks, from the image on, and its result.
func (b *Backbone) Taps() []string {
	var taps []string
	all := b.Layers()
	for i, l := range all {
		if i == len(all)-1 || isBlockEnd(l.Name()) {
			taps = append(taps, l.Name())
		}
	}
	return taps
}

// isBlockEnd tells the names block3_pool, mixed4, conv2_block3_out and
// post_relu.
func isBlockEnd(name string) bool {
	var block int
	if n, _ := fmt.Sscanf(name, "block%d_", &block); n == 1 {
		return strings.HasSuffix(name, "_pool")
	}
	if n, _ := fmt.Sscanf(name, "mixed%d", &block); n == 1 {
		return name == fmt.Sprintf("mixed%d", block)
	}
	return name == "post_relu" || strings.HasPrefix(name, "conv") && strings.HasSuffix(name, "_out")
}
