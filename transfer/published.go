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

// published says which files Keras publishes for a network.
type published struct {
	folder, stem     string // of the address and of the file name
	topMD5, noTopMD5 string
}

// officialFile is one file that Keras publishes.
type officialFile struct {
	name, url, md5 string
}

// file returns the file with or without the classifier.
func (p published) file(top bool) officialFile {
	name, md5 := p.stem+"_weights_tf_dim_ordering_tf_kernels", p.topMD5
	if !top {
		name, md5 = name+"_notop", p.noTopMD5
	}
	name += ".h5"
	return officialFile{name, weightsURL + p.folder + name, md5}
}

// located is a file on this machine.
type located struct {
	path string
	md5  string // of what is there
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
		got, err := getfile.Hash(ctx, path, f.md5)
		switch {
		case err == nil && got == f.md5:
			return located{path, got}, nil
		case err == nil:
			foreign = append(foreign, fmt.Sprintf("%s has the MD5 %s", getfile.Tilde(path), got))
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
	err = getfile.Get(ctx, getfile.Request{Path: to, URLs: []string{f.url}, Hash: f.md5, Report: report})
	if err != nil {
		return located{}, f.explain(err, filepath.Dir(to), foreign)
	}
	return located{to, f.md5}, nil
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
	got, err := getfile.Hash(ctx, path, f.md5)
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
