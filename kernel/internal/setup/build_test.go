package setup

import (
	"path/filepath"
	"testing"
)

// TestProbeOnLibrary: a probe on live cells' library counts while the library is
// there, and for those who link no cells of GoNB. Where it cannot be made there
// is one as before.
func TestProbeOnLibrary(t *testing.T) {
	f := newFakeMachine(t)
	m, err := inspect(t.Context(), f.root)
	if err != nil {
		t.Fatal(err)
	}
	const plain = "build -v -ldflags="
	b, err := m.ensureBuild(t.Context(), nil, true) // a fake machine has no library
	if err != nil || b.Ldflags == "" || len(b.Needs) > 0 || f.calls(plain) != 1 {
		t.Fatalf("without a library: %+v, %v, %d builds", b, err, f.calls(plain))
	}
	needs := t.TempDir()
	record := func(folder string) {
		err := publishSealed(b.dir, func(staging string) error {
			return writeJSON(filepath.Join(staging, "build.json"), build{Needs: []string{needs, folder}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		folder    string
		onLibrary bool
		builds    int
	}{{needs, true, 1}, {needs, false, 2}, {filepath.Join(needs, "gone"), true, 3}} {
		record(test.folder)
		if _, err := m.ensureBuild(t.Context(), nil, test.onLibrary); err != nil || f.calls(plain) != test.builds {
			t.Errorf("with %s, on the library %t: %v, %d builds, want %d", test.folder, test.onLibrary, err, f.calls(plain), test.builds)
		}
	}
}
