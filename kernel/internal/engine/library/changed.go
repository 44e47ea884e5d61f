package library

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Changed lists packages of the checkout whose source has changed since the
// library was made.
func (l *Library) Changed() []string {
	info, err := os.Stat(filepath.Join(l.Dir, description))
	if err != nil {
		return nil
	}
	made := info.ModTime()
	var changed []string
	for path, p := range l.Packages {
		if l.Root == "" || p.Standard || !strings.HasPrefix(p.Dir, l.Root+string(filepath.Separator)) {
			continue
		}
		entries, err := os.ReadDir(p.Dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			if f, err := e.Info(); err == nil && f.ModTime().After(made) {
				changed = append(changed, path)
				break
			}
		}
	}
	slices.Sort(changed)
	return changed
}
