// Package internal is the ground floor, on which the kernel and the libraries
// stand. Each package below it knows one thing of the operating system or of
// this repository that both sides need.
package internal

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
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

// TestSides holds that the kernel and the libraries never import each other,
// tests included, and that nothing below internal imports either.
func TestSides(t *testing.T) {
	const fields = "-json=ImportPath,Imports,TestImports,XTestImports"
	list := exec.CommandContext(t.Context(), "go", "list", fields, module+"...")
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(out); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := side(p.ImportPath)
		seen[from] = true
		for _, imports := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
			for _, path := range imports {
				if to := side(path); from != "" && to != "" && to != from && to != "internal" {
					t.Errorf("%s imports %s: what both sides need belongs into internal/", p.ImportPath, path)
				}
			}
		}
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	if !seen["kernel"] || !seen["libraries"] || !seen["internal"] {
		t.Errorf("go list found packages of the sides %v only", seen)
	}
}
