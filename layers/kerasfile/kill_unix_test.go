//go:build unix

package kerasfile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/layers"
)

// killVariable names the folder in which this test's program saves until it is
// killed.
const killVariable = "KERASFILE_TEST_KILLED"

// savedModel is one of two models of the same form and other weights.
func savedModel(t *testing.T, value int) *layers.Model {
	t.Helper()
	m := layers.Sequential("m", layers.Input(40), layers.Dense(200), layers.Dense(50))
	m.Seed(int64(value))
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSaveKilled kills (kill -9) a process that saves, 20 times at random
// moments: under each name there is always a whole file, of one model or of the
// other.
func TestSaveKilled(t *testing.T) {
	names := []string{"m.keras", "m.h5", "m.weights.h5"}
	save := func(m *layers.Model, folder, name string) error {
		if name == "m.weights.h5" {
			return SaveWeights(m, filepath.Join(folder, name))
		}
		return SaveModel(m, filepath.Join(folder, name))
	}
	if folder := os.Getenv(killVariable); folder != "" {
		models := []*layers.Model{savedModel(t, 1), savedModel(t, 2)}
		fmt.Println("saving")
		for i := 0; ; i++ {
			for _, name := range names {
				if err := save(models[i%2], folder, name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	folder, reference := t.TempDir(), t.TempDir()
	whole := map[string][]any{}
	for value := 1; value <= 2; value++ {
		m := savedModel(t, value)
		for _, name := range names {
			if err := save(m, folder, name); err != nil {
				t.Fatal(err)
			}
			if err := save(m, reference, name); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range names {
			whole[name] = append(whole[name], weightsIn(t, filepath.Join(reference, name)))
		}
	}
	whileSaving := 0
	for kill := range 20 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSaveKilled$")
		cmd.Env = append(os.Environ(), killVariable+"="+folder)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, len("saving\n"))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(40 * time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
		for _, name := range names {
			if left, _ := filepath.Glob(filepath.Join(folder, wholefile.Pattern(name))); len(left) > 0 {
				whileSaving++
				os.Remove(left[0])
			}
			got := weightsIn(t, filepath.Join(folder, name))
			if got != whole[name][0] && got != whole[name][1] {
				t.Errorf("kill %d: %s holds neither of the models", kill, name)
			}
		}
	}
	t.Logf("20 kills, %d of them while a file was written", whileSaving)
	if whileSaving == 0 {
		t.Error("no kill met a save: this showed nothing")
	}
}

// weightsIn loads a file and writes its weights down.
func weightsIn(t *testing.T, path string) any {
	t.Helper()
	m := savedModel(t, 3)
	if err := LoadWeights(m, path); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, v := range m.Variables() {
		value, err := v.Flat()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, value)
	}
	return all.String()
}
