package layers

import (
	"math"
	"strings"
	"testing"
)

// TestDataParallelSource trains on the batches of a source on one, two and four
// devices, as TestDataParallel does on examples in memory.
func TestDataParallelSource(t *testing.T) {
	if !withFourDevices(t) {
		return
	}
	var weights [][]float32
	for _, s := range []struct {
		source  Source
		devices int
	}{{smallImages(90), 1}, {streamed(smallImages(90)), 2}, {streamed(smallImages(90)), 4}} {
		m := dropoutModel(t)
		_, err := m.Fit(t.Context(), s.source, DataParallel(s.devices), BatchSize(16), Epochs(2), Seed(3), Verbose(Silent),
			ClassWeights(map[int]float64{1: 0.5}), ValidationData(streamed(smallImages(20))))
		if err != nil {
			t.Fatalf("%d devices: %v", s.devices, err)
		}
		weights = append(weights, flat(t, m))
		apart := 0.0
		for i, w := range weights[0] {
			apart = max(apart, math.Abs(float64(w-weights[len(weights)-1][i])))
		}
		t.Logf("%d devices: largest difference of a weight from one device with all in memory %.2g", s.devices, apart)
		if !(apart < 2e-5) {
			t.Errorf("%d devices: a weight differs by %g", s.devices, apart)
		}
	}
	_, err := dropoutModel(t).Fit(t.Context(), Batched(streamed(smallImages(90)), 9), DataParallel(4), Verbose(Silent))
	if err == nil || !strings.Contains(err.Error(),
		"DataParallel(4) wants batches that 4 devices share evenly, those of the source have 9") {
		t.Error(err)
	}
}
