package layers

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// goldenAugmentation is what Keras makes of images with the numbers that it
// drew; see testdata/golden_augmentation.py.
type goldenAugmentation struct {
	Name, Class             string
	Config                  map[string]any
	Input, Output, Upstream goldenArray
	Drawn                   []goldenArray
	Gradient                *goldenArray // nil where TensorFlow's is another
	differences             goldenDifferences
}

// TestAugmentationEqualsKeras feeds the numbers that Keras drew.
func TestAugmentationEqualsKeras(t *testing.T) {
	var cases []*goldenAugmentation
	for file, least := range map[string]int{"augmentation.json": 70, "distortion.json": 25} {
		var of []*goldenAugmentation
		if readGolden(t, file, &of); len(of) < least {
			t.Fatalf("%s has only %d cases", file, len(of))
		}
		cases = append(cases, of...)
	}
	classes := map[string]bool{}
	var wide, narrow, gradients float64
	for _, c := range cases {
		classes[c.Class] = true
		t.Run(c.Name, func(t *testing.T) {
			c.compare(t)
			gradients = max(gradients, c.differences.gradients)
			if c.mixed() {
				narrow = max(narrow, c.differences.outputs)
			} else {
				wide = max(wide, c.differences.outputs)
			}
		})
	}
	t.Logf("%d cases of %d classes; largest differences relative to the largest value: outputs %.2g, in bfloat16 %.2g, "+
		"gradients %.2g", len(cases), len(classes), wide, narrow, gradients)
}

func (c *goldenAugmentation) mixed() bool {
	policy, _ := c.Config["dtype"].(map[string]any)
	config, _ := policy["config"].(map[string]any)
	return config["name"] == "mixed_bfloat16"
}

func (c *goldenAugmentation) compare(t *testing.T) {
	layer, err := FromConfig(c.Class, c.Config)
	if err != nil {
		t.Fatal(err)
	}
	if got := asJSON(t, layer.Config()); !reflect.DeepEqual(got, c.Config) {
		t.Errorf("configuration: %s", firstDifference("", got, c.Config))
	}
	dtype, tolerance := dtypes.Float32, 1e-5
	if c.mixed() {
		dtype, tolerance = dtypes.BFloat16, 0.02
	}
	args := []any{uint32(1), c.Input.tensor(t), c.Upstream.tensor(t)}
	for _, d := range c.Drawn {
		args = append(args, d.tensor(t))
	}
	out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
		l := layer.(augmenter)
		images := in[1]
		x := graph.ConvertDType(images, dtype)
		drawn := in[3:]
		// the layer's own draw says how many numbers there are, and their types
		own := l.draw(NewPass(x.Graph(), true, nil, in[0]), x)
		if len(own) != len(drawn) {
			t.Fatalf("draws %d arrays, Keras %d", len(own), len(drawn))
		}
		for i, d := range own {
			if drawn[i] = graph.ConvertDType(drawn[i], d.DType()); d.Rank() == 1 && !d.Shape().Equal(drawn[i].Shape()) {
				t.Errorf("draw %d has the shape %s, Keras' has %s", i, d.Shape(), drawn[i].Shape())
			}
		}
		y := xla.InFloat32(x, func(x *graph.Node) *graph.Node { return l.transform(x, drawn) })
		y = graph.ConvertDType(y, dtypes.Float32)
		results := []*graph.Node{y}
		if c.Gradient != nil {
			total := graph.ReduceAllSum(graph.Mul(y, in[2]))
			results = append(results, graph.Gradient(total, images)...)
		}
		return results
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	c.differences.outputs = checkWithin(t, "output", out[0], c.Output, tolerance)
	if c.Gradient != nil {
		c.differences.gradients = checkWithin(t, "gradient", out[1], *c.Gradient, tolerance)
	}
}

// trained runs a layer in training on images and returns the result.
func trained(t *testing.T, l Layer, seed uint32, images *tensors.Tensor) *tensors.Tensor {
	t.Helper()
	out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{l.Call(NewPass(in[0].Graph(), true, nil, in[0]), in[1:])}
	}, seed, images)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// TestAutoContrastKeepsFlatChannels: a channel of one value stays, as in Keras,
// whose gradient is NaN there.
func TestAutoContrastKeepsFlatChannels(t *testing.T) {
	images := tensors.FromFlatDataAndDimensions([]float32{7, 10, 7, 20, 7, 110, 7, 60}, 1, 2, 2, 2)
	got := tensors.MustCopyFlatData[float32](trained(t, AutoContrast(), 1, images))
	compare(t, "contrast", got, []float32{7, 0, 7, 25.5, 7, 255, 7, 127.5}, 1e-6)
}

// TestAugmentationDistribution draws thousands of numbers of each kind. The
// limits are five standard deviations of what the stated distribution gives, or
// a bound that it cannot pass.
func TestAugmentationDistribution(t *testing.T) {
	const n = 20000
	draw := func(l Layer, h, w int) [][]float32 {
		out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
			x := graph.Zeros(in[0].Graph(), shapes.Make(dtypes.Float32, n, h, w, 1))
			drawn := l.(augmenter).draw(NewPass(in[0].Graph(), true, nil, in[0]), x)
			for i, d := range drawn {
				drawn[i] = graph.ConvertDType(d, dtypes.Float32)
			}
			return drawn
		}, uint32(11))
		if err != nil {
			t.Fatal(err)
		}
		var values [][]float32
		for _, d := range out {
			values = append(values, tensors.MustCopyFlatData[float32](d))
		}
		return values
	}
	for _, c := range []struct {
		name      string
		layer     Layer
		which     int // of the layer's draws
		low, high float64
		bins      int // equal parts of [low, high) that are equally likely
	}{
		{"translation right", RandomTranslation(0.25, 0).Width(-0.5, 0.25), 0, -16, 8, 12},
		{"translation down", RandomTranslation(0.25, 0), 1, -8, 8, 16},
		{"rotation", RandomRotation(0.1), 0, -36, 36, 12},
		{"zoom height", RandomZoom(-0.2, 0.4).Width(0.1), 0, 0.8, 1.4, 12},
		{"zoom width", RandomZoom(0.2).Width(0.1), 1, 0.9, 1.1, 10},
		{"shear", RandomShear(0.4, 0), 0, -0.4, 0.4, 8},
		{"crop top", RandomCrop(28, 24), 0, 0, 5, 5},
		{"crop left", RandomCrop(28, 24), 1, 0, 9, 9},
		{"brightness", RandomBrightness(0.2), 0, -51, 51, 10},
		{"contrast", RandomContrast(0.2, 0.5), 0, 0.8, 1.5, 10},
		{"hue", RandomHue(0.4), 0, -0.2, 0.2, 10},
		{"color degeneration", RandomColorDegeneration(0, 0.6), 0, 0, 0.6, 10},
		{"posterization", RandomPosterization(2, 7), 0, 2, 7, 5},
		{"sharpness", RandomSharpness(0.6), 0, 0, 0.6, 10},
		{"blur", RandomGaussianBlur(1).Sigma(0.2, 1), 1, 0.2, 1.0001, 8},
		{"solarization", Solarization().Threshold(0.4), 1, 0, 102, 10},
		{"flip", RandomFlip(Horizontal), 0, 0, 2, 2},
		{"grayscale", RandomGrayscale(0.5), 0, 0, 2, 2},
		{"invert", RandomInvert(1), 0, 0, 2, 2},
		{"erasing", RandomErasing(1).FillValue(1), 4, 0, 2, 2},
		{"perspective", RandomPerspective(1), 0, 0, 2, 2},
		{"perspective right", RandomPerspective(1).Scale(0.4), 1, 24.8, 37.2, 10},
		{"perspective corner down", RandomPerspective(1), 4, 15.5, 46.5, 10},
		{"rand augment", RandAugment(0.5), 1, 0, 11, 11},
		{"aug mix of the image", AugMix(0.3), 0, 0, 1.0001, 10},
		{"aug mix layer", AugMix(0.3), 4, 0, 12, 12},
		{"aug mix layer of few", AugMix(0.3).AllOperations(false), 4, 0, 8, 8},
	} {
		t.Run(c.name, func(t *testing.T) { checkUniform(t, draw(c.layer, 32, 32)[c.which], c.low, c.high, c.bins) })
	}
	elastic := draw(RandomElasticTransform(1).Scale(0.2, 0.7), 1, 1)
	checkUniform(t, elastic[0], 0, 2, 2)
	checkUniform(t, elastic[1], 0.2, 0.7, 10)
	box := draw(RandomErasing(1).Scale(0.25, 0.25).FillValue(1), 32, 32)
	for i := range n {
		x0, x1, y0, y1 := box[0][i], box[1][i], box[2][i], box[3][i]
		across, down := math.Abs(float64(x1-x0)-16), math.Abs(float64(y1-y0)-16)
		if x0 < 0 || x1 > 32 || y0 < 0 || y1 > 32 || across > 1e-5 || down > 1e-5 {
			t.Fatalf("box %d: x %g to %g, y %g to %g, want 16 by 16 pixels within 32", i, x0, x1, y0, y1)
		}
	}
	checkUniform(t, box[0], 0, 16, 8)
	checkUniform(t, box[2], 0, 16, 8)
}

// checkUniform counts values in equal parts of a range.
func checkUniform(t *testing.T, values []float32, low, high float64, bins int) {
	t.Helper()
	counts := make([]float64, bins)
	for _, v := range values {
		i := int(math.Floor((float64(v) - low) / (high - low) * float64(bins)))
		if i < 0 || i >= bins {
			t.Fatalf("%g is outside of [%g, %g)", v, low, high)
		}
		counts[i]++
	}
	n, p := float64(len(values)), 1/float64(bins)
	limit := 5 * math.Sqrt(n*p*(1-p))
	for i, count := range counts {
		if math.Abs(count-n*p) > limit {
			t.Errorf("part %d of %d has %g of %g values, want %g within %.0f", i, bins, count, n, n*p, limit)
		}
	}
}

// TestRandomNumbers checks what a layer of one's own draws from.
func TestRandomNumbers(t *testing.T) {
	const n = 20000
	out, err := graph.CallOnceN(testBackend(t), func(in []*graph.Node) []*graph.Node {
		c := NewPass(in[0].Graph(), true, nil, in[0])
		return []*graph.Node{c.Normal(n), c.Permutation(1000)}
	}, uint32(3))
	if err != nil {
		t.Fatal(err)
	}
	var sum, squares, beyond2 float64
	for _, v := range tensors.MustCopyFlatData[float32](out[0]) {
		sum += float64(v)
		squares += float64(v) * float64(v)
		if math.Abs(float64(v)) > 2 {
			beyond2++
		}
	}
	if math.Abs(sum/n) > 5/math.Sqrt(n) || math.Abs(squares/n-1) > 5*math.Sqrt(2.0/n) {
		t.Errorf("normal numbers have mean %g and variance %g", sum/n, squares/n)
	}
	if share := beyond2 / n; math.Abs(share-0.0455) > 5*math.Sqrt(0.0455/n) {
		t.Errorf("%g of the normal numbers lie beyond 2 standard deviations, want 0.0455", share)
	}
	order := tensors.MustCopyFlatData[int32](out[1])
	inPlace, seen := 0, make([]bool, len(order))
	for i, v := range order {
		if seen[v] {
			t.Fatalf("the permutation has %d twice", v)
		}
		seen[v] = true
		if int(v) == i {
			inPlace++
		}
	}
	if inPlace > 8 {
		t.Errorf("the permutation leaves %d of 1000 in place", inPlace)
	}
}

// TestAugmentationFollowsTheSeed: each step has other numbers, each image its
// own, and the same seed the same.
func TestAugmentationFollowsTheSeed(t *testing.T) {
	one := make([]float32, 8*8)
	for i := range one {
		one[i] = float32(i)
	}
	images := tensors.FromFlatDataAndDimensions(slices.Repeat(one, 16), 16, 8, 8, 1)
	layer := RandomTranslation(0.3, 0.3)
	result := func(seed uint32) []float32 { return tensors.MustCopyFlatData[float32](trained(t, layer, seed, images)) }
	a, again, other := result(5), result(5), result(6)
	if !slices.Equal(a, again) {
		t.Error("the same seed gives another result")
	}
	if slices.Equal(a, other) {
		t.Error("another seed gives the same result")
	}
	for i := 1; i < 16; i++ {
		if slices.Equal(a[:64], a[64*i:64*(i+1)]) {
			t.Errorf("image %d has the numbers of image 0", i)
		}
	}
}

// TestAugmentationBadInput is Keras' list of errors.
func TestAugmentationBadInput(t *testing.T) {
	in := func() Symbol { return Input(8, 8, 3) }
	for want, y := range map[string]*Tensor{
		"mode wants":                     RandomFlip("diagonal").Apply(in()),
		"at least 1, got 0 and 3":        RandomCrop(0, 3).Apply(in()),
		"height_factor wants numbers in": RandomTranslation(-1.5, 0).Apply(in()),
		"width_factor wants 1 number":    RandomTranslation(0, 0).Width(1, 2, 3).Apply(in()),
		"fill_mode wants":                RandomRotation(0.1).Fill("mirror").Apply(in()),
		"interpolation wants":            RandomRotation(0.1).Interpolation("cubic").Apply(in()),
		"(-1, 1], got [-1]":              RandomZoom(-1).Apply(in()),
		"x_factor wants numbers in":      RandomShear(-0.1, 0).Apply(in()),
		"factor wants 1 number or 2":     RandomBrightness().Apply(in()),
		"value_range wants two":          RandomBrightness(0.1).ValueRange(1, 1).Apply(in()),
		"between 0 and 1, got 1.5":       RandomGrayscale(1.5).Apply(in()),
		"scale wants a number in":        RandomPerspective(1).Scale(1.5).Apply(in()),
		"at least 2 x 2":                 RandomPerspective(1).Apply(Input(1, 8, 3)),
		"fill_value wants a finite":      RandomPerspective(1).FillValue(math.NaN()).Apply(in()),
		"scale wants numbers in":         RandomElasticTransform(1).Scale(2).Apply(in()),
		"num_ops must be":                RandAugment(0.5).Operations(-1).Apply(in()),
		"[0, 1], got [2]":                RandAugment(2).Apply(in()),
		"alpha wants a number":           AugMix(0.3).Alpha(0).Apply(in()),
		"num_chains of at least 1":       AugMix(0.3).Chains(0, 3).Apply(in()),
		"blue), got (None, 4, 4, 1)":     AugMix(0.3).Apply(Input(4, 4, 1)),
		"wants at least 1 layer":         Pipeline().Apply(in()),
		"wants layers, got nil":          Pipeline(nil).Apply(in()),
		"layer random_zoom (RandomZoom)": Pipeline(RandomZoom(0.1)).Apply(Input(8)),
		"[1, 8], got [9]":                RandomPosterization(9).Apply(in()),
		"odd number":                     RandomGaussianBlur(1).KernelSize(4).Apply(in()),
		"fill_value wants":               RandomErasing(1).FillValue(1, 2).Apply(in()),
		"hue: factor wants":              RandomColorJitter().Hue(-1).Apply(in()),
		"addition_factor wants":          Solarization().Addition(2).Apply(in()),
		"bins must be":                   Equalization().Bins(0).Apply(in()),
		"3 channels (red":                RandomHue(0.1).Apply(Input(8, 8, 1)),
		"3 channels or 1":                RandomGrayscale(0.1).Apply(Input(8, 8, 2)),
		"wants images (None":             RandomFlip(Vertical).Apply(Input(8)),
		"wants exactly 1 input, got 2":   RandomZoom(0.1).Apply(in(), in()),
	} {
		if err := y.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
