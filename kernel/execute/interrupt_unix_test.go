//go:build unix

package execute

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestInterruptMeetsOneCell stops shell commands of GoNB on a machine that has
// too much to do. The command of the cell after each must not be met by the
// interrupt of the one before it, nor its Go code be left out, which GoNB would
// not tell.
func TestInterruptMeetsOneCell(t *testing.T) {
	spec := gonbSpec(t)
	for range 6 {
		busy := exec.Command("sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			busy.Process.Kill()
			busy.Wait()
		})
	}
	const pairs = 20
	nb := document(slices.Repeat([]string{"!sleep 60", "!sleep 0.2; echo end"}, pairs)...)
	for i := 0; i < len(nb.Cells); i += 2 {
		nb.Cells[i].Metadata().Ensure(metadataKey).Set("timeout", "100ms")
	}
	result, err := runPeer(t, spec, nb, Options{AllowErrors: true})
	if want := strings.TrimSpace(strings.Repeat("timeout ok ", pairs)); err != nil || states(result) != want {
		t.Errorf("%v, states %s", err, states(result))
	}
	for i := 1; i < len(nb.Cells); i += 2 {
		if got := outputsOf(nb.Cells[i]); got != `stdout "end\n"` {
			t.Errorf("cell %d shows %s", i+1, got)
		}
	}
}
