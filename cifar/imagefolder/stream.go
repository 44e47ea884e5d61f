package imagefolder

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/layers"
)

// Folder is a folder of pictures that are read and decoded while a model trains:
// see [Open].
type Folder struct {
	// Name is the folder's; Classes names the labels.
	Name    string
	Classes []string
	// Train and Test are the two sides of the split, as those of Load.
	Train, Test *Stream
}

// Open is [Load] for more pictures than memory holds. It lists them, and models
// read them batch by batch, decoded on all processors:
//
//	pets, err := imagefolder.Open("pets", imagefolder.Size(224, 224))
//	history, err := model.Fit(ctx, pets.Train.Normalize(255), layers.ValidationData(pets.Test.Normalize(255)))
//
// A picture that cannot be used ends the epoch with an error that names it.
func Open(folder string, options ...Option) (*Folder, error) {
	f := newLoading(options)
	classes, train, test, err := f.list(folder)
	if err != nil {
		return nil, fmt.Errorf("imagefolder: %w", err)
	}
	return &Folder{
		Name: filepath.Base(f.root), Classes: classes,
		Train: &Stream{loading: f, files: train, classes: classes},
		Test:  &Stream{loading: f, files: test, classes: classes},
	}, nil
}

// Stream are the pictures of one side of a [Folder]: a layers.Source that knows
// its length.
type Stream struct {
	loading *loading
	files   []file
	classes []string
	scale   float32
}

// Normalize returns the same pictures, read by models as value/divisor.
func (s *Stream) Normalize(divisor float32) *Stream {
	out := *s
	out.scale = 1 / divisor
	return &out
}

// Len is the number of pictures.
func (s *Stream) Len() int { return len(s.files) }

// Labels are those of all pictures, in the order in which they come where nothing
// is shuffled, as in prediction.
func (s *Stream) Labels() []int32 {
	labels := make([]int32, len(s.files))
	for i, file := range s.files {
		labels[i] = file.label
	}
	return labels
}

// Batches decodes the pictures of a batch side by side.
func (s *Stream) Batches(ctx context.Context, epoch layers.Epoch) iter.Seq2[*layers.Examples, error] {
	return func(yield func(*layers.Examples, error) bool) {
		var room *layers.Examples // of all batches, since nobody keeps them
		for chunk := range epoch.Chunks(len(s.files)) {
			var batch *layers.Examples
			var err error
			if chunk != nil {
				if room == nil || room.Len() != len(chunk) {
					room = s.loading.allocate(make([]file, len(chunk)), s.classes)
					room.Scale = s.scale
				}
				batch, err = room, s.read(ctx, chunk, room)
			}
			if err != nil {
				batch, err = nil, fmt.Errorf("imagefolder: %w", err)
			}
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

// read decodes the pictures of the given numbers.
func (s *Stream) read(ctx context.Context, numbers []int32, to *layers.Examples) error {
	files := make([]file, len(numbers))
	for i, number := range numbers {
		files[i] = s.files[number]
		to.Labels[i] = files[i].label
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	s.loading.readInto(ctx, group, files, to)
	return group.Wait()
}

// Fingerprint tells folders apart by the names and lengths of their pictures, and
// by how these are scaled.
func (s *Stream) Fingerprint() (string, error) {
	sum := sha256.New() // its Write never fails
	f := s.loading
	fmt.Fprintln(sum, f.height, f.width, f.crop, s.scale, len(s.classes))
	for _, file := range s.files {
		info, err := os.Stat(file.path)
		if err != nil {
			return "", fmt.Errorf("imagefolder: %w", err)
		}
		name, err := filepath.Rel(f.root, file.path)
		if err != nil {
			name = file.path
		}
		fmt.Fprintln(sum, file.label, filepath.ToSlash(name), info.Size())
	}
	return fmt.Sprintf("%d pictures %x", len(s.files), sum.Sum(nil)[:12]), nil
}
