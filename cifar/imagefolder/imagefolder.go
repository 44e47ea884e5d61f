// Package imagefolder makes data sets of pictures of one's own, which lie in a
// folder for each class, and writes such folders:
//
//	pets, err := imagefolder.Load(ctx, "pets", imagefolder.Size(96, 96))
//
// The result is a cifar.Dataset and works wherever CIFAR-10 does.
package imagefolder

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers"
)

// An Option changes how Load reads a folder of pictures.
type Option func(*loading)

// Size sets the size that pictures are scaled to, in pixels. Default 32
// by 32, CIFAR's.
func Size(height, width int) Option {
	return func(f *loading) { f.height, f.width = height, width }
}

// ValidationPart sets which part of each class' pictures, more than 0 and less
// than 1, is kept for validation: the data set's Test. Default 0.2.
func ValidationPart(part float64) Option { return func(f *loading) { f.part = part } }

// SplitSeed chooses which pictures these are. Default 0. A picture stays on
// its side of the split when others are added or removed, but for a few at the
// border.
func SplitSeed(seed uint64) Option { return func(f *loading) { f.seed = seed } }

// CropToAspectRatio cuts pictures to the proportions of Size, keeping the
// middle, where the default is to stretch them.
func CropToAspectRatio() Option { return func(f *loading) { f.crop = true } }

// channels are red, green and blue.
const channels = 3

// maxFolderBytes bounds the memory that a folder of pictures may take.
const maxFolderBytes = 8 << 30

// loading is one call of Load.
type loading struct {
	root          string
	height, width int
	part          float64
	seed          uint64
	crop          bool
}

// Load returns a data set of your own pictures. They lie in a folder for
// each class, named after it, as Keras' image_dataset_from_directory wants
// them:
//
//	pets/cat/tom.jpg
//	pets/dog/rex.png
//
// or, split by hand, in pets/train/cat and pets/test/cat (or val, valid,
// validation). PNG, JPEG, GIF (the first picture), BMP and WebP are read;
// hidden files and other types are left out. Classes are numbered in the order
// of their names. Every picture is scaled to Size, transparent ones on
// white, and the same ones are kept for validation every time.
//
// The result's Test holds the pictures for validation. An error names the file
// or folder that cannot be used.
func Load(ctx context.Context, folder string, options ...Option) (*cifar.Dataset, error) {
	f := newLoading(options)
	data, err := f.load(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("imagefolder: %w", err)
	}
	return data, nil
}

func newLoading(options []Option) *loading {
	f := &loading{height: cifar.Side, width: cifar.Side, part: 0.2}
	for _, option := range options {
		option(f)
	}
	return f
}

// list checks the options, and lists classes and pictures as find does.
func (f *loading) list(folder string) (classes []string, train, test []file, err error) {
	if f.root, err = filepath.Abs(folder); err != nil {
		return nil, nil, nil, err
	}
	if f.height < 1 || f.width < 1 || f.height > maxSide || f.width > maxSide {
		return nil, nil, nil, fmt.Errorf("cannot scale pictures to %d by %d pixels: want 1 to %d each way",
			f.height, f.width, maxSide)
	}
	if !(f.part > 0 && f.part < 1) {
		return nil, nil, nil, fmt.Errorf("cannot keep %v of the pictures for validation: want a part between 0 and 1", f.part)
	}
	return f.find()
}

func (f *loading) load(ctx context.Context, folder string) (*cifar.Dataset, error) {
	classes, train, test, err := f.list(folder)
	if err != nil {
		return nil, err
	}
	if need := int64(len(train)+len(test)) * int64(f.height*f.width*channels); need > maxFolderBytes {
		return nil, fmt.Errorf("%s pictures of %d by %d pixels would take %s bytes of memory, want at most %s: choose a "+
			"smaller Size or fewer pictures, or let Open read them while a model trains",
			termtext.Thousands(len(train)+len(test)), f.height, f.width,
			termtext.Thousands(need), termtext.Thousands(maxFolderBytes))
	}
	source := cifar.Source{Kind: cifar.ImageFolder, Folder: f.root}
	data := cifar.NewDataset(filepath.Base(f.root), classes, source, f.allocate(train, classes), f.allocate(test, classes))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	f.readInto(ctx, group, train, data.Train.Examples)
	f.readInto(ctx, group, test, data.Test.Examples)
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return data, nil
}

func (f *loading) allocate(files []file, classes []string) *layers.Examples {
	e := &layers.Examples{
		Shape:   []int{f.height, f.width, channels},
		Bytes:   make([]uint8, len(files)*f.height*f.width*channels),
		Labels:  make([]int32, len(files)),
		Classes: len(classes),
	}
	for i, file := range files {
		e.Labels[i] = file.label
	}
	return e
}

// readInto reads files side by side; the first that cannot be read ends it.
func (f *loading) readInto(ctx context.Context, group *errgroup.Group, files []file, to *layers.Examples) {
	size := f.height * f.width * channels
	for i, file := range files {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			picture, err := readImage(file.path)
			if err != nil {
				return err
			}
			f.scale(picture, to.Bytes[i*size:(i+1)*size])
			return nil
		})
	}
}

// scale writes a picture, in the wanted size, as red, green and blue bytes.
func (f *loading) scale(from image.Image, to []uint8) {
	scaled := scaleImage(from, f.height, f.width, f.crop)
	for i := range f.height * f.width {
		copy(to[channels*i:channels*(i+1)], scaled.Pix[4*i:])
	}
}
