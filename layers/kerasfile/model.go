package kerasfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// kerasVersion is the release of Keras whose files are written.
const kerasVersion = "3.15.1"

// LoadModel makes the model that the file at path describes, a .keras file or
// a legacy .h5 file of a whole model, and gives it its weights. Layers of a
// class that package layers does not have, and settings it does not support,
// are errors that name the layer.
//
// A model that was compiled comes back compiled, with the optimizer's state, so
// that Fit goes on as Keras would. Where package layers lacks the optimizer,
// loss or a metric, the model is good for everything but training: Fit says why
// until Compile is called.
func LoadModel(path string, options ...LoadOption) (*layers.Model, error) {
	l := loading{shapes: map[string]layers.Shape{}}
	for _, o := range options {
		o(&l)
	}
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("kerasfile: %s: %w", path, err)
	}
	defer f.Close()
	config, err := f.config()
	if err != nil {
		return nil, fmt.Errorf("kerasfile: %s: %w", path, err)
	}
	var m *layers.Model
	if err = l.fix(config); err == nil {
		m, err = layers.ModelFromConfig(config)
	}
	if err != nil {
		return nil, fmt.Errorf("kerasfile: %s: %w", path, err)
	}
	if err := m.Ready(); err != nil {
		return nil, fmt.Errorf("kerasfile: %s: it was saved before it was built: %w", path, err)
	}
	if err := f.loadInto(m, choices{}); err != nil {
		return nil, err
	}
	if err := f.compile(m, config); err != nil {
		return nil, fmt.Errorf("kerasfile: %s: %w", path, err)
	}
	return m, nil
}

// config returns the serialized model.
func (f *file) config() (map[string]any, error) {
	if f.archive != nil {
		return f.archive.config()
	}
	root, err := f.weights.Root()
	if err != nil {
		return nil, err
	}
	text, found, err := root.Text("model_config")
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("it has weights but describes no model: build the model and use LoadWeights")
	}
	return decodeConfig("model_config", []byte(text))
}

// SaveModel writes a model with its weights for Keras' load_model: as .keras
// or, for .h5 and .hdf5, in the legacy format. Weights that have no value yet
// are drawn first, as Model.InitializeMissing does. A compiled model is saved
// with its compilation and, as .keras, its optimizer's state, so that Keras goes
// on training it; an optimizer, loss or metric that Keras does not have leaves
// that out. An .h5 file gets no optimizer's state: Keras 3.15 cannot fit a model
// from an .h5 file that has one, not even from its own ("Unknown variable").
func SaveModel(m *layers.Model, path string, options ...SaveOption) error {
	if err := m.InitializeMissing(); err != nil {
		return err
	}
	s, err := gather(m, options)
	if err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(path, ".weights.h5"):
		return fmt.Errorf("kerasfile: %q is a name for weights alone: use SaveWeights, or another name", filepath.Base(path))
	case strings.HasSuffix(path, ".keras"):
		return wholefile.Write(path, func(w io.Writer) error { return writeArchive(w, m, s) })
	case hasLegacySuffix(path):
		return saveLegacyModel(m, path, s)
	default:
		return fmt.Errorf("kerasfile: models are saved as .keras or .h5, got %q", filepath.Base(path))
	}
}

func saveLegacyModel(m *layers.Model, path string, s saving) error {
	var root hdf5.Tree
	config, err := pythonJSON(m.LegacyKerasConfig())
	if err != nil {
		return fmt.Errorf("kerasfile: configuration of model %q: %w", m.Name(), err)
	}
	root.SetText("model_config", string(config))
	root.SetText("backend", "tensorflow")
	root.SetText("keras_version", kerasVersion)
	if training := s.legacy(); training != nil {
		config, err := pythonJSON(training)
		if err != nil {
			return fmt.Errorf("kerasfile: compilation of model %q: %w", m.Name(), err)
		}
		root.SetText("training_config", string(config))
	}
	writeLegacy(root.Group("model_weights"), m)
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := root.WriteTo(w)
		return err
	})
}
