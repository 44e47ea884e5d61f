// Package corpus turns programs into notebooks and compares what the two show.
//
// The programs are those that test the Go distribution itself: nobody wrote
// them with notebooks in mind. Each becomes three notebooks (see [Form]), whose
// output and success have to be those of the compiled program.
package corpus

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// List returns the paths, relative to folder and sorted, of the Go programs
// under it that consist of one file and run without arguments: their first line
// is "// run". Programs in a folder fixedbugs are left out unless fixedbugs is
// set, and so are those with code in C.
func List(folder string, fixedbugs bool) ([]string, error) {
	var list []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "fixedbugs" && !fixedbugs:
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(text, []byte("// run\n")) || bytes.Contains(text, []byte("import \"C\"")) {
			return nil
		}
		name, err := filepath.Rel(folder, path)
		list = append(list, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the programs: %w", err)
	}
	slices.Sort(list)
	return list, nil
}

// Outcome is what a program or a notebook did.
type Outcome struct {
	Stdout, Stderr string
	// Failure says how it failed; empty is success.
	Failure string
}

// Difference tells in one line where got is not what a program did; it is empty
// if the two are equal. Success is compared, not the words about a failure: a
// program's exit status and a cell's error have none in common.
func (want Outcome) Difference(got Outcome) string {
	switch {
	case (got.Failure == "") != (want.Failure == ""):
		if got.Failure == "" {
			return "succeeds, the program does not: " + firstLine(want.Failure)
		}
		return firstLine(got.Failure)
	case got.Stdout != want.Stdout:
		return "stdout: " + differingLine(got.Stdout, want.Stdout)
	case got.Stderr != want.Stderr:
		return "stderr: " + differingLine(got.Stderr, want.Stderr)
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return shorten(line)
}

// differingLine quotes the first line that is not the same.
func differingLine(got, want string) string {
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := 0; ; i++ {
		a, b := at(g, i), at(w, i)
		if a != b {
			return fmt.Sprintf("line %d is %q, not %q", i+1, shorten(a), shorten(b))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// shorten keeps a line short enough for a table.
func shorten(line string) string {
	const most = 200
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}
