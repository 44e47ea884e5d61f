package transfer

import (
	"fmt"
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
	// InputShape is the shape of one image: height, width, 3. Default: the
	// size the network was trained at, 224x224, for InceptionV3 299x299.
	InputShape layers.Shape
	// Resize, if not 0, puts a bilinear Resizing to Resize x Resize pixels in
	// front of the network, so that InputShape may be smaller than the network
	// allows.
	Resize int
	// Preprocess puts Keras' preprocess_input of the network in front of it:
	// it then reads pixels of 0 to 255. Without, it reads what it is given:
	// the walkthrough gives x/255.
	Preprocess bool
	// IncludeTop adds the classifier of ImageNet's classes.
	IncludeTop bool
	// Classes is the number of classes of the top. Default: ImageNet's 1000.
	Classes int
	// Pooling is applied at the end if there is no top.
	Pooling Pooling
	// Name is the model's name. Default: Keras', such as "vgg16".
	Name string
	// OnDownload is told how far a download is.
	OnDownload func(getfile.Progress)
}

// complete fills in the defaults of a network and checks everything that does
// not need its layers.
func (c Config) complete(n *network) (Config, error) {
	if c.Name == "" {
		c.Name = n.name
	}
	if c.InputShape == nil {
		c.InputShape = layers.Shape{n.defaultSize, n.defaultSize, 3}
	}
	if c.Classes == 0 {
		c.Classes = imageNetClasses
	}
	for _, check := range []func(*network) error{c.checkShape, c.checkTop, c.checkPooling} {
		if err := check(n); err != nil {
			return c, fmt.Errorf("transfer: %s: %w", n.title, err)
		}
	}
	return c, nil
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
	if s[2] != 3 && (c.Weights != "" || c.Preprocess) {
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
	case c.Classes != imageNetClasses:
		return fmt.Errorf("if using `weights='imagenet'` with `include_top=True`, `classes` should be %d. Received "+
			"classes=%d",
			imageNetClasses, c.Classes)
	}
	want := layers.Shape{n.defaultSize, n.defaultSize, 3}
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
