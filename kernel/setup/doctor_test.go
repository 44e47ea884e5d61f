package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// states lists the findings as "part=state", one a word, without the good
// ones that only go on about the part before: what they say depends on the
// processor.
func states(findings []Finding) string {
	var words []string
	for _, f := range findings {
		if f.Part == "" && f.State == Fine {
			continue
		}
		words = append(words, strings.ReplaceAll(f.Part, " ", "-")+"="+f.State.String())
	}
	return strings.Join(words, " ")
}

func TestDiagnose(t *testing.T) {
	m := newFakeMachine(t)
	const before = "checkout=ok go=ok C-compiler=ok cache=ok gonb=missing goimports=missing gopls=missing " +
		"libraries=missing NVIDIA=- backend=missing kernelspec=missing"
	if got := states(Diagnose(t.Context(), m.root)); got != before {
		t.Errorf("before set-up:\n%s\nwant\n%s", got, before)
	}

	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=good")
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	// The fake tools are no Go programs, and the doctor sees that.
	const after = "checkout=ok go=ok C-compiler=ok cache=ok gonb=broken goimports=broken gopls=broken " +
		"libraries=ok plugin=ok NVIDIA=- backend=ok kernelspec=ok Jupyter=-"
	if got := states(Diagnose(t.Context(), m.root)); got != after {
		t.Errorf("after set-up:\n%s\nwant\n%s", got, after)
	}

	// Other bytes of the same length: only the hash tells.
	if err := os.WriteFile(e.Backend.Plugin, []byte("CPU"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := states(Diagnose(t.Context(), m.root)); !strings.Contains(got, "plugin=broken") {
		t.Errorf("after damage: %s", got)
	}
	if err := os.WriteFile(filepath.Join(e.SpecDir, "kernel.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := states(Diagnose(t.Context(), m.root)); !strings.Contains(got, "kernelspec=missing") {
		t.Errorf("with another kernelspec: %s", got)
	}
}

func TestDiagnoseABareMachine(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("PATH", t.TempDir())
	if got, want := states(Diagnose(t.Context(), m.root)), "checkout=ok go=broken cache=ok"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	t.Chdir(t.TempDir())
	if got := states(Diagnose(t.Context(), "")); !strings.HasPrefix(got, "checkout=broken") {
		t.Errorf("outside a checkout: %s", got)
	}
}
