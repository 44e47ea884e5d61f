package library

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// source is what tells whether the source of a package has been edited: sizes
// and times of the files in its folder, by name.
type source map[string]fileState

type fileState struct {
	Size int64
	Time time.Time
}

// equal tells whether nothing has been edited.
func (s source) equal(other source) bool {
	return s != nil && maps.EqualFunc(s, other, func(a, b fileState) bool {
		return a.Size == b.Size && a.Time.Equal(b.Time)
	})
}

// before is the source, or nil if some of it is not older than a time: then
// nobody knows which state has been read since.
func (s source) before(t time.Time) source {
	for _, f := range s {
		if !f.Time.Before(t) {
			return nil
		}
	}
	return s
}

// readSource looks at the files in a package's folder. A folder that cannot be
// read has none.
func readSource(dir string) source {
	s := source{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "_test.go") || e.IsDir() {
			continue
		}
		if info, err := e.Info(); err == nil {
			s[e.Name()] = fileState{info.Size(), info.ModTime()}
		}
	}
	return s
}

// watched is a package that the user may edit, as the session's process has it.
type watched struct {
	dir    string
	source source // nil if it was edited while it was read
	text   texts
}

// Changed lists packages of the user's modules that have been edited since the
// session took them.
func (b *Compiler) Changed() []string {
	var changed []string
	for path, w := range b.watched {
		if !w.source.equal(readSource(w.dir)) {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	return changed
}

// Watches tells whether a folder is that of a package whose edits the session
// takes.
func (b *Compiler) Watches(dir string) bool {
	for _, w := range b.watched {
		if w.dir == dir {
			return true
		}
	}
	return false
}

// remember takes down the source of packages that the user may edit, as it was
// read since a time.
func (b *Compiler) remember(packages []*listed, begin time.Time) {
	for _, p := range packages {
		if !p.own() {
			continue
		}
		w := watched{dir: p.Dir, source: readSource(p.Dir).before(begin)}
		if w.source != nil {
			w.text = readText(p)
		}
		b.watched[p.ImportPath] = w
	}
}
