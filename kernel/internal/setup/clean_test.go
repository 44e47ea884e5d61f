package setup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

func TestClean(t *testing.T) {
	m := newFakeMachine(t)
	jupyter := filepath.Join(os.Getenv("JUPYTER_DATA_DIR"), "kernels")
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root, Jupyter: true}); err != nil {
		t.Fatal(err)
	}
	m.write("cache/runs/model1/history.json", "{}", 0o644)
	m.write("cache/cifar-10/abc/source.json", "{}", 0o644)
	m.write("cache/features/abc.rows", "numbers", 0o644)
	m.write("cache/features/abc.rows.lock", "", 0o644)
	m.write("cache/xla/abc.xlacache", "code", 0o600)
	m.write("jupyter/kernels/python3/kernel.json", `{"argv": ["python"]}`, 0o644)

	owned, err := Owned()
	if err != nil {
		t.Fatal(err)
	}
	if len(owned) != 6 { // tools, builds, jupyter, features, programs, JupyterLab's kernelspec; no plugin was fetched
		t.Errorf("holds %+v", owned)
	}
	if err := Clean(t.Context(), owned, nil); err != nil {
		t.Fatal(err)
	}
	if left, err := Owned(); err != nil || len(left) != 0 {
		t.Errorf("still holds %+v, %v", left, err)
	}
	for _, made := range []string{"features", "xla"} {
		if exists(filepath.Join(os.Getenv("GOCIFAR_CACHE"), made)) {
			t.Errorf("the %s are still there", made)
		}
	}
	if left, err := Kept(); err != nil || len(left) != 2 || left[0].What != "data" || left[1].What != "training runs" {
		t.Errorf("kept %+v, %v", left, err)
	}
	for _, path := range []string{filepath.Join(os.Getenv("GOCIFAR_CACHE"), "runs/model1/history.json"),
		filepath.Join(jupyter, "python3/kernel.json")} {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
}

func TestCleanLeavesForeignKernelspecs(t *testing.T) {
	m := newFakeMachine(t)
	for name, text := range map[string]string{
		"another cache's": `{"argv": ["/elsewhere/tools/x/gonb"]}`,
		"damaged":         `{`,
		"empty":           `{}`,
	} {
		m.write("jupyter/kernels/"+kernels.GoNB.Name+"/kernel.json", text, 0o644)
		if owned, err := Owned(); err != nil || len(owned) != 0 {
			t.Errorf("%s: holds %+v, %v", name, owned, err)
		}
	}
}
