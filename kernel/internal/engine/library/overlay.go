package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// The library is built from source, Go's standard library included, so parts of
// that can be other than usual. What ends a process asks the host of the cells
// first, which ends the cell instead. And the runtime gets along with thousands
// of modules (overlay_modules.go), and remembers the types of those that it
// has: otherwise it goes through all those of the library for each cell.

// feature is what several changes are for.
type feature struct {
	// without says what is not to be had where a change has no place.
	without string
	changes []change
}

// change is an insertion into a file of the standard library.
type change struct {
	file   string // below GOROOT/src
	at     string // the text that the insertion stands in front of, once in the file
	insert string
	// replaces puts the insertion in the place of the text.
	replaces bool
	// declare goes to the file's end. The host sets what it declares.
	declare string
}

var features = []feature{
	{"os.Exit in a cell ends the process of live cells", []change{{
		file:    "os/proc.go",
		at:      "\t// Inform the runtime that os.Exit is being called.",
		insert:  "\tif hook := liveExit; hook != nil {\n\t\thook(code)\n\t}\n\n",
		declare: "var liveExit func(code int)\n",
	}}},
	{"panics of goroutines end the process of live cells", []change{{
		// Here all deferred calls have been made, and none has recovered.
		file:    "runtime/panic.go",
		at:      "\tpreprintpanics(&p)\n\n\tfatalpanic(&p)",
		insert:  "\tif hook := livePanic; hook != nil {\n\t\thook(e)\n\t}\n\n",
		declare: "var livePanic func(value any)\n",
	}}},
	{"cells cannot ask for input by reading os.Stdin", []change{{
		file:    "os/file.go",
		at:      "\tn, e := f.read(b)\n\treturn n, f.wrapErr(\"read\", e)",
		insert:  "\tif hook := liveInput; hook != nil && f == Stdin {\n\t\thook()\n\t}\n",
		declare: "var liveInput func()\n",
	}}},
	{"what handlers of comms print is taken for the cell's that runs", []change{{
		file:    "os/file.go",
		at:      "\tn, e := f.write(b)\n\tif n < 0 {",
		insert:  "\tif hook := liveOutput; hook != nil && hook(f, b) {\n\t\treturn len(b), nil\n\t}\n",
		declare: "var liveOutput func(f *File, b []byte) bool\n",
	}}},
	{"cells cannot import packages of modules", []change{{
		// Layers are no plugins: nothing but this initializes them.
		file:    "runtime/plugin.go",
		at:      "\tif md.pluginpath == \"\" {\n\t\tthrow(\"runtime: plugin has empty pluginpath\")",
		insert:  "\tif md.pluginpath == \"\" && md.typemap == nil {\n\t\treturn liveLayerInit(md)\n\t}\n",
		declare: layerInit,
	}}},
	{"edited packages need a new process", []change{{
		// Packages that were edited are others than at first. Cells are compiled
		// against what the process has; nothing but the kernel loads any.
		file:   "runtime/plugin.go",
		at:     "\t\tif pkghash.linktimehash != *pkghash.runtimehash {",
		insert: "\t\tif true {\n\t\t\tbreak\n\t\t}\n",
	}}},
	{"each cell takes longer to load", []change{{
		file:    "runtime/type.go",
		at:      "\ttypehash := make(map[uint32][]*_type, len(firstmoduledata.typelinks))\n",
		insert:  "\tliveTypelinksinit()\n\tif true {\n\t\treturn\n\t}\n",
		declare: typelinks,
	}}},
	manyModules,
}

// layerInit does for a shared library what plugin_lastmoduleinit does for a
// plugin.
const layerInit = `
func liveLayerInit(md *moduledata) (path string, syms map[string]any, initTasks []*initTask, errstr string) {
	modulesinit()
	typelinksinit()
	pluginftabverify(md)
	moduledataverify1(md)
	lock(&itabLock)
	for _, i := range md.itablinks {
		itabAdd(i)
	}
	unlock(&itabLock)
	return "", nil, md.inittasks, ""
}
`

// typelinks is the runtime's typelinksinit, but for modules that are new.
const typelinks = `
var (
	liveTypes   map[uint32][]*_type // of the first liveModules modules, by hash
	liveModules int
)

func liveTypelinksinit() {
	if liveTypes == nil {
		liveTypes = make(map[uint32][]*_type)
	}
	modules := activeModules()
	for ; liveModules < len(modules); liveModules++ {
		md := modules[liveModules]
		if liveModules > 0 && md.typemap == nil {
			tm := make(map[typeOff]*_type, len(md.typelinks))
			pinnedTypemaps = append(pinnedTypemaps, tm)
			md.typemap = tm
			for _, tl := range md.typelinks {
				t := (*_type)(unsafe.Pointer(md.types + uintptr(tl)))
				for _, candidate := range liveTypes[t.Hash] {
					seen := map[_typePair]struct{}{}
					if typesEqual(t, candidate, seen) {
						t = candidate
						break
					}
				}
				md.typemap[typeOff(tl)] = t
			}
		}
	collect:
		for _, tl := range md.typelinks {
			t := (*_type)(unsafe.Pointer(md.types + uintptr(tl)))
			if md.typemap != nil {
				t = md.typemap[typeOff(tl)]
			}
			for _, known := range liveTypes[t.Hash] {
				if known == t {
					continue collect
				}
			}
			liveTypes[t.Hash] = append(liveTypes[t.Hash], t)
		}
	}
}
`

// overlayDir holds the changed files in the library's folder.
const overlayDir = "overlay"

// makeOverlay writes the changed files. What a standard library has no place for
// that differs from the one known here is left out, whole features at a time:
// their changes use each other.
func (l *Library) makeOverlay(goroot string, say func(format string, args ...any)) error {
	texts := map[string]string{} // by file
	for _, f := range features {
		changed, err := f.apply(goroot, texts)
		if err != nil {
			say("%v: %s", err, f.without)
			continue
		}
		maps.Copy(texts, changed)
	}
	dir := filepath.Join(l.Dir, overlayDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	l.Modified = map[string]string{}
	for file, text := range texts {
		name := strings.ReplaceAll(file, "/", "_")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
		l.Modified[filepath.Join(goroot, "src", filepath.FromSlash(file))] = name
	}
	return nil
}

// apply makes the changes in texts, or else in files as they are, and returns
// the texts of those that change.
func (f feature) apply(goroot string, texts map[string]string) (map[string]string, error) {
	changed := map[string]string{}
	for _, c := range f.changes {
		text, ok := changed[c.file]
		if !ok {
			text, ok = texts[c.file]
		}
		if !ok {
			data, err := os.ReadFile(filepath.Join(goroot, "src", filepath.FromSlash(c.file)))
			if err != nil {
				return nil, err
			}
			text = string(data)
		}
		var err error
		if changed[c.file], err = c.apply(text); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// overlay writes a list of the changed files, and of others that are not there,
// for the go command into a temporary folder. What the go command compiles does
// not depend on where the files are.
func (l *Library) overlay(others map[string]string) (file string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "overlay")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	replace := map[string]string{}
	for original, name := range l.Modified {
		replace[original] = filepath.Join(l.Dir, overlayDir, name)
	}
	for path, text := range others {
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		err = errors.Join(err, os.WriteFile(replace[path], []byte(text), 0o600))
	}
	file = filepath.Join(dir, "overlay.json")
	data, failed := json.Marshal(map[string]any{"Replace": replace})
	if err = errors.Join(err, failed); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return file, remove, nil
}

func (c change) apply(text string) (string, error) {
	before, after, ok := strings.Cut(text, c.at)
	if !ok || strings.Contains(after, c.at) {
		return "", fmt.Errorf("the file %s of Go's has no place for our change", c.file)
	}
	if !c.replaces {
		after = c.at + after
	}
	return before + c.insert + after + "\n" + c.declare, nil
}
