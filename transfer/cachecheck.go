package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/layers/getfile"
	"github.com/gocifar/gocifar/transfer/rowfile"
)

// CachedFile is one file that transfer keeps on this machine.
type CachedFile struct {
	Part   string // "weights" or "features"
	Path   string
	What   string
	Damage error // what is wrong with it, nil if nothing is
}

// CheckCache reads the published weights, in Keras' folder and in the cache,
// and compares them with Keras' hashes; and all features, which it compares
// with the check sums in them. Nothing is changed.
func CheckCache(ctx context.Context) ([]CachedFile, error) {
	folders, err := modelFolders()
	if err != nil {
		return nil, err
	}
	var all []CachedFile
	for _, n := range architectures {
		for _, official := range n.files() {
			for _, folder := range folders {
				file := CachedFile{Part: "weights", Path: filepath.Join(folder, official.name), What: n.title}
				got, err := getfile.Hash(ctx, file.Path, official.hash)
				switch {
				case ctx.Err() != nil:
					return nil, ctx.Err()
				case errors.Is(err, os.ErrNotExist):
					continue
				case err != nil:
					file.Damage = err
				case official.hash == "":
					file.What += ", of which Keras publishes no checksum"
				case got != official.hash:
					file.Damage = fmt.Errorf("its hash is %s, Keras publishes %s", got, official.hash)
				}
				all = append(all, file)
			}
		}
	}
	root, err := cachedir.Root()
	if err != nil {
		return nil, err
	}
	features, _ := filepath.Glob(filepath.Join(root, "features", "*.rows"))
	for _, path := range features {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		spec, err := rowfile.Check(path)
		all = append(all, CachedFile{Part: "features", Path: path, What: spec.About, Damage: err})
	}
	return all, nil
}
