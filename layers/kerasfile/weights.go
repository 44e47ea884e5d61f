package kerasfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// Option changes how weights are paired with a model's layers.
type Option func(*choices)

type choices struct {
	byName                    bool
	allowMissing, allowUnused bool
}

// ByName pairs layers by their names alone, never by their place.
func ByName() Option { return func(c *choices) { c.byName = true } }

// AllowMissing keeps the values of layers that the file has no weights for.
// Layers are then paired by name.
func AllowMissing() Option {
	return func(c *choices) { c.byName, c.allowMissing = true, true }
}

// AllowUnused passes over the file's layers that the model does not have, as
// a classifier's top when only its lower part is wanted. Layers are then
// paired by name.
func AllowUnused() Option {
	return func(c *choices) { c.byName, c.allowUnused = true, true }
}

// LoadWeights sets the weights of a model, which must be built, to those of
// the file at path: legacy .h5 (weights or whole model), .weights.h5 or .keras.
// See the package comment for how they are paired. On any error the model
// keeps the weights it had; where file and model do not fit, the error is a
// [*MismatchError].
//
// Values are converted to float32. While loading, memory holds the model's old
// weights, if it has any, and the new ones.
func LoadWeights(m *layers.Model, path string, options ...Option) error {
	if err := m.Ready(); err != nil {
		return err
	}
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("kerasfile: %s: %w", path, err)
	}
	defer f.Close()
	var c choices
	for _, o := range options {
		o(&c)
	}
	return f.loadInto(m, c)
}

// loadInto is LoadWeights of an open file.
func (f *file) loadInto(m *layers.Model, c choices) error {
	sources, nested, err := f.sources()
	if err != nil {
		return fmt.Errorf("kerasfile: %s: %w", f.path, err)
	}
	bad := &MismatchError{Path: f.path, Model: m.Name()}
	all := pair(weighted(m, nested), sources, c, bad)
	if err := bad.orNil(); err != nil {
		return err
	}
	values := make([]*tensors.Tensor, len(all))
	for i, a := range all {
		if values[i], err = readTensor(a.data); err != nil {
			return fmt.Errorf("kerasfile: %s: %w", f.path, err)
		}
	}
	for i, a := range all {
		if err := a.variable.Set(values[i]); err != nil {
			return err // never: the shapes were compared
		}
	}
	return nil
}

// sources lists the file's layers that have weights. nested tells whether the
// layers of nested models are listed one by one.
func (f *file) sources() (all []source, nested bool, err error) {
	root, err := f.weights.Root()
	if err != nil {
		return nil, false, err
	}
	kind, group, err := layoutOf(root)
	if err != nil {
		return nil, false, err
	}
	if kind == places {
		all, err = readPlaces(group)
		return all, true, err
	}
	all, err = readLegacy(group)
	return all, false, err
}

type layoutKind uint8

const (
	legacy layoutKind = iota
	places
)

// layoutOf finds out how the weights are laid out and the group where they
// begin.
func layoutOf(root *hdf5.Group) (layoutKind, *hdf5.Group, error) {
	for _, name := range []string{"layer_names", "layer_names0"} {
		if _, found, err := root.Texts(name); found || err != nil {
			return legacy, root, err
		}
	}
	if has, err := root.Has("model_weights"); err != nil {
		return 0, nil, err
	} else if has {
		g, err := root.Group("model_weights")
		return legacy, g, err
	}
	for _, name := range containers {
		if has, err := root.Has(name); has || err != nil {
			return places, root, err
		}
	}
	names, err := root.Names()
	if err != nil {
		return 0, nil, err
	}
	return 0, nil, fmt.Errorf("an HDF5 file, but not one of Keras: it has neither layer_names nor layers; its "+
		"root holds %q", names[:min(len(names), 8)])
}

// readTensor reads an array straight into a tensor's memory.
func readTensor(d *hdf5.Dataset) (*tensors.Tensor, error) {
	t := tensors.FromShape(shapes.Make(dtypes.Float32, d.Shape()...))
	var readErr error
	err := tensors.MutableFlatData(t, func(flat []float32) { readErr = d.ReadFloat32s(flat) })
	return t, errors.Join(readErr, err)
}

// SaveWeights writes the weights of a model for Keras' load_weights: in the
// layout of Keras 3 if path ends in .weights.h5, else, for .h5 and .hdf5, in
// the legacy one. Weights that have no value yet are drawn first, as
// Model.InitializeMissing does.
func SaveWeights(m *layers.Model, path string) error {
	layout := writeLegacy
	switch {
	case strings.HasSuffix(path, ".weights.h5"):
		layout = writePlaces
	case hasLegacySuffix(path):
	default:
		return fmt.Errorf("kerasfile: weights are saved as .weights.h5 (Keras 3) or .h5 (older ones), got %q",
			filepath.Base(path))
	}
	if err := m.InitializeMissing(); err != nil {
		return err
	}
	var root hdf5.Tree
	layout(&root, m)
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := root.WriteTo(w)
		return err
	})
}

func hasLegacySuffix(path string) bool {
	return strings.HasSuffix(path, ".h5") || strings.HasSuffix(path, ".hdf5")
}

// putVariable adds a weight to a file; its value is read when the file is
// written.
func putVariable(t *hdf5.Tree, path string, v *layers.Variable) {
	t.Put(path, hdf5.Array{Shape: v.Shape, Type: hdf5.Float32, Write: func(w io.Writer) error {
		var writeErr error
		err := tensors.ConstFlatData(v.Value, func(flat []float32) { writeErr = hdf5.WriteFloat32s(w, flat) })
		return errors.Join(writeErr, err)
	}})
}
