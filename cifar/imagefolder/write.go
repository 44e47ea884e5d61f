package imagefolder

import (
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/cifar/report"
	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
)

// Write writes pictures as PNG files into a folder for each class, as
// Load reads them: folder/cat/00042.png is the picture of index 42. It
// makes what folders it needs and replaces files of the same name.
func Write(folder string, pictures *cifar.Pictures, indices ...int) error {
	for _, index := range indices {
		if index >= len(pictures.Labels) || pictures.Labels[index] < 0 ||
			int(pictures.Labels[index]) >= len(pictures.Classes) {
			return fmt.Errorf("imagefolder: picture %d has no label among the %d classes", index, len(pictures.Classes))
		}
		path := filepath.Join(folder, pictures.Classes[pictures.Labels[index]], fmt.Sprintf("%05d.png", index))
		if err := writePNG(path, pictures.Examples, index); err != nil {
			return fmt.Errorf("imagefolder: writing %s: %w", path, err)
		}
	}
	return nil
}

func writePNG(path string, pictures *layers.Examples, index int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	photo, err := report.Photo(pictures, index)
	if err != nil {
		return err
	}
	return wholefile.Options{Disk: wholefile.Nothing}.Write(path, func(w io.Writer) error {
		return png.Encode(w, photo)
	})
}
