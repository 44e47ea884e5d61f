package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// magicGoWorkFix makes go.mod replace the modules that go.work uses, which `go get`
// would otherwise look for elsewhere.
func (k *Kernel) magicGoWorkFix(args []string) error {
	if len(args) > 0 {
		return wrong("%%goworkfix wants nothing, got %q", args)
	}
	k.autoTrack()
	workText, err := os.ReadFile(filepath.Join(k.dir, "go.work"))
	if errors.Is(err, fs.ErrNotExist) {
		return wrong("%%goworkfix: there is no go.work in the notebook's folder, so nothing to do; " +
			"`!*go work init && go work use . FOLDER` makes one")
	}
	if err != nil {
		return wrong("%%goworkfix: %v", err)
	}
	work, err := modfile.ParseWork("go.work", workText, nil)
	if err != nil {
		return wrong("%%goworkfix: %v", err)
	}
	modPath := filepath.Join(k.dir, "go.mod")
	modText, err := os.ReadFile(modPath)
	if err != nil {
		return wrong("%%goworkfix: %v", err)
	}
	mod, err := modfile.Parse("go.mod", modText, nil)
	if err != nil {
		return wrong("%%goworkfix: %v", err)
	}
	for _, use := range work.Use {
		if filepath.Clean(use.Path) == "." {
			continue
		}
		if err := k.replaceModule(mod, use.Path); err != nil {
			return wrong("%%goworkfix: %v", err)
		}
	}
	text, err := mod.Format()
	if err == nil {
		err = os.WriteFile(modPath, text, 0o644)
	}
	if err != nil {
		return wrong("%%goworkfix: %v", err)
	}
	return nil
}

// replaceModule adds the module in a folder to the replacements of go.mod.
func (k *Kernel) replaceModule(mod *modfile.File, path string) error {
	dir := path
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(k.dir, dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		k.stderr("\t- WARNING: %q, which go.work uses, has no go.mod\n", path)
		return nil
	}
	if err != nil {
		return err
	}
	name := modfile.ModulePath(data)
	if name == "" {
		return fmt.Errorf("%s names no module", filepath.Join(path, "go.mod"))
	}
	for _, r := range mod.Replace {
		switch {
		case r.Old.Path != name:
			continue
		case r.New.Path == path:
			k.stdout("\t- Replace rule for module %q to local directory %q already exists.\n", name, path)
			return nil
		}
		k.stderr("\t- WARNING: replace rule for module %q mapping to %q, updated to `go.work` location %q\n",
			name, r.New.Path, path)
		if err := mod.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return err
		}
		return mod.AddReplace(name, "", path, "")
	}
	k.stdout("\t- Added replace rule for module %q to local directory %q.\n", name, path)
	return mod.AddReplace(name, "", path, "")
}
