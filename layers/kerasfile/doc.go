// Package kerasfile loads and saves the files of Keras: weights alone and whole
// models, in today's formats and in the older ones.
//
//	suffix        content                        Keras                    functions
//	.weights.h5   weights by place in the model  3                        LoadWeights, SaveWeights
//	.h5           weights by layer name          1, 2, 3 ("legacy")       LoadWeights, SaveWeights
//	.h5           model and weights              1, 2, 3 ("legacy")       LoadModel, SaveModel, LoadWeights
//	.keras        model and weights, a zip       3 (and TensorFlow 2.12)  LoadModel, SaveModel, LoadWeights
//
// Loading looks at what a file holds, saving at the suffix. What is saved here
// opens in Keras 3.15 and predicts the same; the other way round holds for
// every layer of package layers.
//
// Inputs of Keras' models may leave sizes open; [InputShape] gives them.
//
// # Pairing
//
// A weight file has to be paired with the model's layers. If the layers that
// have weights carry the same names on both sides, names decide. If not, as
// when a name was generated, the place decides as it does in Keras: in a
// legacy file the k-th layer with weights belongs to the k-th of the model, in
// Keras' order of layers; in a file of Keras 3 the n-th Conv2D to the n-th
// Conv2D. Either all weights fit, or nothing in the model changes and one
// [*MismatchError] names every tensor that is missing, unused or of the wrong
// shape.
//
// # Safety
//
// Files are foreign bytes. Nothing in them is executed: an unknown class is an
// error, never imported. Sizes are checked before memory is taken; see package
// hdf5 for how. Files are saved under a temporary name, flushed to disk and
// renamed, so that a crash never leaves half a file under its final name.
//
// # Measured
//
// On 2 cores of an AMD EPYC, 14.7 million weights (VGG16's convolutions, 58.9
// MB) from files in the page cache, go test -bench LoadWeights -benchtime 5x:
// .h5 39 ms, .weights.h5 33 ms, .keras 47 ms (its checksum is verified), each
// allocating 62 MB, so the weights once.
package kerasfile
