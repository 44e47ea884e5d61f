package transfer

import (
	"fmt"
	"regexp"
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

// blockEnd matches the names of the layers at the ends of blocks.
var blockEnd = regexp.MustCompile(`^(` + strings.Join([]string{
	`block\d+_pool`,                              // VGG, Xception
	`conv\d_block\d+_out|post_relu`,              // ResNet
	`mixed\d+|mixed_\d[ab]|block(35|17|8)_10_ac`, // Inception
	`pool\d_pool`,                                // DenseNet
	`conv_pw_\d+_relu|block_\d+_add|out_relu`,    // MobileNet, MobileNetV2
	`expanded_conv_\d+_add`,                      // MobileNetV3
	`normal_concat_\d+`,                          // NASNet
	`block\d[a-z]_add|top_activation`,            // EfficientNet
	`.*_downsampling_block_\d`,                   // ConvNeXt
}, "|") + `)$`)

func isBlockEnd(name string) bool { return blockEnd.MatchString(name) }
