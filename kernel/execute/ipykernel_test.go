package execute

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

func TestWithoutHistory(t *testing.T) {
	for _, c := range []struct {
		argv  string
		added bool
	}{
		{"python -m ipykernel_launcher -f {connection_file}", true},
		{"/venv/bin/python3 -Xfrozen_modules=off -m ipykernel_launcher -f {connection_file}", true},
		{"python -m ipykernel -f {connection_file}", true},
		{"conda run -n env python -m ipykernel_launcher -f {connection_file}", true},
		{"python -m ipykernel_launcher -f {connection_file} --HistoryManager.hist_file=/kept", false},
		{"xpython -f {connection_file}", false},
		{"python -m bash_kernel -f {connection_file}", false},
		{"gonb --kernel {connection_file} --work ipykernel_launcher", false},
		{"gonb -m", false},
	} {
		argv := strings.Fields(c.argv)
		spec := &jupyter.Spec{Name: "python3", Argv: slices.Clone(argv), Env: map[string]string{"A": "1"}}
		want := slices.Clone(argv)
		if c.added {
			want = append(want, "--HistoryManager.hist_file=:memory:")
		}
		got := withoutHistory(spec)
		if !slices.Equal(got.Argv, want) || got.Name != spec.Name || got.Env["A"] != "1" {
			t.Errorf("%s\nstarts %q", c.argv, got.Argv)
		}
		if !slices.Equal(spec.Argv, argv) {
			t.Errorf("the spec itself became %q", spec.Argv)
		}
	}
	withoutHistory(&jupyter.Spec{}) // a spec that cannot be started is refused elsewhere
}

// A run leaves no trace in the user's history of IPython.
func TestRunLeavesIPythonsHistoryAlone(t *testing.T) {
	specs, home := t.TempDir(), t.TempDir()
	if err := jupyter.WriteSpec(specs, "under-test", pythonSpec(t)); err != nil {
		t.Fatal(err)
	}
	nb := document("get_ipython().history_manager.hist_file")
	result, err := Document(t.Context(), "x.ipynb", nb, Options{Kernel: "under-test", SpecDirs: []string{specs}, Dir: home,
		Env: []string{"IPYTHONDIR=" + home}, StartTimeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got := outputsOf(result.Notebook.Cells[0]); got != `execute_result "':memory:'"` {
		t.Errorf("the history is kept in %s", got)
	}
	err = filepath.WalkDir(home, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), "history") {
			t.Errorf("%s was written", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
