package layers

import (
	"slices"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// FillMode says what an image that is moved, turned or stretched shows outside
// of its edges.
type FillMode string

// The modes by Keras' names.
const (
	FillReflect  FillMode = "reflect"  // d c b a | a b c d | d c b a
	FillWrap     FillMode = "wrap"     // a b c d | a b c d | a b c d
	FillNearest  FillMode = "nearest"  // a a a a | a b c d | d d d d
	FillConstant FillMode = "constant" // the fill value
)

// affine is what RandomTranslation, RandomRotation, RandomZoom and RandomShear
// share: how an image is read between and outside of its pixels.
type affine struct {
	augmentation
	interpolation Interpolation
	fill          FillMode
	fillValue     float64
}

// affineDefaults are Keras'.
var affineDefaults = affine{interpolation: Bilinear, fill: FillReflect}

// readAffine reads the settings that they share.
func readAffine(s *Settings, l *state) affine {
	a := affine{augmentation: readAugmentation(s), fillValue: s.Float("fill_value", 0)}
	a.setInterpolation(l, Interpolation(s.String("interpolation", string(Bilinear))))
	a.setFill(l, FillMode(s.String("fill_mode", string(FillReflect))))
	return a
}

func (a *affine) setInterpolation(l *state, i Interpolation) { a.interpolation = twoWays(l, i) }

// twoWays checks how values between pixels are found.
func twoWays(l *state, i Interpolation) Interpolation {
	if i != Bilinear && i != Nearest {
		l.Invalid("interpolation wants %q or %q, got %q", Bilinear, Nearest, i)
	}
	return i
}

func (a *affine) setFill(l *state, f FillMode) {
	if !slices.Contains([]FillMode{FillReflect, FillWrap, FillNearest, FillConstant}, f) {
		l.Invalid("fill_mode wants %q, %q, %q or %q, got %q", FillReflect, FillWrap, FillNearest, FillConstant, f)
	}
	a.fill = f
}

// setFillValue fills with one value.
func (a *affine) setFillValue(value float64) { a.fill, a.fillValue = FillConstant, value }

// apply transforms images by the matrix whose parts are given.
func (a *affine) apply(x *graph.Node, m xla.Affine) *graph.Node {
	warp := xla.Warp{Nearest: a.interpolation == Nearest, Fill: string(a.fill), Value: a.fillValue}
	return warp.Affine(x, m)
}

// addTo adds the settings to a layer's configuration.
func (a *affine) addTo(config map[string]any) map[string]any {
	config["interpolation"], config["fill_mode"] = string(a.interpolation), string(a.fill)
	config["fill_value"] = a.fillValue
	return a.augmentation.addTo(config)
}

// constantLike is a float32 vector of one value, as long as v.
func constantLike(v *graph.Node, value float64) *graph.Node {
	return graph.BroadcastToShape(graph.Scalar(v.Graph(), dtypes.Float32, value), v.Shape())
}
