package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// magicGoWorkFix makes go.mod replace the modules that go.work uses, which
// `go get` would otherwise look for elsewhere.
func (r *run) magicGoWorkFix(args []string) error {
	if len(args) > 0 {
		return magicErrorf("%%goworkfix wants nothing, got %q", args)
	}
	r.autoTrack()
	if err := r.replaceUsed(); err != nil {
		return magicErrorf("%%goworkfix: %v", err)
	}
	return nil
}

func (r *run) replaceUsed() error {
	workText, err := os.ReadFile(filepath.Join(r.dir, "go.work"))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no go.work in the notebook's folder, so nothing to do; " +
			"`!*go work init && go work use . FOLDER` makes one")
	}
	if err != nil {
		return err
	}
	work, err := modfile.ParseWork("go.work", workText, nil)
	if err != nil {
		return err
	}
	modPath := filepath.Join(r.dir, "go.mod")
	modText, err := os.ReadFile(modPath)
	if err != nil {
		return err
	}
	mod, err := modfile.Parse("go.mod", modText, nil)
	if err != nil {
		return err
	}
	for _, use := range work.Use {
		if filepath.Clean(use.Path) == "." {
			continue
		}
		if err := r.replaceModule(mod, use.Path); err != nil {
			return err
		}
	}
	text, err := mod.Format()
	if err != nil {
		return err
	}
	return os.WriteFile(modPath, text, 0o644)
}

// replaceModule adds the module in a folder to the replacements of go.mod.
func (r *run) replaceModule(mod *modfile.File, path string) error {
	dir := path
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.dir, dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		r.stderr("\t- WARNING: %q, which go.work uses, has no go.mod\n", path)
		return nil
	}
	if err != nil {
		return err
	}
	name := modfile.ModulePath(data)
	if name == "" {
		return fmt.Errorf("%s names no module", filepath.Join(path, "go.mod"))
	}
	for _, rule := range mod.Replace {
		switch {
		case rule.Old.Path != name:
			continue
		case rule.New.Path == path:
			r.stdout("\t- Replace rule for module %q to local directory %q already exists.\n", name, path)
			return nil
		}
		r.stderr("\t- WARNING: replace rule for module %q mapping to %q, updated to `go.work` location %q\n",
			name, rule.New.Path, path)
		if err := mod.DropReplace(rule.Old.Path, rule.Old.Version); err != nil {
			return err
		}
		return mod.AddReplace(name, "", path, "")
	}
	r.stdout("\t- Added replace rule for module %q to local directory %q.\n", name, path)
	return mod.AddReplace(name, "", path, "")
}
