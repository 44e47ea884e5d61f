// Package cifar holds the data sets CIFAR-10 and CIFAR-100, and what the
// notebooks need to follow the walkthrough: its figures, and how much of its
// work is done (Profile).
//
// Load is the way in:
//
//	data, err := cifar.Load(ctx)
//	train := data.Train.Normalize(255)
//
// It takes the data from a folder or archive of your own (From, or the
// environment variable CIFAR10_DIR), else from the cache, else from the
// official archive, which it downloads, checks and extracts once. Where
// nothing can be reached it generates a small set of drawings of the same ten
// classes in the same form, and showing the Dataset says so.
//
// Load100 loads CIFAR-100. Below this package are others that need nothing of
// CIFAR: imagefolder makes a data set of your own pictures, report shows
// pictures and what models say about them, and standin draws the built-in set.
package cifar
