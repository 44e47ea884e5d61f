package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Verify says in a few words what is wrong with the library in dir, or that
// there is none ([seal.ErrAbsent]). It looks at the sizes of its files, and at
// their hashes if deep.
func Verify(dir string, deep bool) error {
	l, err := read(dir)
	if err != nil {
		return err
	}
	return l.verify(deep)
}

// Complete tells whether dir holds a library whose files have the sizes that
// they were made with.
func Complete(dir string) bool { return Verify(dir, false) == nil }

// Seal records what the files of the library in dir are now. Whoever changes
// one after it was built, as for another folder, calls it last.
func Seal(dir string) error {
	l, err := read(dir)
	if err != nil {
		return err
	}
	return l.write()
}

// read reads what library.json says of the library in dir, and looks at nothing
// else.
func read(dir string) (*Library, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	l := &Library{}
	err = seal.ReadJSON(filepath.Join(dir, description), l)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, seal.ErrAbsent
		}
		return nil, fmt.Errorf("%s is missing", description)
	}
	if err != nil {
		return nil, err
	}
	l.Dir = dir
	return l, nil
}

// verify is Verify for a library that has been read.
func (l *Library) verify(deep bool) error {
	if len(l.Files) == 0 { // as earlier versions wrote it
		return fmt.Errorf("%s does not say what the files were when they were made", description)
	}
	return seal.Check(l.Dir, l.Files, deep)
}

// refusal is the sentence for whoever wanted to use the library in dir: what is
// wrong, and what helps.
func refusal(dir string, wrong error) error {
	remedy := "run `go run ./kernel setup` in the checkout, or `kernel setup` if it is installed, " +
		"then start this kernel again"
	if errors.Is(wrong, seal.ErrAbsent) {
		return fmt.Errorf("the library for live cells in %s is %w: %s", dir, wrong, remedy)
	}
	return fmt.Errorf("the library for live cells in %s is damaged (%w): %s", dir, wrong, remedy)
}

// write writes library.json, with a record of all other files in the folder.
func (l *Library) write() (err error) {
	if l.Files, err = seal.Tree(l.Dir, description); err != nil {
		return err
	}
	data, err := json.MarshalIndent(l, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.Dir, description), data, 0o644)
}
