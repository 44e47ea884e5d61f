package enginetest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// Proxy makes a folder that the go command takes for a module proxy, with
// versions of modules, MODULE@VERSION.
func Proxy(t *testing.T, modules map[string]map[string]string) string {
	t.Helper()
	proxy := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		files := modules[name]
		path, version, _ := strings.Cut(name, "@")
		dir := t.TempDir()
		for file, text := range files {
			place := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(place, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var archive bytes.Buffer
		if err := zip.CreateFromDir(&archive, module.Version{Path: path, Version: version}, dir); err != nil {
			t.Fatal(err)
		}
		versions := filepath.Join(proxy, path, "@v")
		if err := os.MkdirAll(versions, 0o755); err != nil {
			t.Fatal(err)
		}
		list, _ := os.ReadFile(filepath.Join(versions, "list"))
		for file, text := range map[string]string{"list": string(list) + version + "\n", version + ".zip": archive.String(),
			version + ".mod": files["go.mod"], version + ".info": fmt.Sprintf(`{"Version":%q}`, version)} {
			if err := os.WriteFile(filepath.Join(versions, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return proxy
}
