package transfer

import "github.com/gocifar/gocifar/layers"

// tfPreprocessing is Keras' preprocess_input in mode "tf": pixels of 0 to 255
// become -1 to 1.
func tfPreprocessing() layers.Layer { return layers.Rescaling(1/127.5, -1) }

// imageNetMean and imageNetStddev are those of ImageNet's red, green and blue
// as numbers of 0 to 1.
var (
	imageNetMean   = []float64{0.485, 0.456, 0.406}
	imageNetStddev = []float64{0.229, 0.224, 0.225}
)

// torchPreprocessing is Keras' preprocess_input in mode "torch": pixels of 0 to
// 255 become numbers of 0 to 1, less ImageNet's mean, by its standard
// deviation.
func torchPreprocessing() layers.Layer {
	scale, offset := make([]float64, 3), make([]float64, 3)
	for i, stddev := range imageNetStddev {
		scale[i], offset[i] = 1/(255*stddev), -imageNetMean[i]/stddev
	}
	return layers.RescalingByChannel(scale, offset)
}
