package library

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// compiledCell is an archive with what a cell has: exported names, and a type
// in its second version.
func compiledCell(t testing.TB) []byte {
	t.Helper()
	source := t.TempDir() + "/cell.go"
	text := "package main\n\nvar X = 3\n\ntype Tᵛ2 struct{ a int }\n\n//go:noinline\nfunc (t *Tᵛ2) M() any { return []Tᵛ2{*t} }\n\n" +
		"var V any = struct {\n\tTᵛ2 `tag:\"x\"`\n}{}\n\nfunc main() {}\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := output(command(t.Context(), "go", "tool", "compile", "-p", "main", "-dynlink", "-pack", "-o", source+".a", source)); err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(source + ".a")
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// TestPolish: the list of exported names is gone, and programs see types
// without the numbers of their definitions, which the linker goes on to see.
func TestPolish(t *testing.T) {
	archive := compiledCell(t)
	defined := func() (names []string) {
		o, ok := readObject(archive[bytes.Index(archive, []byte(objectMagic)):])
		if !ok {
			t.Fatal("no object file")
		}
		for i := range o.defined() {
			names = append(names, o.name(i))
			if name := o.name(i); strings.HasPrefix(name, nameDataPrefix) && bytes.Contains(o.content(i), []byte("T")) {
				names = append(names, "shown "+strings.Trim(string(o.content(i)), "\x00"))
			}
		}
		return names
	}
	before := defined()
	if !slices.Contains(before, pluginTable) || !slices.Contains(before, "main.(*Tᵛ2).M") {
		t.Fatalf("before: %q", before)
	}
	polish(archive)
	after := defined()
	for _, want := range []string{hiddenPluginTable, "main.(*T).M", "type:main.Tᵛ2", "type:*main.Tᵛ2"} {
		if !slices.Contains(after, want) {
			t.Errorf("%s is missing in %q", want, after)
		}
	}
	shown := 0
	for _, name := range after {
		text, ok := strings.CutPrefix(name, "shown ")
		if !ok {
			continue
		}
		shown++
		if strings.Contains(text, VersionMark) {
			t.Errorf("a program sees %q", text)
		}
	}
	if shown < 3 || slices.Contains(after, pluginTable) {
		t.Errorf("after: %q", after)
	}
}
