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
	const before = "checkout=ok go=ok C-compiler=ok cache=ok disk=ok temporary-files=ok ports=ok " +
		"probe=missing NVIDIA=- backend=missing GoNB=- gopls=- gocifar-gonb=missing gocifar-live=missing"
	if got := states(Diagnose(t.Context(), m.root)); got != before {
		t.Errorf("before set-up:\n%s\nwant\n%s", got, before)
	}

	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=good")
	m.write("data.sh", "printf 'ok\\tdata\\twhole\\nnonsense\\ndamaged\\tweights\\tof %s\\n' \"$*\"", 0o644) // both programs
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root, Gopls: true})
	if err != nil {
		t.Fatal(err)
	}
	// The fake tools are no Go programs, and the doctor sees that.
	const after = "checkout=ok go=ok C-compiler=ok cache=ok disk=ok temporary-files=ok ports=ok " +
		"probe=ok plugin=ok NVIDIA=- backend=ok gonb=broken goimports=broken gopls=broken gocifar-gonb=ok Jupyter=- " +
		"gocifar-live=- data=ok weights=broken " +
		"data=ok weights=broken"
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
	if err := os.WriteFile(filepath.Join(e.Kernels[0].SpecDir, "kernel.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := states(Diagnose(t.Context(), m.root)); !strings.Contains(got, "gocifar-gonb=missing") {
		t.Errorf("with another kernelspec: %s", got)
	}
}

func TestDiagnoseWhatIsFull(t *testing.T) {
	d := diagnosis{ctx: t.Context()}
	d.space("disk", t.TempDir(), 1<<60, "everything needs", "buy one")
	if f := d.findings[0]; f.State != Broken || !strings.Contains(f.Detail, "MB are free in") || f.Remedy != "buy one" {
		t.Errorf("found %+v", f)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), strings.Repeat("long", 30)))
	if err := os.Mkdir(os.Getenv("TMPDIR"), 0o755); err != nil {
		t.Fatal(err)
	}
	d = diagnosis{ctx: t.Context()}
	d.sockets()
	if got := states(d.findings); got != "ports=ok sockets=broken" {
		t.Errorf("with a long name for temporary files: %s", got)
	}
}

func TestDiagnoseALibraryThatFails(t *testing.T) {
	m := newFakeMachine(t)
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
		t.Fatal(err)
	}
	m.write("data.sh", "echo 'check: the disk is broken' >&2; exit 1", 0o644)
	findings := Diagnose(t.Context(), m.root)
	last := findings[len(findings)-1]
	if last.Part != "caches" || last.State != Broken || !strings.Contains(last.Detail, "the disk is broken") {
		t.Errorf("found %+v", last)
	}
}

func TestDiagnoseABareMachine(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("PATH", t.TempDir())
	if got, want := states(Diagnose(t.Context(),
		m.root)), "checkout=ok go=broken cache=ok disk=ok temporary-files=ok ports=ok"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	t.Chdir(t.TempDir())
	if got := states(Diagnose(t.Context(), "")); !strings.HasPrefix(got, "checkout=- go=broken") {
		t.Errorf("outside a checkout: %s", got)
	}
}
