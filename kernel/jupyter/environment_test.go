package jupyter

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestExpand compares with Python's string.Template, by testdata/session.py.
func TestExpand(t *testing.T) {
	data, err := os.ReadFile("testdata/session.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Environment environment
		Templates   [][2]string
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Templates) < 15 {
		t.Fatalf("%d templates", len(golden.Templates))
	}
	for _, pair := range golden.Templates {
		if got := golden.Environment.expand(pair[0]); got != pair[1] {
			t.Errorf("%q became %q, Python makes it %q", pair[0], got, pair[1])
		}
	}
}

func TestKernelEnvironment(t *testing.T) {
	t.Setenv("OUTER", "outer")
	t.Setenv("PYTHONEXECUTABLE", "/other/python")
	spec := &Spec{Language: "Python", Env: map[string]string{
		"A": "spec", "B": "spec ${OUTER} ${CALLER}", "C": "spec", "D": "${A}",
	}}
	env := kernelEnvironment(spec, []string{"A=caller", "CALLER=c", "EMPTY="}, environment{"C": "own"})
	for name, want := range map[string]string{
		"A": "caller", "B": "spec outer c", "C": "own", "D": "caller", "EMPTY": "", "OUTER": "outer",
	} {
		if got, ok := env[name]; !ok || got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
	if _, ok := env["PYTHONEXECUTABLE"]; ok {
		t.Error("PYTHONEXECUTABLE was handed on to a Python kernel")
	}
	if !slices.Contains(env.list(), "B=spec outer c") {
		t.Error("the list lacks B")
	}
}

func TestExecutable(t *testing.T) {
	root := t.TempDir()
	executable := func(parts ...string) string {
		path := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inPath := executable("path", "python3")
	other := executable("path", "other")
	inPrefix := executable("venv", "bin", "python3")
	env := environment{"PATH": filepath.Join(root, "none") + string(os.PathListSeparator) + filepath.Join(root, "path")}
	venvSpec := filepath.Join(root, "venv", "share", "jupyter", "kernels", "k")
	for _, test := range []struct{ argv0, dir, want string }{
		{"python3", venvSpec, inPrefix},
		{"python3", filepath.Join(root, "elsewhere", "k"), inPath},
		{"other", venvSpec, other},
		{"/abs/x", venvSpec, "/abs/x"},
	} {
		got, err := env.executable(&Spec{Argv: []string{test.argv0}, Dir: test.dir})
		if err != nil || got != test.want {
			t.Errorf("%s of %s is %s, %v; want %s", test.argv0, test.dir, got, err, test.want)
		}
	}
	_, err := env.executable(&Spec{Argv: []string{"absent"}})
	if err == nil || !strings.Contains(err.Error(), "absent") || !strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Errorf("error %v", err)
	}
	// The working folder is not searched, whatever PATH says.
	t.Chdir(filepath.Join(root, "path"))
	if got, err := (environment{"PATH": ".:"}).executable(&Spec{Argv: []string{"other"}}); err == nil {
		t.Errorf("found %s in the working folder", got)
	}
}

func TestCommand(t *testing.T) {
	spec := &Spec{Dir: "/spec", Argv: []string{"x", "{connection_file}", "--r={resource_dir}/a", "{other}",
		"{connection_file}{connection_file}"}}
	want := []string{"x", "/c{resource_dir}", "--r=/spec/a", "{other}", "/c{resource_dir}/c{resource_dir}"}
	if got := spec.command("/c{resource_dir}"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
