package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// fetching points the go command at a proxy in a folder and an empty module
// cache.
func fetching(t *testing.T) (cache string) {
	t.Helper()
	cache = filepath.Join(t.TempDir(), "modules")
	modules := map[string]map[string]string{}
	for version, answer := range map[string]string{"v1.0.0": "1", "v1.1.0": "2"} {
		modules["example.com/dep@"+version] = map[string]string{
			"go.mod":       "module example.com/dep\n\ngo 1.24\n",
			"d.go":         "package dep\n\nfunc F() int { return " + answer + " }\n",
			"more/more.go": "package more\n\nimport \"example.com/dep\"\n\nfunc F() int { return 10 * dep.F() }\n",
		}
	}
	modules["example.com/other@v1.0.0"] = map[string]string{
		"go.mod": "module example.com/other\n\ngo 1.24\n",
		"o.go":   "package other\n\nfunc F() int { return 5 }\n",
	}
	for name, value := range map[string]string{"GOPROXY": "file://" + enginetest.Proxy(t, modules), "GONOSUMDB": "*",
		"GOMODCACHE": cache, "GOFLAGS": "-modcacherw"} {
		t.Setenv(name, value)
	}
	return cache
}

func newPlain(t *testing.T) *module {
	t.Helper()
	m := &module{notebook: &notebook{t: t, home: t.TempDir()}}
	var err error
	m.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Front: m.notebook, Dir: m.home})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return m
}

// TestOtherVersions: a process holds one version of a package. What needs another
// one is refused, and the session goes on.
func TestOtherVersions(t *testing.T) {
	fetching(t)
	m := newPlain(t)
	m.check("%get example.com/dep@v1.0.0", "")
	m.check("import \"example.com/dep\"\n%%\nx := dep.F()\nx", "=> 1")
	m.check("%get example.com/dep@v1.1.0", "")
	m.check("import \"example.com/dep/more\"\n%%\nmore.F()", "GoGetError: …they need other versions of packages that "+
		"this process already holds (example.com/dep): …or begin anew with %reload")
	m.check("x + dep.F()", "=> 2")
	m.check("%get example.com/dep@v1.0.0", "")
	m.check("import \"example.com/dep/more\"\n%%\nmore.F() + x", "=> 11")
}

// TestMissingAlone: of a cell's imports only those are fetched that the module
// does not require, so that what it requires keeps its version.
func TestMissingAlone(t *testing.T) {
	fetching(t)
	dir := tidyModule(t, map[string]string{
		"go.mod": "module example.com/missing\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n",
		"m.go":   "package missing\n\nimport _ \"example.com/dep\"\n",
	})
	m := openModule(t, dir)
	m.check("import (\n\t\"example.com/dep\"\n\t\"example.com/other\"\n)\n%%\ndep.F() + other.F()", "=> 6")
}

// tidyModule writes a module's files, and go.sum, into a new folder.
func tidyModule(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tidy := exec.Command("go", "mod", "tidy")
	tidy.Dir = dir
	if out, err := tidy.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// openModule opens the module in a folder.
func openModule(t *testing.T, dir string) *module {
	t.Helper()
	m := &module{notebook: &notebook{t: t, home: dir}, dir: dir}
	var err error
	m.Engine, err = Open(t.Context(), Options{Library: testLibrary.Get(t).Dir, Front: m.notebook, Dir: dir,
		Module: library.Module{Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return m
}

// TestOffline: what the module cache lacks cannot be had without a network, and
// one sentence says so; what it has is imported.
func TestOffline(t *testing.T) {
	fetching(t)
	dir := tidyModule(t, map[string]string{
		"go.mod": "module example.com/offline\n\ngo 1.24\n\nrequire example.com/dep v1.1.0\n",
		"o.go":   "package offline\n\nimport \"example.com/dep\"\n\nfunc F() int { return dep.F() }\n",
		"p/p.go": "package p\n\nfunc F() int { return 5 }\n",
	})
	full, proxy := os.Getenv("GOMODCACHE"), os.Getenv("GOPROXY")
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "empty"))
	t.Setenv("GOPROXY", "off")
	m := openModule(t, dir)
	m.check("x := 1", "")
	m.check("import \"example.com/offline\"\n%%\noffline.F()",
		"GoGetError: the packages example.com/offline cannot be used: the module cache lacks what they need, "+
			"and nothing can be fetched: …module lookup disabled by GOPROXY=off")
	m.check("import \"example.com/offline/p\"\n%%\np.F() + x", "=> 6")

	// With all in the cache nothing is asked of a network, nor written there.
	t.Setenv("GOMODCACHE", full)
	readOnly(t, full)
	m = openModule(t, dir)
	m.check("import \"example.com/offline\"\n%%\noffline.F()", "=> 2")
	m.close()

	// A cache that cannot be written to has one sentence, too.
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMODCACHE", filepath.Join(dir, "file", "modules"))
	t.Setenv("GOPROXY", proxy)
	m = newPlain(t)
	m.check("import \"example.com/dep\"\n%%\ndep.F()", "GoGetError: …not a directory…")
	m.check("7", "=> 7")
}

// readOnly takes away what allows to write, until the test ends.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	change := func(mode string) {
		if out, err := exec.Command("chmod", "-R", mode, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	change("a-w")
	t.Cleanup(func() { change("u+w") })
}

// TestBrokenGoMod: go.mod's mistake is told, the prompt comes, and the standard
// library is there; mended, the module is.
func TestBrokenGoMod(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": "module example.com/broken\n\ngo 1.24\n\nrequre example.com/x v1\n",
		"p/p.go": "package p\n\nfunc F() int { return 5 }\n",
	})
	m.check("x := strings.Repeat(\"a\", 2)\nx", "=> aa")
	m.check("import \"example.com/broken/p\"\n%%\np.F()", "GoGetError: …go.mod:5: unknown directive: requre…")
	m.edit("go.mod", "\nrequre example.com/x v1\n", "")
	m.check("import \"example.com/broken/p\"\n%%\np.F()", "=> 5")
	m.edit("go.mod", "go 1.24", "go 1.24\n\nnonsense")
	m.edit("p/p.go", "5", "6")
	m.check("p.F()", "=> 5\n--\nnote: example.com/broken/p changed on disk and cannot be compiled; …unknown directive: nonsense…")
	m.edit("go.mod", "\n\nnonsense", "")
	m.edit("p/p.go", "6", "7")
	m.check("p.F()", "=> 7\n--\nnote: …; new code is in place, and values stay")
	m.check("strings.ToUpper(x)", "=> AA")
}
