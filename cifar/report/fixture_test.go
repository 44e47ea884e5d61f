package report

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/cifar/standin"
	"github.com/gocifar/gocifar/layers"
)

// ten are names of ten classes.
var ten = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// drawn returns training and test pictures of ten classes.
func drawn(train, test int) (*layers.Examples, *layers.Examples) {
	return standin.Draw(10, train, 0), standin.Draw(10, test, train)
}

// keep writes a picture to the folder GOCIFAR_PICTURES, if set, for a person
// to look at, and returns its size.
func keep(t *testing.T, name string, data []byte) (width, height int) {
	t.Helper()
	if folder := os.Getenv("GOCIFAR_PICTURES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return config.Width, config.Height
}
