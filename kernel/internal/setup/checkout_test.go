package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindCheckout(t *testing.T) {
	m := newFakeMachine(t)
	m.write("checkout/notebooks/x.ipynb", "", 0o644)
	m.write("checkout/nested/go.mod", "module example.com/nested\n", 0o644)
	m.write("outside/go.mod", "module example.com/other\n", 0o644)
	m.write("damaged/go.mod", "module \"oops\n", 0o644)
	base := filepath.Dir(m.root)
	if err := os.Symlink(m.root, filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, want string }{
		{"checkout", ""},
		{"checkout/notebooks", ""},
		{"checkout/nested", ""}, // a module inside is no reason to stop
		{"link", ""},
		{"outside", "is not inside a checkout of " + ModulePath},
		{".", "is not inside a checkout"},
		{"damaged", "cannot read the module file"},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Chdir(filepath.Join(base, c.dir))
			got, err := findCheckout("")
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want, err := filepath.EvalSymlinks(m.root)
			if err != nil || got.root != want || got.language != "1.26.5" {
				t.Errorf("found %s (Go %s), want %s (Go 1.26.5)", got.root, got.language, want)
			}
		})
	}
	if _, err := findCheckout(filepath.Join(m.root, "notebooks")); err == nil {
		t.Error("a root given by name must be one itself")
	}
}
