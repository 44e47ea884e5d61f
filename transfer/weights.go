package transfer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/getfile"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

// setWeights gives the model its weights and says where they came from.
func (n *network) setWeights(ctx context.Context, m *layers.Model, c Config) (Source, error) {
	m.Seed(c.Seed)
	seeded := Source{Kind: Seeded, Seed: c.Seed}
	switch c.Weights {
	case "":
		return seeded, m.Initialize()
	case ImageNet:
		file := n.weights(c)
		at, err := file.locate(ctx, c.OnDownload)
		if c.SeededIfUnreachable && errors.Is(err, getfile.ErrUnreachable) {
			seeded.Reason = err.Error()
			return seeded, m.Initialize()
		}
		if err != nil {
			return Source{}, fmt.Errorf("ImageNet's weights: %w", err)
		}
		source := Source{Kind: Official, Path: at.path, Hash: at.hash, Unverified: file.hash == ""}
		if at.hash != file.hash && file.hash != "" {
			source.Kind = File
		}
		return source, loadFile(m, at.path)
	default:
		return Source{Kind: File, Path: c.Weights}, loadFile(m, c.Weights)
	}
}

// loadFile sets the model's weights from a file. Its names may be those of
// another Keras version (the official InceptionV3 counts from conv2d_1, Keras 3
// from conv2d): kerasfile then pairs layers by their order, as Keras does.
func loadFile(m *layers.Model, path string) error {
	err := kerasfile.LoadWeights(m, path)
	if other := publishedAs(filepath.Base(path)); err != nil && other != "" {
		err = fmt.Errorf("the file's name is that of %s: %w", other, err)
	}
	return err
}

// publishedAs says of which network Keras publishes a file of this name, ""
// if of none.
func publishedAs(name string) string {
	for _, n := range architectures {
		for _, f := range n.files() {
			switch {
			case name != f.name:
			case f.top:
				return n.title + " with its classifier (IncludeTop: true)"
			default:
				return n.title + " without its classifier (IncludeTop: false)"
			}
		}
	}
	return ""
}
