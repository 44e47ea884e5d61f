// Package transfer brings the networks that Keras Applications ships trained
// on ImageNet to small data sets of one's own: each by a function of Keras' name,
// such as VGG16, or by [New].
//
//	vgg, err := transfer.VGG16(ctx, transfer.Config{
//		Weights:    transfer.ImageNet,
//		InputShape: layers.Shape{32, 32, 3},
//		Pooling:    transfer.Max,
//	})
//
// The result is a *layers.Model with Keras' own layer names. Any layer can be
// tapped. A classifier is a frozen network with a head of new layers on a tap:
//
//	head, err := transfer.Head(vgg, "block3_pool", 10)
//	model, err := transfer.NewClassifier(vgg, "block3_pool", head)
//	history, err := model.Fit(ctx, train, layers.Epochs(10), layers.BatchSize(250))
//
// A frozen network gives the same answer in every epoch, so its work is done
// once: [Features] keeps the result on disk, and a second run reads it in a
// second. [Compose] gives one model from image to probabilities, which shares
// its weights with the network and the head. [Classifier.FineTune] thaws the
// network from a layer on, for a last training of both at a low learning rate.
//
// Weights come from Keras' official files, which are downloaded once into the
// folder that Keras uses itself, from a file of one's own, or are drawn from a
// seed. Backbone.Banner says which.
package transfer
