package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/layers/getfile"
)

// weightsURL is where Keras Applications publishes its weights.
const weightsURL = "https://storage.googleapis.com/tensorflow/keras-applications/"

// officialFile is one file that Keras publishes.
type officialFile struct {
	name, url string
	hash      string // MD5 or SHA-256 as Keras states it, "" where it states none
}

// networkFile is a file of an architecture.
type networkFile struct {
	officialFile
	title string // of the architecture
	top   bool   // with its classifier
}

// kernels are the files of the architectures of which there is one with and one
// without the classifier, under the oldest form of name.
func kernels(folder, stem, topHash, noTopHash string) func(Config) officialFile {
	return func(c Config) officialFile {
		name, hash := stem+"_weights_tf_dim_ordering_tf_kernels", topHash
		if !c.IncludeTop {
			name, hash = name+"_notop", noTopHash
		}
		name += ".h5"
		return officialFile{name, weightsURL + folder + name, hash}
	}
}

// located is a file on this machine.
type located struct {
	path string
	hash string // of what is there
}

// locate finds the file or downloads it: from the folder GOCIFAR_WEIGHTS
// whatever its hash, from Keras' folder or the cache with the right one.
func (f officialFile) locate(ctx context.Context, report func(getfile.Progress)) (located, error) {
	if at, ok, err := f.chosen(ctx); ok || err != nil {
		return at, err
	}
	folders, err := modelFolders()
	if err != nil {
		return located{}, err
	}
	var foreign []string // files of the right name and the wrong hash
	to := ""             // where to download it
	for _, folder := range folders {
		path := filepath.Join(folder, f.name)
		got, err := getfile.Hash(ctx, path, f.hash)
		switch {
		case err == nil && (got == f.hash || f.hash == ""):
			return located{path, got}, nil
		case err == nil:
			foreign = append(foreign, fmt.Sprintf("%s has the hash %s", getfile.Tilde(path), got))
		case !errors.Is(err, os.ErrNotExist):
			foreign = append(foreign, err.Error())
		case to == "" && cachedir.Writable(folder) == nil:
			to = path
		}
	}
	if to == "" {
		return located{}, fmt.Errorf("no folder to download %s to: cannot write to %s", f.name,
			strings.Join(folders, " nor "))
	}
	err = getfile.Get(ctx, getfile.Request{Path: to, URLs: []string{f.url}, Hash: f.hash, Report: report})
	if err != nil {
		return located{}, f.explain(err, filepath.Dir(to), foreign)
	}
	got, err := getfile.Hash(ctx, to, f.hash)
	return located{to, got}, err
}

// chosen looks into the folder that the user named.
func (f officialFile) chosen(ctx context.Context) (at located, ok bool, err error) {
	folder := os.Getenv("GOCIFAR_WEIGHTS")
	if folder == "" {
		return at, false, nil
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return at, false, fmt.Errorf("GOCIFAR_WEIGHTS=%s is not a folder", folder)
	}
	path := filepath.Join(folder, f.name)
	got, err := getfile.Hash(ctx, path, f.hash)
	if errors.Is(err, os.ErrNotExist) {
		return at, false, nil
	}
	return located{path, got}, err == nil, err
}

// modelFolders lists where published files are looked for, in order, and
// downloaded to.
func modelFolders() ([]string, error) {
	keras, kerasErr := getfile.KerasModels()
	cache, cacheErr := cachedir.Root()
	var folders []string
	if kerasErr == nil {
		folders = append(folders, keras)
	}
	if cacheErr == nil {
		folders = append(folders, filepath.Join(cache, "models"))
	}
	if len(folders) == 0 {
		return nil, errors.Join(kerasErr, cacheErr)
	}
	return folders, nil
}

// explain says in one sentence what to do where the file cannot be had.
func (f officialFile) explain(err error, folder string, foreign []string) error {
	if !errors.Is(err, getfile.ErrUnreachable) {
		return err
	}
	also := ""
	if len(foreign) > 0 {
		also = " (found, but not the published file: " + strings.Join(foreign, ", ") + ")"
	}
	return fmt.Errorf("download %s where there is a network and put it into %s, or into a folder named by "+
		"GOCIFAR_WEIGHTS%s: %w",
		f.url, getfile.Tilde(folder), also, err)
}
