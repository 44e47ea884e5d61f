package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgram makes a program on the library and on a layer. It must initialize
// what it imports, end with its own status, and need nothing but the folders
// that it says.
func TestProgram(t *testing.T) {
	l := testLibrary.Get(t)
	const source = `package main

import (
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type pair[A, B any] struct { a A; b B }

var kept atomic.Pointer[pair[string, module.Version]]

func main() {
	kept.Store(&pair[string, module.Version]{semver.Canonical("v1.2"), module.Version{Path: os.Args[1]}})
	fmt.Printf("%+v %T\n", *kept.Load(), *kept.Load())
	if err := module.CheckPath(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
`
	program := filepath.Join(t.TempDir(), "program")
	imports := []string{"fmt", "os", "sync/atomic", "golang.org/x/mod/module", "golang.org/x/mod/semver"}
	needs, err := l.Program(t.Context(), testLibrary.Module(), []byte(source), imports, program)
	if err != nil || len(needs) < 2 {
		t.Fatalf("it needs %q, %v", needs, err)
	}
	info, err := os.Stat(program)
	if err != nil || info.Size() > 200_000 {
		t.Errorf("the program has %d bytes, %v", info.Size(), err)
	}
	for argument, want := range map[string]string{
		"example.com/a": "", "example.com/A b": "exit status 3",
	} {
		cmd := exec.CommandContext(t.Context(), program, argument)
		cmd.Dir, cmd.Env = t.TempDir(), []string{}
		out, err := cmd.CombinedOutput()
		status := ""
		if err != nil {
			status = err.Error()
		}
		first := "{a:v1.2.0 b:{Path:" + argument + " Version:}} main.pair[string,golang.org/x/mod/module.Version]\n"
		if !strings.HasPrefix(string(out), first) || status != want || (want == "") != (string(out) == first) {
			t.Errorf("%q: %s, %q", argument, out, status)
		}
	}
	wrong := strings.Replace(source, "os.Exit(3)", "os.Leave(3)", 1)
	if _, err := l.Program(t.Context(), testLibrary.Module(), []byte(wrong), imports, program); err == nil ||
		!strings.Contains(err.Error(), "undefined: os.Leave") {
		t.Errorf("a mistake: %v", err)
	}
}
