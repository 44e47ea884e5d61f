package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// versioned are two versions of a module that needs another, of two versions.
func versioned(t *testing.T) string {
	modules := map[string]map[string]string{}
	for _, version := range []string{"v1.0.0", "v1.1.0"} {
		modules["example.com/needed@"+version] = map[string]string{
			"go.mod": "module example.com/needed\n\ngo 1.24\n",
			"n.go":   fmt.Sprintf("package needed\n\nconst Version = %q\n", version),
		}
		modules["example.com/versioned@"+version] = map[string]string{
			"go.mod": "module example.com/versioned\n\ngo 1.24\n\nrequire example.com/needed v1.0.0\n",
			"v.go": fmt.Sprintf("package versioned\n\nimport \"example.com/needed\"\n\n"+
				"func Version() string { return %q + \" on \" + needed.Version }\n", version),
		}
	}
	return enginetest.Proxy(t, modules)
}

// TestRequire: the versions that cells came to need outside of a module stand in
// the notebook's metadata, and another run, elsewhere and with nothing in its
// caches, has the same although there are newer ones.
func TestRequire(t *testing.T) {
	l := testLibrary.Get(t)
	proxy := versioned(t)
	specs := t.TempDir()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, l.Dir, "{connection_file}"}, DisplayName: "live",
		Language: "go", InterruptMode: jupyter.InterruptByMessage}
	if err := jupyter.WriteSpec(filepath.Join(specs, "kernels"), "versions-live", spec); err != nil {
		t.Fatal(err)
	}
	run := func(nb *nbformat.Notebook, env ...string) (file string) {
		t.Helper()
		dir := t.TempDir()
		source, result := filepath.Join(dir, "source.ipynb"), filepath.Join(dir, "result.ipynb")
		if err := nb.WriteFile(source); err != nil {
			t.Fatal(err)
		}
		cache := filepath.Join(t.TempDir(), "modules")
		_, err := execute.Notebook(context.Background(), source, execute.Options{Kernel: "versions-live",
			SpecDirs: []string{filepath.Join(specs, "kernels")}, Output: result,
			Env: append([]string{moduleVariable + "=", "GOPROXY=file://" + proxy, "GONOSUMDB=*", "GOFLAGS=-modcacherw",
				"GOMODCACHE=" + cache}, env...)})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	read := func(file string) (nb *nbformat.Notebook, output string) {
		t.Helper()
		nb, err := nbformat.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range nb.Cells[len(nb.Cells)-1].Outputs() {
			text, _ := o.Text("text/plain")
			output += text
		}
		return nb, output
	}
	const show = "import \"example.com/versioned\"\n%%\nversioned.Version()"
	chosen := nbformat.New()
	chosen.Insert(0, nbformat.NewCode("%get example.com/versioned@v1.0.0 example.com/needed@v1.1.0"))
	chosen.Insert(1, nbformat.NewCode(show))
	saved, got := read(run(chosen))
	if got != "v1.0.0 on v1.1.0" {
		t.Errorf("the first notebook shows %q", got)
	}
	want := "[example.com/needed@v1.1.0 example.com/versioned@v1.0.0]"
	if require := fmt.Sprint(execute.Require(saved)); require != want {
		t.Errorf("the first notebook's metadata require %s, want %s", require, want)
	}

	later := nbformat.New()
	later.Insert(0, nbformat.NewCode(show))
	newest, got := read(run(later))
	if got != "v1.1.0 on v1.0.0" {
		t.Errorf("a notebook without versions shows %q", got)
	}
	require := strings.Join(execute.Require(newest), " ")
	if require != "example.com/versioned@v1.1.0" { // which requires the other one itself
		t.Errorf("what was fetched without being asked for is kept as %q", require)
	}
	environment := kernels.RequireVariable + "=" + strings.Join(execute.Require(saved), " ")
	if _, got := read(run(later, environment)); got != "v1.0.0 on v1.1.0" {
		t.Errorf("with the first notebook's versions the cell shows %q", got)
	}
	// Jupyter's server tells the kernel where its notebook is.
	saved.Cells = saved.Cells[1:]
	place := filepath.Join(t.TempDir(), "saved.ipynb")
	if err := saved.WriteFile(place); err != nil {
		t.Fatal(err)
	}
	if _, got := read(run(saved, "JPY_SESSION_NAME="+place)); got != "v1.0.0 on v1.1.0" {
		t.Errorf("in Jupyter the cell shows %q", got)
	}
}

// TestRequireWithoutModule: a notebook that has versions takes no module that it
// does not lie in.
func TestRequireWithoutModule(t *testing.T) {
	l := testLibrary.Get(t)
	t.Chdir(t.TempDir())
	for list, want := range map[string]string{"": testLibrary.Module().Dir, "example.com/x@v1.0.0": ""} {
		t.Setenv(kernels.RequireVariable, list)
		o := Options{Library: l.Dir, Module: testLibrary.Module()}
		if err := place(t.Context(), &o); err != nil || o.Module.Dir != want || strings.Join(o.Require, " ") != list {
			t.Errorf("with %q: module %q, %v, %v", list, o.Module.Dir, o.Require, err)
		}
	}
}
