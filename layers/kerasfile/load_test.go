package kerasfile

import (
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/layers"
)

func TestLoadModelOfKeras(t *testing.T) {
	dir, predictions := golden(t)
	for _, name := range goldenModels {
		for _, suffix := range []string{".keras", ".h5"} {
			t.Run(name+suffix, func(t *testing.T) {
				m, err := LoadModel(filepath.Join(dir, name+suffix))
				if err != nil {
					t.Fatal(err)
				}
				if m.Name() != name {
					t.Errorf("the model's name is %q", m.Name())
				}
				checkPrediction(t, m, predictions[name])
			})
		}
	}
}

func TestLoadWeightsOfKeras(t *testing.T) {
	dir, predictions := golden(t)
	for _, name := range goldenModels {
		m, err := LoadModel(filepath.Join(dir, name+".keras"))
		if err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{".weights.h5", ".legacy.h5", ".h5", ".keras"} {
			t.Run(name+suffix, func(t *testing.T) {
				forget(t, m)
				if err := LoadWeights(m, filepath.Join(dir, name+suffix)); err != nil {
					t.Fatal(err)
				}
				checkPrediction(t, m, predictions[name])
			})
		}
	}
}

// TestLoadByPlace loads into models whose automatic names differ from those in
// the files, as those of another program do.
func TestLoadByPlace(t *testing.T) {
	dir, predictions := golden(t)
	image := layers.Input(8, 8, 3)
	shared := layers.Conv2D(3, 3).Padding(layers.Same).Named("other_name")
	a := shared.Apply(image)
	x := layers.Add().Apply(a, shared.Apply(a))
	x = layers.LeakyReLU(0.1).Apply(layers.BatchNormalization().Named("other_norm").Apply(x))
	x = layers.AveragePooling2D(2).Apply(layers.Concatenate().Apply(x, image))
	x = layers.Dense(6).Named("dense_11").Activation(layers.Relu).Apply(layers.Flatten().Apply(x))
	x = layers.Dense(3).Named("dense_12").Activation(layers.Softmax).Apply(x)
	m := layers.Functional("renamed", layers.Symbols{image}, layers.Symbols{x})
	for _, suffix := range []string{".weights.h5", ".legacy.h5", ".h5", ".keras"} {
		t.Run(suffix, func(t *testing.T) {
			forget(t, m)
			if err := LoadWeights(m, filepath.Join(dir, "keras2"+suffix)); err != nil {
				t.Fatal(err)
			}
			checkPrediction(t, m, predictions["keras2"])
		})
	}
}
