package engine

import (
	"errors"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// tracking is the list of %track: files and folders with Go code that the
// notebook is about. The language server sees all files itself; the kernel says
// when one of these has changed since the process took it in.
type tracking struct {
	paths map[string]*trackedPath // by the name that was given
	// mod and work are go.mod and go.work as they were when they were last
	// looked through for folders.
	mod, work string
	changed   []string // that the user has been told of
}

type trackedPath struct {
	resolved string
	files    map[string]string // as they were taken in, see trackedFiles
}

func (r *run) magicTrack(args []string) error {
	r.autoTrack()
	if len(args) == 0 {
		r.showTracked()
		return nil
	}
	for _, path := range args {
		if err := r.tracked.add(path, r.path(path)); err != nil {
			r.stderr("%v\n", err)
			continue
		}
		r.stdout("\tTracking %q\n", path)
	}
	return nil
}

func (r *run) magicUntrack(args []string) error {
	r.autoTrack()
	if len(args) != 1 {
		return magicErrorf("%%untrack wants one file or folder, or the beginning of some and \"...\", "+
			"got %d words; %%track lists them", len(args))
	}
	if err := r.tracked.remove(args[0]); err != nil {
		r.stderr("%v\n", err)
		return nil
	}
	r.stdout("\tUntracked %q\n", args[0])
	return nil
}

// add tracks a path, which was called name.
func (t *tracking) add(name, path string) error {
	if t.paths[name] != nil {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("path %q cannot be tracked because it does not exist", name)
	}
	if err != nil {
		return fmt.Errorf("failed to track %q for changes: %w", name, err)
	}
	if t.paths == nil {
		t.paths = map[string]*trackedPath{}
	}
	t.paths[name] = &trackedPath{resolved: resolved, files: trackedFiles(resolved)}
	return nil
}

// remove takes a path from the list, or all that begin with what stands before
// "...".
func (t *tracking) remove(name string) error {
	prefix, all := strings.CutSuffix(name, "...")
	if !all && t.paths[name] == nil {
		return fmt.Errorf("file or directory %q is not tracked, cannot untrack", name)
	}
	maps.DeleteFunc(t.paths, func(other string, p *trackedPath) bool {
		return other == name || all && (strings.HasPrefix(other, prefix) || strings.HasPrefix(p.resolved, prefix))
	})
	return nil
}

func (e *Engine) showTracked() {
	paths := slices.Sorted(maps.Keys(e.tracked.paths))
	if len(paths) == 0 {
		e.show("text/html", "<b>No files or directory being tracked yet</b>\n", "No files or directory being tracked yet")
		return
	}
	text := "List of files/directories being tracked:"
	list := "<b>" + text + "</b>\n<ul>\n"
	for _, path := range paths {
		list += "<li>" + html.EscapeString(path) + "</li>\n"
		text += "\n  " + path
	}
	e.show("text/html", list+"</ul>\n", text)
}

// autoTrack adds the folders that go.mod and go.work of the notebook point to,
// when these files have changed. The checkout that the kernel belongs to is
// looked after in any case.
func (e *Engine) autoTrack() {
	read := func(name string) string {
		data, _ := os.ReadFile(filepath.Join(e.dir, name)) // there need not be one
		return string(data)
	}
	var found []string
	if text := read("go.mod"); text != e.tracked.mod {
		e.tracked.mod = text
		if file, err := modfile.ParseLax("go.mod", []byte(text), nil); err == nil {
			for _, r := range file.Replace {
				found = append(found, r.New.Path)
			}
		}
	}
	if text := read("go.work"); text != e.tracked.work {
		e.tracked.work = text
		if file, err := modfile.ParseWork("go.work", []byte(text), nil); err == nil {
			for _, u := range file.Use {
				found = append(found, u.Path)
			}
		}
	}
	for _, path := range found {
		if filepath.IsAbs(path) && path != e.options.Module.Dir {
			_ = e.tracked.add(path, path) // a folder that is not there is the go command's to complain of
		}
	}
}

// noticeTracked says which tracked files have changed since packages that are
// not in the library were loaded, once for each change. What belongs to loaded
// packages themselves is for takeEdits.
func (e *Engine) noticeTracked() {
	e.autoTrack()
	var changed []string
	for name, p := range e.tracked.paths {
		now := trackedFiles(p.resolved)
		if len(e.extra) == 0 {
			p.files = now
			continue
		}
		for _, path := range slices.Concat(slices.Collect(maps.Keys(now)), slices.Collect(maps.Keys(p.files))) {
			if now[path] != p.files[path] && !e.compiler.Watches(filepath.Dir(path)) {
				changed = append(changed, filepath.Join(name, strings.TrimPrefix(path, p.resolved)))
			}
		}
	}
	slices.Sort(changed)
	changed = slices.Compact(changed)
	if slices.Equal(changed, e.tracked.changed) {
		return
	}
	e.tracked.changed = changed
	if len(changed) > 0 {
		e.stderr("note: %s changed on disk; this session goes on with what it has loaded. "+
			"`%%reload` takes it in, and ends the process\n", strings.Join(changed, ", "))
	}
}

// trackedFiles are the files of Go's below a path, or the path itself, with
// what tells one state of a file from another.
func trackedFiles(root string) map[string]string {
	files := map[string]string{}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // what cannot be read cannot be compiled either
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !tracksFile(path):
			return nil
		}
		if info, err := d.Info(); err == nil {
			files[path] = fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size())
		}
		return nil
	})
	return files
}

// tracksFile tells what GoNB tracks in a folder.
func tracksFile(path string) bool {
	switch base := filepath.Base(path); base {
	case "go.mod", "go.sum", "go.work":
		return true
	default:
		return strings.HasSuffix(base, ".go") && !strings.HasSuffix(base, "_test.go")
	}
}
