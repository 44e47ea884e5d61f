package nbformat

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes the document under path so that the name always holds a whole file: a new file beside it is written,
// synced and renamed over the old one. An existing file keeps its permissions; a symbolic link stays and its target is
// replaced. On an error (a full disk, say) the old file is untouched and nothing is left beside it.
func (nb *Notebook) WriteFile(path string) error {
	return WriteFile(path, nb.Encode())
}

// WriteFile replaces a file's content as [Notebook.WriteFile] does.
func WriteFile(path string, data []byte) (err error) {
	if target, e := filepath.EvalSymlinks(path); e == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if info, e := os.Stat(path); e == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
			err = fmt.Errorf("saving %s: %w", path, err)
		}
	}()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := tmp.Chmod(mode); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
