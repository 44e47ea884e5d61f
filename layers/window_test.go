package layers

import (
	"strings"
	"testing"
)

// TestSpatialLayersRefuse has the cases that Keras refuses, of layers with
// spatial axes and of those that reshape.
func TestSpatialLayersRefuse(t *testing.T) {
	image := Shape{6, 7, 3}
	for _, c := range []struct {
		layer Layer
		in    Shape
		want  string
	}{
		{Conv1D(0, 3), Shape{5, 2}, "Conv1D): filters must be at least 1, got 0"},
		{Conv2D(4, 0), image, "Conv2D): kernel size must be at least 1, got [0]"},
		{Conv3D(4, 1, 2), Shape{2, 2, 2, 2}, "Conv3D): kernel size wants 1 or 3 values, got [1 2]"},
		{Conv2D(4, 3).Strides(0), image, "strides must be at least 1, got [0]"},
		{Conv2D(4, 3).Strides(2).Dilation(2), image, "strides [2 2] and dilation [2 2] cannot both differ from 1"},
		{Conv2D(4, 3).Groups(3), image, "groups must be at least 1 and divide the 4 filters, got 3"},
		{Conv2D(4, 3).Groups(2), image, "2 groups do not divide 3 channels"},
		{Conv2D(4, 3).Padding(Causal), image, `padding must be one of ["valid" "same"], got "causal"`},
		{Conv2D(4, 3), Shape{6, 7}, "wants images (None, height, width, channels), got (None, 6, 7)"},
		{Conv2D(4, 3).DataFormat(ChannelsFirst), Shape{6}, "wants images (None, channels, height, width), got (None, 6)"},
		{Conv2D(4, 7), image, `height: a window of 7 does not fit into 6 with padding "valid"`},
		{Conv1D(4, 3).Dilation(3), Shape{6, 2}, `steps: a window of 7 does not fit into 6 with padding "valid"`},
		{Conv3D(4, 3), Shape{3, 3, 2, 1}, `width: a window of 3 does not fit into 2 with padding "valid"`},
		{Conv2DTranspose(2, 3).Strides(2).OutputPadding(2), image,
			"output padding must be below the stride, which is 2, got 2"},
		{Conv2DTranspose(2, 3).OutputPadding(-1), image, "output padding must be at least 0, got [-1]"},
		{Conv1DTranspose(2, 2).Padding(Same).Strides(2).OutputPadding(0), Shape{1, 2}, "steps: nothing is left of 1"},
		{Conv2DTranspose(2, 3).Strides(2).Dilation(2), image, "cannot both differ from 1"},
		{DepthwiseConv2D(3).DepthMultiplier(0), image, "depth multiplier must be at least 1, got 0"},
		{DepthwiseConv1D(3), image, "wants sequences (None, steps, channels), got (None, 6, 7, 3)"},
		{SeparableConv2D(0, 3), image, "filters must be at least 1, got 0"},
		{SeparableConv2D(2, 3).Padding("full"), image, `padding must be one of ["valid" "same"], got "full"`},
		{Conv2D(3, 2).Activation(Glu), image, "activation glu wants an even size of the last axis"},
		{MaxPooling1D(0), Shape{5, 2}, "pool size must be at least 1, got [0]"},
		{AveragePooling3D(2).Strides(1, 2), Shape{2, 2, 2, 2}, "strides wants 1 or 3 values, got [1 2]"},
		{MaxPooling3D(3), Shape{2, 4, 4, 1}, `depth: a window of 3 does not fit into 2 with padding "valid"`},
		{GlobalMaxPooling1D(), Shape{5}, "wants sequences (None, steps, channels), got (None, 5)"},
		{GlobalAveragePooling2D().DataFormat("last"), image, "data format must be"},
		{AdaptiveMaxPooling2D(0), image, "output size must be at least 1, got [0]"},
		{AdaptiveAveragePooling2D(1, 2, 3), image, "output size wants 1 or 2 values, got [1 2 3]"},
		{ZeroPadding1D(-1), Shape{5, 2}, "padding must be at least 0, got [-1]"},
		{ZeroPadding3D(1, 2), Shape{2, 2, 2, 2}, "padding wants 1, 3 or 6 values, got [1 2]"},
		{Cropping1D(2, 3), Shape{5, 2}, "steps: cropping 2 and 3 leaves nothing of 5"},
		{Cropping2D(1, 2, 3, 4), image, "width: cropping 3 and 4 leaves nothing of 7"},
		{Cropping1D().DataFormat(ChannelsFirst), Shape{5, 2}, "Cropping1D has no data format"},
		{UpSampling1D(0), Shape{5, 2}, "size must be at least 1, got [0]"},
		{UpSampling2D(1<<30, 1<<30), image, "has more than"},
		{UpSampling3D().Interpolation(Bilinear), Shape{2, 2, 2, 2}, `UpSampling3D has no interpolation "bilinear"`},
		{UpSampling2D().Interpolation("cubic"), image, "interpolation must be one of"},
		{Reshape(5, -1), image, "the 126 values of (None, 6, 7, 3) do not fill the target [5 -1]"},
		{Reshape(-1, -1), image, "only one dimension of the target may be -1"},
		{Reshape(0), image, "dimensions must be at least 1, or -1, got [0]"},
		{Permute(0, 1), image, "dims must have each number from 1 to 2 once, got [0 1]"},
		{Permute(2, 1), image, "wants 2 axes beside the batch, got (None, 6, 7, 3)"},
		{RepeatVector(0), Shape{4}, "n must be at least 1, got 0"},
		{RepeatVector(2), image, "wants vectors (None, features), got (None, 6, 7, 3)"},
		{Resizing(0, 3), image, "height and width must be at least 1, got 0 and 3"},
		{Resizing(3, 3).CropToAspectRatio().PadToAspectRatio(0), image, "only one of"},
		{CenterCrop(3, 0), image, "height and width must be at least 1, got 3 and 0"},
		{CenterCrop(3, 3), Shape{4}, "wants images (None, height, width, channels), got (None, 4)"},
	} {
		if err := c.layer.Apply(Input(c.in...)).Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %v:\n got %v\nwant %s", c.layer.Class(), c.in, err, c.want)
		}
	}
}

// TestChannelsStay: a layer that was built refuses other numbers of channels.
func TestChannelsStay(t *testing.T) {
	for _, l := range []Layer{
		Conv2D(4, 1), Conv2D(4, 1).Groups(2), Conv2DTranspose(4, 1), DepthwiseConv2D(1), SeparableConv2D(4, 1),
	} {
		if err := l.Build([]Shape{{5, 5, 2}}); err != nil {
			t.Fatal(err)
		}
		_, err := l.OutputShape([]Shape{{5, 5, 4}})
		if err == nil || !strings.Contains(err.Error(), "was built for 2 channels, got 4") {
			t.Errorf("%s: got %v", l.Class(), err)
		}
	}
}
