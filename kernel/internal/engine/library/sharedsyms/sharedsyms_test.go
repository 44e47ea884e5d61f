package sharedsyms

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLists(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, symbols := range map[string][]string{
		"library": {"sync/atomic.(*Pointer[os.dirInfo]).Load", "go.shape.int.String"}, "empty": nil,
		"layer": {Mangled("a@v1.b[type:.c@d]"), Mangled("type:m.T[int]")},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, Encode(symbols), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	lists := read(files)
	for name, want := range map[string]bool{
		"sync/atomic.(*Pointer[os.dirInfo]).Load": true, "sync/atomic.(*Pointer[os.dirInfo]).Store": false,
		"go.shape.int.String": true, "a@v1.b[type:.c@d]": true, "a@v1.b[type:.c@e]": false, "type:m.T[int]": true,
		"type:m.T[bool]": false, "": false,
	} {
		if lists.Has(name) != want {
			t.Errorf("%q: %t, want %t", name, !want, want)
		}
	}
	if read(append(files, filepath.Join(dir, "missing"))).Has("go.shape.int.String") || Lists(nil).Has("") {
		t.Error("a list that cannot be read leaves the others")
	}
}
