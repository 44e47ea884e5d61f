package transfer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/getfile"
)

// ImageNet, as Config.Weights, asks for Keras' official weights.
const ImageNet = "imagenet"

// Pooling reduces the last feature maps to one vector. It is ignored where
// Config.IncludeTop is set.
type Pooling string

// The poolings, by Keras' names.
const (
	NoPooling Pooling = ""    // the result is the last feature maps
	Avg       Pooling = "avg" // the mean of each map
	Max       Pooling = "max" // the maximum of each map
)

// Config chooses how a network is built. Its zero value is a network without
// top at its default size and with seeded weights.
type Config struct {
	// Weights is ImageNet for Keras' official files, the path of a weight file
	// (legacy .h5 or .weights.h5), or "" for weights drawn from Seed.
	//
	// ImageNet looks for the official file name in the folder GOCIFAR_WEIGHTS
	// (taken whatever its checksum, as you chose it, but Source says so), in
	// Keras' folder ($KERAS_HOME or ~/.keras, then models), in the cache, and
	// then downloads it.
	Weights string
	// SeededIfUnreachable goes on with seeded weights where ImageNet's can
	// neither be found nor downloaded. Source and Banner say so.
	SeededIfUnreachable bool
	// Seed draws the weights that no file sets.
	Seed int64
	// InputShape is the shape of one image: height, width, channels, which are
	// 3 unless the weights are seeded. Default: the size the network was
	// trained at, which is 224x224 for most.
	InputShape layers.Shape
	// Resize, if not 0, puts a bilinear Resizing to Resize x Resize pixels in
	// front of the network, so that InputShape may be smaller than the network
	// allows.
	Resize int
	// Preprocess puts Keras' preprocess_input of the network in front of it:
	// it then reads pixels of 0 to 255. Without, it reads what it is given:
	// the walkthrough gives x/255. MobileNetV3, EfficientNet, EfficientNetV2
	// and ConvNeXt read pixels of 0 to 255 in either case.
	Preprocess bool
	// IncludeTop adds the classifier of ImageNet's classes.
	IncludeTop bool
	// Classes is the number of classes of the top. Default: ImageNet's 1000.
	Classes int
	// ClassifierActivation is the function of the top. Default layers.Softmax;
	// layers.Linear gives logits (Keras' classifier_activation=None).
	ClassifierActivation layers.ActivationFunc
	// Pooling is applied at the end if there is no top.
	Pooling Pooling
	// Name is the model's name. Default: Keras', such as "vgg16".
	Name string
	// OnDownload is told how far a download is.
	OnDownload func(getfile.Progress)

	// Alpha multiplies the widths of MobileNet, MobileNetV2 and MobileNetV3.
	// Default 1.
	Alpha float64
	// DepthMultiplier is how many maps each depthwise convolution of MobileNet
	// makes of one. Default 1.
	DepthMultiplier int
	// Minimalistic chooses MobileNetV3 without squeeze and excitation, hard
	// swish and 5x5 convolutions.
	Minimalistic bool
	// DropoutRate is that of the top of MobileNet and MobileNetV3. Default:
	// Keras' 0.001 and 0.2. [NoDropout] is a rate of 0.
	DropoutRate float64
	// WithoutPreprocessing leaves out the first layers of MobileNetV3,
	// EfficientNetV2 and ConvNeXt, which scale pixels of 0 to 255 (Keras'
	// include_preprocessing=False).
	WithoutPreprocessing bool
}

// NoDropout, as Config.DropoutRate, is a rate of 0.
const NoDropout = -1

// settings says which of the settings an architecture has that not all have.
type settings struct {
	alpha, depthMultiplier, minimalistic, withoutPreprocessing bool
	dropoutRate                                                float64 // the default; 0: it has no such setting
}

// complete fills in the defaults of a network and checks everything that does
// not need its layers.
func (c Config) complete(n *network) (Config, error) {
	fail := func(err error) (Config, error) { return c, fmt.Errorf("transfer: %s: %w", n.title, err) }
	if err := c.checkSettings(n); err != nil {
		return fail(err)
	}
	c = c.withDefaults(n)
	for _, check := range []func(*network) error{c.checkShape, c.checkTop, c.checkPooling, c.checkPublished} {
		if err := check(n); err != nil {
			return fail(err)
		}
	}
	return c, nil
}

// withDefaults fills in what is not set.
func (c Config) withDefaults(n *network) Config {
	if c.InputShape == nil {
		c.InputShape = layers.Shape{n.defaultSize, n.defaultSize, 3}
	}
	c.Classes = cmp.Or(c.Classes, imageNetClasses)
	c.ClassifierActivation = cmp.Or(c.ClassifierActivation, layers.Softmax)
	c.Alpha, c.DepthMultiplier = cmp.Or(c.Alpha, 1), cmp.Or(c.DepthMultiplier, 1)
	c.DropoutRate = max(0, cmp.Or(c.DropoutRate, n.takes.dropoutRate))
	if c.Name == "" && n.nameOf != nil {
		c.Name = n.nameOf(c)
	}
	c.Name = cmp.Or(c.Name, n.name)
	return c
}

// checkSettings refuses settings that the architecture does not have, and
// values that no architecture takes.
func (c Config) checkSettings(n *network) error {
	for _, s := range []struct {
		name     string
		set, has bool
	}{
		{"Alpha", c.Alpha != 0, n.takes.alpha},
		{"DepthMultiplier", c.DepthMultiplier != 0, n.takes.depthMultiplier},
		{"Minimalistic", c.Minimalistic, n.takes.minimalistic},
		{"DropoutRate", c.DropoutRate != 0, n.takes.dropoutRate != 0},
		{"WithoutPreprocessing", c.WithoutPreprocessing, n.takes.withoutPreprocessing},
	} {
		if s.set && !s.has {
			return fmt.Errorf("has no setting %s", s.name)
		}
	}
	switch {
	case c.Alpha < 0 || math.IsNaN(c.Alpha) || math.IsInf(c.Alpha, 0):
		return fmt.Errorf("the setting Alpha must be more than 0, got %g", c.Alpha)
	case c.DepthMultiplier < 0:
		return fmt.Errorf("the setting DepthMultiplier must be at least 1, got %d", c.DepthMultiplier)
	case c.DropoutRate != NoDropout && !(c.DropoutRate >= 0 && c.DropoutRate <= 1):
		return fmt.Errorf("the setting DropoutRate must be between 0 and 1, or NoDropout, got %g", c.DropoutRate)
	}
	return nil
}

// checkPublished refuses settings for which Keras publishes no weights.
func (c Config) checkPublished(n *network) error {
	if c.Weights != ImageNet || n.unpublished == nil {
		return nil
	}
	return n.unpublished(c)
}

// networkShape is what reaches the network: the image after resizing.
func (c Config) networkShape() layers.Shape {
	if c.Resize != 0 && len(c.InputShape) == 3 {
		return layers.Shape{c.Resize, c.Resize, c.InputShape[2]}
	}
	return c.InputShape
}

// checkShape has Keras' messages (imagenet_utils.obtain_input_shape).
func (c Config) checkShape(n *network) error {
	s := c.networkShape()
	if len(s) != 3 {
		return fmt.Errorf("`input_shape` must be a tuple of three integers; Received: input_shape=%s", c.InputShape.Tuple())
	}
	if c.Resize < 0 || slices.Min(c.InputShape) < 1 {
		return fmt.Errorf("every size must be at least 1, got InputShape %s and Resize %d", c.InputShape.Tuple(), c.Resize)
	}
	if s[2] != 3 && (c.Weights == ImageNet || c.Preprocess && n.preprocess != nil) {
		return fmt.Errorf("the input must have 3 channels; Received `input_shape=%s`", c.InputShape.Tuple())
	}
	if s[0] < n.minSize || s[1] < n.minSize {
		hint := fmt.Sprintf("Resize: %d enlarges the images inside the graph", n.minSize)
		if c.Resize != 0 {
			hint = fmt.Sprintf("Resize is %d", c.Resize)
		}
		return fmt.Errorf("input size must be at least %dx%d; Received: input_shape=%s (%s)",
			n.minSize, n.minSize, s.Tuple(), hint)
	}
	return nil
}

func (c Config) checkTop(n *network) error {
	switch {
	case c.Classes < 1:
		return fmt.Errorf("`classes` must be at least 1. Received classes=%d", c.Classes)
	case !c.IncludeTop || c.Weights != ImageNet:
		return nil
	case c.ClassifierActivation != layers.Softmax && c.ClassifierActivation != layers.Linear:
		return fmt.Errorf("only layers.Softmax and layers.Linear are allowed for ClassifierActivation when using pretrained "+
			"weights with IncludeTop; Received: %q", c.ClassifierActivation)
	case c.Classes != imageNetClasses:
		return fmt.Errorf("if using `weights='imagenet'` with `include_top=True`, `classes` should be %d. Received "+
			"classes=%d",
			imageNetClasses, c.Classes)
	}
	size := trainedSize(c.networkShape(), n.sizes, n.defaultSize)
	want := layers.Shape{size, size, 3}
	if got := c.networkShape(); !got.Equal(want) {
		return fmt.Errorf("when setting `include_top=True` and loading `imagenet` weights, `input_shape` should be %s. "+
			"Received: input_shape=%s",
			want.Tuple(), got.Tuple())
	}
	return nil
}

func (c Config) checkPooling(*network) error {
	if !slices.Contains([]Pooling{NoPooling, Avg, Max}, c.Pooling) {
		return fmt.Errorf("Pooling must be NoPooling, Avg or Max, got %q", c.Pooling)
	}
	return nil
}

// trainedSize is the side of the images for which there are weights that suit
// images of a shape: one of sizes if they are square and have it, otherwise the
// default.
func trainedSize(shape layers.Shape, sizes []int, otherwise int) int {
	if shape[0] == shape[1] && slices.Contains(sizes, shape[0]) {
		return shape[0]
	}
	return otherwise
}
