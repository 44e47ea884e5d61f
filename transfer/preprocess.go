package transfer

import "github.com/gocifar/gocifar/layers"

// tfPreprocessing is Keras' preprocess_input in mode "tf": pixels of 0 to 255
// become -1 to 1.
func tfPreprocessing() layers.Layer { return layers.Rescaling(1/127.5, -1) }
