package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The library is built from source, Go's standard library included, so parts of
// that can be other than usual. What ends a process asks the host of the cells
// first, which ends the cell instead. And the runtime remembers the types of
// modules: otherwise it goes through all those of the library for each cell.

// change is an insertion into a file of the standard library.
type change struct {
	file   string // below GOROOT/src
	before string // the text that the insertion stands in front of, once in the file
	insert string
	// declare goes to the file's end. The host sets what it declares.
	declare string
}

var changes = []change{
	{
		file:    "os/proc.go",
		before:  "\t// Inform the runtime that os.Exit is being called.",
		insert:  "\tif hook := liveExit; hook != nil {\n\t\thook(code)\n\t}\n\n",
		declare: "var liveExit func(code int)\n",
	},
	{
		// Here all deferred calls have been made, and none has recovered.
		file:    "runtime/panic.go",
		before:  "\tpreprintpanics(&p)\n\n\tfatalpanic(&p)",
		insert:  "\tif hook := livePanic; hook != nil {\n\t\thook(e)\n\t}\n\n",
		declare: "var livePanic func(value any)\n",
	},
	{
		file:    "os/file.go",
		before:  "\tn, e := f.read(b)\n\treturn n, f.wrapErr(\"read\", e)",
		insert:  "\tif hook := liveInput; hook != nil && f == Stdin {\n\t\thook()\n\t}\n",
		declare: "var liveInput func()\n",
	},
	{
		file:    "os/file.go",
		before:  "\tn, e := f.write(b)\n\tif n < 0 {",
		insert:  "\tif hook := liveOutput; hook != nil && hook(f, b) {\n\t\treturn len(b), nil\n\t}\n",
		declare: "var liveOutput func(f *File, b []byte) bool\n",
	},
	{
		// Layers are no plugins: nothing but this initializes them.
		file:    "runtime/plugin.go",
		before:  "\tif md.pluginpath == \"\" {\n\t\tthrow(\"runtime: plugin has empty pluginpath\")",
		insert:  "\tif md.pluginpath == \"\" && md.typemap == nil {\n\t\treturn liveLayerInit(md)\n\t}\n",
		declare: layerInit,
	},
	{
		// Packages that were edited are others than at first. Cells are compiled
		// against what the process has; nothing but the kernel loads any.
		file:   "runtime/plugin.go",
		before: "\t\tif pkghash.linktimehash != *pkghash.runtimehash {",
		insert: "\t\tif true {\n\t\t\tbreak\n\t\t}\n",
	},
	{
		file:    "runtime/type.go",
		before:  "\ttypehash := make(map[uint32][]*_type, len(firstmoduledata.typelinks))\n",
		insert:  "\tliveTypelinksinit()\n\tif true {\n\t\treturn\n\t}\n",
		declare: typelinks,
	},
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

// makeOverlay writes the changed files. A standard library that differs from
// what is known here stays as it is there, and what would have ended the cell
// ends the process of the cells.
func (l *Library) makeOverlay(goroot string, say func(format string, args ...any)) error {
	dir := filepath.Join(l.Dir, overlayDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	l.Modified = map[string]string{}
	for _, c := range changes {
		original := filepath.Join(goroot, "src", filepath.FromSlash(c.file))
		from := original
		if name := l.Modified[original]; name != "" {
			from = filepath.Join(dir, name)
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		changed, err := c.apply(string(text))
		if err != nil {
			say("%v: exits and panics may end the process of live cells", err)
			continue
		}
		name := strings.ReplaceAll(c.file, "/", "_")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(changed), 0o644); err != nil {
			return err
		}
		l.Modified[original] = name
	}
	return nil
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
	at := strings.Index(text, c.before)
	if at < 0 || strings.Contains(text[at+len(c.before):], c.before) {
		return "", fmt.Errorf("the file %s of Go's has no place for our change", c.file)
	}
	return text[:at] + c.insert + text[at:] + "\n" + c.declare, nil
}
