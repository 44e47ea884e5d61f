package transfer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

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
		file := n.weights.file(c.IncludeTop)
		at, err := file.locate(ctx, c.OnDownload)
		if c.SeededIfUnreachable && errors.Is(err, getfile.ErrUnreachable) {
			seeded.Reason = err.Error()
			return seeded, m.Initialize()
		}
		if err != nil {
			return Source{}, fmt.Errorf("ImageNet's weights: %w", err)
		}
		source := Source{Kind: Official, Path: at.path, MD5: at.md5}
		if at.md5 != file.md5 {
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
	if err != nil && strings.Contains(filepath.Base(path), "_notop") != !hasTop(m) {
		err = fmt.Errorf("%w (a file with \"_notop\" in its name is for Config.IncludeTop: false, others are for true)", err)
	}
	return err
}

// hasTop tells whether the model ends in ImageNet's classifier.
func hasTop(m *layers.Model) bool {
	all := m.Layers()
	return len(all) > 0 && all[len(all)-1].Name() == "predictions"
}
