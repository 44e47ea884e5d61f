package fuzzsession

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPrograms shows that what is generated is Go.
func TestPrograms(t *testing.T) {
	var sessions []*Session
	for i := range 60 {
		sessions = append(sessions, Generate(uint64(i), fmt.Sprintf("_%d", i)))
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(Build(sessions)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := len(Outputs(string(out))); got != len(sessions) {
		t.Fatalf("%d sessions ran, want %d", got, len(sessions))
	}
	if os.Getenv("SHOW") != "" {
		t.Logf("%s\n%s", Build(sessions[:1]), out[:3000])
		for _, c := range sessions[0].Notebook() {
			t.Logf("%s", c)
		}
	}
}
