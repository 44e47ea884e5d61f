// Package internal is the ground floor, on which the kernel and the libraries
// stand. Each package below it knows one thing of the operating system or of
// this repository that both sides need.
package internal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gocifar/gocifar/"

// side returns on which side of the house a package of ours stands, or "" for
// one that may import both, as the notebooks do.
func side(path string) string {
	top, _, _ := strings.Cut(strings.TrimPrefix(path, module), "/")
	switch {
	case !strings.HasPrefix(path, module):
		return ""
	case top == "layers", top == "cifar", top == "transfer":
		return "libraries"
	case top == "kernel", top == "internal":
		return top
	}
	return ""
}

// rooms are the rooms of the house with what each may import, beside what is
// below itself and below internal. A package belongs to the longest name that
// begins its path; those that no row names may import what they like. Arrows
// point down: what a row lists stands above it in the table.
var rooms = []struct {
	name string
	may  []string
}{
	{"kernel/nbformat", nil}, // knows no kernel
	{"kernel/jupyter", nil},  // knows no notebook
	{"kernel/internal/gocell", nil},
	{"kernel/internal/kernels", nil},
	{"kernel/internal/markup", nil},
	{"kernel/internal/seal", nil},
	{"kernel/internal/commwire", nil},
	{"kernel/internal/coverprofile", nil},
	{"kernel/widgets", []string{"kernel/comm"}},
	{"kernel/comm", []string{"kernel/internal/commwire"}}, // is in the process of cells
	{"kernel/internal/engine/host", nil},                  // is in the process of cells
	{"kernel/internal/engine/library", []string{"kernel/internal/seal", "kernel/internal/engine/host"}},
	{"kernel/internal/engine/enginetest", []string{"kernel/internal/kernels", "kernel/internal/engine/library"}},
	{"kernel/internal/engine/session", []string{"kernel/internal/gocell", "kernel/internal/engine/library"}},
	{"kernel/internal/engine", []string{"kernel/internal/gocell", "kernel/internal/commwire"}}, // knows no Jupyter
	{"kernel/execute", []string{"kernel/nbformat", "kernel/jupyter", "kernel/internal/gocell", "kernel/internal/kernels",
		"kernel/internal/markup"}},
	{"kernel/internal/command", []string{"kernel/execute", "kernel/jupyter/gateway"}},
	{"kernel/internal/setup", []string{"kernel/jupyter", "kernel/internal/kernels", "kernel/internal/seal",
		"kernel/internal/engine/library", "kernel/internal/command"}},
	{"kernel/internal/live", []string{"kernel/nbformat", "kernel/jupyter", "kernel/execute", "kernel/internal/gocell",
		"kernel/internal/kernels", "kernel/internal/markup", "kernel/internal/commwire",
		"kernel/internal/engine", "kernel/internal/command", "kernel/internal/setup"}},

	{"layers/display", nil},
	{"layers/history", []string{"layers/display"}},
	{"layers/internal/xla", []string{"layers/xlaplugin"}},
	{"layers/internal/engine", []string{"layers/internal/xla", "layers/xlaplugin"}}, // knows no layers
	{"layers", nil},
	{"transfer", []string{"layers"}},
	{"cifar", []string{"layers"}},
}

// TestRooms holds that arrows between rooms point down. Tests may look around.
func TestRooms(t *testing.T) {
	below := func(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }
	used := map[string]bool{}
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		room, may := "", []string(nil)
		for _, r := range rooms {
			if below(from, r.name) && len(r.name) > len(room) {
				room, may = r.name, r.may
			}
		}
		if room == "" {
			continue
		}
		used[room] = true
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module)
			allowed := func(other string) bool { return below(to, other) }
			if ours && !below(to, room) && !below(to, "internal") && !slices.ContainsFunc(may, allowed) {
				t.Errorf("%s imports %s, which its room %s may not: %q", from, to, room, may)
			}
		}
	}
	for _, r := range rooms {
		if !used[r.name] {
			t.Errorf("no package is in the room %s any more", r.name)
		}
	}
}

// TestSides holds that the kernel and the libraries never import each other,
// tests included, and that nothing below internal imports either.
func TestSides(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		from := side(p.ImportPath)
		seen[from] = true
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if to := side(path); from != "" && to != "" && to != from && to != "internal" {
				t.Errorf("%s imports %s: what both sides need belongs into internal/", p.ImportPath, path)
			}
		}
	}
	if !seen["kernel"] || !seen["libraries"] || !seen["internal"] {
		t.Errorf("go list found packages of the sides %v only", seen)
	}
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// packages lists those of this module.
func packages(t *testing.T) (list []listed) {
	t.Helper()
	const fields = "-json=ImportPath,Imports,TestImports,XTestImports"
	out, err := exec.CommandContext(t.Context(), "go", "list", fields, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}
