package layers

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestTwentyEpochsKeepMemory(t *testing.T) {
	resident := func() int {
		data, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skip("no /proc here")
		}
		pages, _ := strconv.Atoi(strings.Fields(string(data))[1])
		return pages * os.Getpagesize()
	}
	m := Sequential("wide", Input(8, 8, 3), Flatten(), Dense(1024), Dense(4).Activation(Softmax))
	_ = m.Compile(Adamax(0.001), CategoricalCrossEntropy)
	sizes := map[int]int{}
	watch := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error { sizes[epoch] = resident(); return nil })
	if _, err := m.Fit(t.Context(), smallImages(128), Epochs(25), Callbacks(watch), Verbose(Silent)); err != nil {
		t.Fatal(err)
	}
	// A step's weights and slots are 2.4 MB: one leaked set a step would be 190
	// MB.
	if grown := sizes[24] - sizes[4]; grown > 48<<20 {
		t.Errorf("20 epochs grew resident memory by %d MiB", grown>>20)
	}
}
