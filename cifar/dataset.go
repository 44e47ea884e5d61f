package cifar

import (
	"slices"

	"github.com/gocifar/gocifar/layers"
)

// Dataset is a labeled set of color pictures in memory.
type Dataset struct {
	// Name is "CIFAR-10", "CIFAR-100", or a folder's name (imagefolder.Load).
	Name string
	// Train and Test hold pictures of shape [32 32 3] (height, width, red green
	// blue) as bytes, in the order of the official files: 50,000 and 10,000 of
	// them, fewer where Source.Kind is Builtin. imagefolder.Load's have the size
	// that was asked for, and Test holds those for validation.
	Train, Test *Pictures
	// Classes names the labels: Classes[label].
	Classes []string
	// Source says where the pictures came from.
	Source Source
}

// NewDataset returns the data set of these pictures.
func NewDataset(name string, classes []string, source Source, train, test *layers.Examples) *Dataset {
	classes = slices.Clone(classes)
	return &Dataset{
		Name: name, Classes: classes, Source: source,
		Train: &Pictures{Examples: train, Classes: classes}, Test: &Pictures{Examples: test, Classes: classes},
	}
}

// Classes10 returns the names of CIFAR-10's labels 0 to 9 in order.
func Classes10() []string {
	return []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
}
