package transfer

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

// imageBatches are images that come batch by batch.
type imageBatches struct {
	*layers.Examples
	size  int // of batches, 0 for what is asked for
	fails int // the batch that cannot be read
	read  *int
}

var errUnread = errors.New("cannot be read")

func (s imageBatches) Batches(ctx context.Context, epoch layers.Epoch) iter.Seq2[*layers.Examples, error] {
	return func(yield func(*layers.Examples, error) bool) {
		if s.size > 0 {
			epoch.BatchSize = s.size
		}
		number := 0
		for batch, err := range s.Examples.Batches(ctx, epoch) {
			if number++; number == s.fails {
				batch, err = nil, errUnread
			}
			if batch != nil && s.read != nil {
				*s.read += batch.Len()
			}
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

func (imageBatches) Fingerprint() (string, error) { return "images", nil }

// TestFeaturesOfSource: those of a source are those of the same images in memory,
// also where a batch failed in between, and where all are there already.
func TestFeaturesOfSource(t *testing.T) {
	b, x := tiny(t, 1), labelled(23, 8).Normalize(255)
	want, _ := features(t, b, "block1_pool", x, Batch(5), CacheIn(t.TempDir()))
	for _, size := range []int{0, 7} {
		read := 0
		folder, source := t.TempDir(), imageBatches{x, size, 3, &read}
		options := []FeatureOption{Batch(5), CacheIn(folder), Float32(), OnProgress(func(FeatureProgress) {})}
		_, err := Features(t.Context(), b, "block1_pool", source, options...)
		if !errors.Is(err, errUnread) || !strings.Contains(err.Error(), "batch 3: ") {
			t.Fatalf("size %d: got %v", size, err)
		}
		source.fails = 0
		for _, state := range []string{"resumed", "complete"} {
			read = 0
			got, err := Features(t.Context(), b, "block1_pool", source, options...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Floats, want.Floats) || !slices.Equal(got.Labels, want.Labels) || got.Classes != want.Classes ||
				!slices.Equal(got.Shape, want.Shape) {
				t.Errorf("size %d, %s: other features or labels", size, state)
			}
			if size == 0 && state == "resumed" && read != 5+13+23 {
				t.Errorf("read %d images; want the first batch, those whose features are missing, and all for their labels", read)
			}
		}
	}
	whole := imageBatches{Examples: x}
	got, err := Features(t.Context(), b, "", whole, Batch(5), CacheIn(t.TempDir()), Float32(),
		OnProgress(func(FeatureProgress) {}))
	if err != nil || !slices.Equal(got.Labels, x.Labels) {
		t.Errorf("without a tap: %v", err)
	}
}

// lengthOnly has no fingerprint.
type lengthOnly struct{ *layers.Examples }

func TestFeaturesOfBadSource(t *testing.T) {
	b, x := tiny(t, 1), labelled(12, 8)
	for want, source := range map[string]layers.Source{
		"wants a Len and a Fingerprint, by which": lengthOnly{x},
		"wants images of shape":                   imageBatches{Examples: labelled(12, 9)},
		"batch 1: cannot be read":                 imageBatches{Examples: x, fails: 1},
		"no examples were given":                  nil,
		"batch 1: the source panicked": imageBatches{Examples: &layers.Examples{Shape: x.Shape,
			Bytes: x.Bytes[:5*192], Labels: x.Labels[:1]}},
	} {
		_, err := Features(t.Context(), b, "", source, CacheIn(t.TempDir()), Batch(5), OnProgress(func(FeatureProgress) {}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
