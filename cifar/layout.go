package cifar

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
)

// Side is the height and width of a picture in pixels; Channels counts red,
// green and blue.
const (
	Side     = 32
	Channels = 3
)

const (
	planeBytes = Side * Side
	imageBytes = planeBytes * Channels
)

// A layout describes one data set in Krizhevsky's binary form: files of
// records, a record being one or two label bytes and 3,072 pixel bytes, all
// red ones first, then green, then blue, each row by row
// (https://www.cs.toronto.edu/~kriz/cifar.html).
type layout struct {
	name       string // as shown: CIFAR-10
	cache      string // folder below the cache root
	folder     string // folder inside the archive
	python     string // folder inside the archive of the Python form, given by mistake now and then
	labels     []int  // a record's label bytes: how many classes each tells apart
	label      int    // which of them is the class
	classes    []string
	train      []batchFile
	test       []batchFile
	names      string   // file that lists the classes, one a line
	extras     []string // files that the archive may hold besides
	archive    archiveFile
	drawnTrain int // pictures of the built-in set
	drawnTest  int
}

// A batchFile is one file of records.
type batchFile struct {
	name    string
	records int
}

// An archiveFile is an official archive, pinned by its hash.
type archiveFile struct {
	name   string
	urls   []string // tried in order
	size   int64    // bytes
	sha256 string
}

// cifar10 is the data set of the walkthrough.
var cifar10 = layout{
	name:    "CIFAR-10",
	cache:   "cifar-10",
	folder:  "cifar-10-batches-bin",
	python:  "cifar-10-batches-py",
	labels:  []int{10},
	classes: Classes10(),
	train: []batchFile{
		{"data_batch_1.bin", 10000}, {"data_batch_2.bin", 10000}, {"data_batch_3.bin", 10000},
		{"data_batch_4.bin", 10000}, {"data_batch_5.bin", 10000},
	},
	test:   []batchFile{{"test_batch.bin", 10000}},
	names:  "batches.meta.txt",
	extras: []string{"readme.html"},
	archive: archiveFile{
		name: "cifar-10-binary.tar.gz",
		urls: []string{
			"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
			"https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
		},
		size:   170052171,
		sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
	},
	drawnTrain: 4000,
	drawnTest:  1000,
}

func (l *layout) recordBytes() int { return len(l.labels) + imageBytes }

// size returns the exact length of a batch file in bytes.
func (l *layout) size(f batchFile) int64 {
	return int64(f.records) * int64(l.recordBytes())
}

func (l *layout) batches() []batchFile {
	return append(append([]batchFile(nil), l.train...), l.test...)
}

// lengthError says that a batch is not as long as its records.
func (l *layout) lengthError(where string, f batchFile, got int64) error {
	return fmt.Errorf("%s is %s bytes long, want %s (%s records of %s bytes): it is cut off or not %s's binary form",
		where, termtext.Thousands(got), termtext.Thousands(l.size(f)),
		termtext.Thousands(f.records), termtext.Thousands(l.recordBytes()), l.name)
}

// missingError names the batches that a folder or archive lacks.
func (l *layout) missingError(where string, missing []string) error {
	var all []string
	for _, f := range l.batches() {
		all = append(all, f.name)
	}
	return fmt.Errorf("%s lacks %s: %s has the %d files %s",
		where, strings.Join(missing, ", "), l.name, len(all), strings.Join(all, ", "))
}
