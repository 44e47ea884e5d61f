package setup

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/seal"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestDamagedLive: of the live kernel's two parts the one that is damaged is
// made again, and one line says so. No library can be made with a fake
// toolchain, so its attempt fails, and leaves what was there.
func TestDamagedLive(t *testing.T) {
	if err := kernels.Live.Supported(); err != nil {
		t.Skip(err)
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			f := newFakeMachine(t)
			for _, folder := range append(packageFolders, programFolders...) {
				f.write("checkout/"+folder+"/x.go", "package x\n", 0o644)
			}
			var said bytes.Buffer
			options := Options{ModuleRoot: f.root, Kernels: kernels.All(), Packages: true,
				Progress: &Progress{out: &said, interval: remindEvery}}
			m, err := inspect(t.Context(), f.root)
			if err != nil {
				t.Fatal(err)
			}
			m.packages = true
			l, err := m.liveHere(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			relative, err := filepath.Rel(filepath.Dir(f.root), l.library())
			if err != nil {
				t.Fatal(err)
			}
			f.write(relative+"/library.json", "{}", 0o644)
			packages, err := filepath.Rel(filepath.Dir(f.root), l.packagesDir)
			if err != nil {
				t.Fatal(err)
			}
			f.write(packages+"/made", "", 0o644)
			if err := seal.Write(l.packagesDir); err != nil {
				t.Fatal(err)
			}
			f.write(relative+"/libcells.so", "the library", 0o755)
			if err := library.Seal(l.library()); err != nil {
				t.Fatal(err)
			}

			ensure := func(made, again int) *Environment {
				t.Helper()
				builds := f.calls("build -v -ldflags=-s -w -o " + filepath.Dir(l.programDir))
				said.Reset()
				e, err := Ensure(t.Context(), options)
				if err != nil {
					t.Fatal(err)
				}
				if n := f.calls("build -v -ldflags=-s -w -o "+filepath.Dir(l.programDir)) - builds; n != made {
					t.Errorf("made the program %d times, want %d", n, made)
				}
				if n := strings.Count(said.String(), "live cells: the kernel's program is made again: "); n != again {
					t.Errorf("%d lines say so, want %d:\n%s", n, again, said.String())
				}
				if err := seal.Verify(l.programDir, true); err != nil {
					t.Error(err)
				}
				return e
			}
			if e := ensure(1, 0); e.Library != l.library() {
				t.Errorf("the library is in %s, want %s", e.Library, l.library())
			}
			if err := damage(l.program()); err != nil {
				t.Fatal(err)
			}
			ensure(1, 1)
			ensure(0, 0)

			if err := damage(filepath.Join(l.library(), "libcells.so")); err != nil {
				t.Fatal(err)
			}
			if got := states(Diagnose(t.Context(), f.root)); !strings.Contains(got, "gocifar-live=broken") {
				t.Errorf("the doctor finds %s", got)
			}
			if err := damage(filepath.Join(m.gonbDir(), "gonb")); err != nil {
				t.Fatal(err)
			}
			got := states(Diagnose(t.Context(), f.root))
			if !strings.Contains(got, "GoNB=broken") || !strings.Contains(got, "gocifar-live=broken") {
				t.Errorf("of GoNB and library the doctor finds %s", got)
			}
			f.write(filepath.Join(filepath.Dir(filepath.Dir(relative)), ".library-killed"+partialMark+"1", "x"), "", 0o644)
			said.Reset()
			if _, err := Ensure(t.Context(), options); err == nil {
				t.Error("the fake toolchain made a library")
			}
			if n := strings.Count(said.String(), "live cells: the library is made again: libcells.so "); n != 1 {
				t.Errorf("%d lines say so, want 1:\n%s", n, said.String())
			}
			if left := f.leftovers(); left != nil {
				t.Errorf("left %q", left)
			}
			if _, err := os.Stat(filepath.Join(l.library(), "library.json")); err != nil {
				t.Errorf("an attempt that failed took away what was there: %v", err)
			}
		})
	}
}

// TestFoldersOfPackages: a change of any package that goes into layers for
// cells, or into the kernel's program, makes new ones.
func TestFoldersOfPackages(t *testing.T) {
	for _, c := range []struct{ folders, packages []string }{
		{packageFolders, []string{"../../../cifar/...", "../../../layers/...", "../../../transfer/..."}},
		{programFolders, []string{"../.."}},
	} {
		args := append([]string{"list", "-deps", "-f", "{{.ImportPath}}"}, c.packages...)
		out, err := exec.CommandContext(t.Context(), "go", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(string(out)) {
			folder, ours := strings.CutPrefix(path, ModulePath+"/")
			if ours && !slices.ContainsFunc(c.folders, func(f string) bool {
				return folder == f ||
					strings.HasPrefix(folder, f+"/")
			}) {
				t.Errorf("%s is not in %v", folder, c.folders)
			}
		}
	}
}

// TestForgetOld: of many builds the newest stay, and those that a kernel which
// Jupyter knows is run from.
func TestForgetOld(t *testing.T) {
	newFakeMachine(t)
	c, err := openCache()
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for i := range keptBuilds + 3 {
		dir := filepath.Join(c.root, "live", "program-"+strings.Repeat(string(rune('a'+i)), 8))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		made := time.Now().Add(time.Duration(i-100) * time.Minute)
		if err := os.Chtimes(dir, made, made); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	spec := &jupyter.Spec{Argv: []string{filepath.Join(dirs[1], "kernel"), "live"}, DisplayName: "Go", Language: "go"}
	user := filepath.Join(os.Getenv("JUPYTER_DATA_DIR"), "kernels", "another")
	if err := writeSpec(user, spec); err != nil {
		t.Fatal(err)
	}
	forgetOld(dirs[len(dirs)-1])
	left, err := filepath.Glob(filepath.Join(c.root, "live", "program-*"))
	if err != nil {
		t.Fatal(err)
	}
	if want := append([]string{dirs[1]}, dirs[3:]...); !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}
