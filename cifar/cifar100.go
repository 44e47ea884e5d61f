package cifar

import (
	"context"
	"fmt"
)

// Load100 returns CIFAR-100, which has the form of CIFAR-10 with 500 training
// pictures of each of 100 classes (Coarse: of 20 groups of classes). It takes
// the data from where Load would take CIFAR-10's; the environment variable is
// CIFAR100_DIR.
func Load100(ctx context.Context, options ...Option) (*Dataset, error) {
	return newLoader(cifar100, "CIFAR100_DIR", options).load(ctx)
}

// Coarse has Load100 label pictures by the 20 superclasses instead of the 100
// classes.
func Coarse() Option {
	return func(l *loader) {
		if len(l.layout.labels) != 2 {
			l.failed = fmt.Errorf("only CIFAR-100 has coarse labels, %s has none", l.layout.name)
			return
		}
		l.layout.label, l.layout.classes = 0, Superclasses100()
		l.layout.names, l.layout.extras = "coarse_label_names.txt", []string{"fine_label_names.txt"}
	}
}

// cifar100 has a coarse and a fine label before each picture.
var cifar100 = layout{
	name:    "CIFAR-100",
	cache:   "cifar-100",
	folder:  "cifar-100-binary",
	python:  "cifar-100-python",
	labels:  []int{20, 100},
	label:   1,
	classes: Classes100(),
	train:   []batchFile{{"train.bin", 50000}},
	test:    []batchFile{{"test.bin", 10000}},
	names:   "fine_label_names.txt",
	extras:  []string{"coarse_label_names.txt"},
	archive: archiveFile{
		name: "cifar-100-binary.tar.gz",
		urls: []string{
			"https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
			"https://cave.cs.toronto.edu/kriz/cifar-100-binary.tar.gz",
		},
		size:   168513733,
		sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
	},
	drawnTrain: 4000,
	drawnTest:  1000,
}

// Classes100 returns the names of CIFAR-100's fine labels 0 to 99 in order.
func Classes100() []string {
	return []string{
		"apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
		"bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
		"chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
		"dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
		"lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
		"mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
		"plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
		"rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
		"squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
		"train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
	}
}

// Superclasses100 returns the names of CIFAR-100's coarse labels 0 to 19 in
// order.
func Superclasses100() []string {
	return []string{
		"aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
		"household_electrical_devices", "household_furniture", "insects", "large_carnivores",
		"large_man-made_outdoor_things", "large_natural_outdoor_scenes", "large_omnivores_and_herbivores",
		"medium_mammals", "non-insect_invertebrates", "people", "reptiles", "small_mammals",
		"trees", "vehicles_1", "vehicles_2",
	}
}
