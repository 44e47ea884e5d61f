package live

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// TestNoCompiler: the C compiler and PATH are gone since the library was made.
// The system's linker is enough for cells.
func TestNoCompiler(t *testing.T) {
	l := testLibrary.Get(t)
	if l.Linker == "" {
		t.Skipf("%s names no linker", l.CC[0])
	}
	c := startServed(t, l.Dir, "PATH="+t.TempDir()).attach()
	c.check("x := 1", "", "x", "=> 1")
}

// TestNoLinker: without a linker and a C compiler cells cannot be linked. The
// kernel says so and stays.
func TestNoLinker(t *testing.T) {
	l := copyLibrary(t, testLibrary.Get(t))
	if filepath.IsAbs(l.CC[0]) {
		t.Skipf("the C compiler is %s, which PATH does not hide", l.CC[0])
	}
	description := filepath.Join(l.Dir, "library.json")
	text, err := os.ReadFile(description)
	if err != nil {
		t.Fatal(err)
	}
	gone := bytes.ReplaceAll(text, []byte(fmt.Sprintf("%q", l.Linker)),
		[]byte(fmt.Sprintf("%q", filepath.Join(l.Dir, "gone"))))
	if err := os.WriteFile(description, gone, 0o644); err != nil {
		t.Fatal(err)
	}
	c := startServed(t, l.Dir, "PATH="+t.TempDir()).attach()
	for range 2 {
		shown := c.run("x := 1")
		if shown.error == nil || shown.error.Name != "CompileError" ||
			!strings.Contains(shown.error.Value, "there is no C compiler, which links cells: install one") {
			t.Fatalf("without a linker a cell shows %s", shown.text())
		}
	}
	c.check("x", "TypeError: …", "%env A=b", "Set: A=\"b\"")
	c.check("%env PATH="+os.Getenv("PATH")+"\nx := 1", "Set: …", "x", "=> 1") // installed in the meantime
}

// copyLibrary copies a library's folder.
func copyLibrary(t *testing.T, l *library.Library) *library.Library {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(l.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "host"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The linker's configuration names the folder.
	for _, name := range []string{"importcfg.compile", "importcfg.link"} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(l.Dir), []byte(dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := library.Seal(dir); err != nil {
		t.Fatal(err)
	}
	copied, err := library.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

// TestOtherToolchain: Go was replaced by another version since the library was
// made. Its packages then are another compiler's.
func TestOtherToolchain(t *testing.T) {
	l := copyLibrary(t, testLibrary.Get(t))
	version := regexp.MustCompile(`go object (\S+ \S+) \S+`)
	exports, err := filepath.Glob(filepath.Join(l.Dir, "export", "*.a"))
	if err != nil || len(exports) == 0 {
		t.Fatal(exports, err)
	}
	for _, path := range append(exports, filepath.Join(l.Dir, "stub.a")) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := version.FindIndex(data)
		if at == nil {
			continue
		}
		line := data[at[0]:at[1]]
		copy(line, bytes.Replace(line, []byte(" go1."), []byte(" go0."), 1)) // as long as before
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := startServed(t, l.Dir).attach()
	shown := c.run("fmt.Println(1)")
	if shown.error == nil || !strings.Contains(shown.error.Value,
		"the Go toolchain differs from the one that the library for cells was built with: restart the kernel") {
		t.Errorf("with another toolchain a cell shows %s", shown.text())
	}
	c.check("%env A=b", "Set: A=\"b\"")
}
