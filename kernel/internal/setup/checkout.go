package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// ModulePath is the import path of the module whose checkout cells import from.
const ModulePath = "github.com/gocifar/gocifar"

// checkout is a source tree of this module.
type checkout struct {
	root     string // absolute, without symbolic links
	goMod    []byte // its go.mod
	language string // least Go version, as go.mod's go line says: "1.26.5"
}

// findCheckout reads the checkout at root, or the one around the working
// directory if root is empty.
func findCheckout(root string) (checkout, error) {
	start := root
	if start == "" {
		var err error
		if start, err = os.Getwd(); err != nil {
			return checkout{}, fmt.Errorf("cannot tell the working directory: %w", err)
		}
	}
	start, err := filepath.Abs(start)
	if err != nil {
		return checkout{}, fmt.Errorf("cannot resolve %s: %w", start, err)
	}
	// GoNB writes the path into go.work files far away, so no symbolic link
	// that may change later, and one cache key however the tree was entered.
	if resolved, err := filepath.EvalSymlinks(start); err == nil {
		start = resolved
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		c, err := readCheckout(dir)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errOtherModule) {
			return checkout{}, err
		}
		if root != "" || dir == filepath.Dir(dir) {
			return checkout{}, fmt.Errorf("%s is %w: change into one (git clone https://%s) and run the command again",
				start, errNoCheckout, ModulePath)
		}
	}
}

var errOtherModule = errors.New("another module")

// readCheckout reads the module file of the checkout whose root is dir.
func readCheckout(dir string) (checkout, error) {
	c := checkout{root: dir}
	path := filepath.Join(dir, "go.mod")
	var err error
	if c.goMod, err = os.ReadFile(path); err != nil {
		return checkout{}, err
	}
	file, err := modfile.ParseLax(path, c.goMod, nil)
	if err != nil {
		return checkout{}, fmt.Errorf("cannot read the module file: %w", err)
	}
	if file.Module == nil || file.Module.Mod.Path != ModulePath {
		return checkout{}, errOtherModule
	}
	if file.Go != nil {
		c.language = file.Go.Version
	}
	return c, nil
}
