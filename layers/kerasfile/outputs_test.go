package kerasfile

import (
	"path/filepath"
	"testing"
)

// TestCompilationOfKeras loads a model that Keras compiled with losses, weights
// of losses, metrics and weighted metrics for two outputs, and a schedule: all of
// it comes back, also from a file saved here.
func TestCompilationOfKeras(t *testing.T) {
	m, err := LoadModel("testdata/two_outputs.keras")
	if err != nil {
		t.Fatal(err)
	}
	check := func(config map[string]any) {
		t.Helper()
		if config == nil {
			t.Fatal("the model came back uncompiled")
		}
		weights, _ := config["loss_weights"].(map[string]any)
		metrics, _ := config["metrics"].(map[string]any)
		weighted, _ := config["weighted_metrics"].(map[string]any)
		kind, _ := metrics["kind"].([]any)
		if weights["size"] != 0.5 || weights["kind"] != 2.0 || len(kind) != 3 || len(weighted) != 2 {
			t.Errorf("compiled with %v", config)
		}
	}
	check(m.CompileConfig())
	state, err := m.OptimizerState()
	if err != nil || state == nil || state.Iterations != 9 || !state.Scheduled || len(state.Slots) != 16 {
		t.Fatalf("the optimizer's state is %+v, %v", state, err)
	}
	path := filepath.Join(t.TempDir(), "again.keras")
	if err := SaveModel(m, path); err != nil {
		t.Fatal(err)
	}
	again, err := LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	check(again.CompileConfig())
	if second, err := again.OptimizerState(); err != nil || second == nil || len(second.Slots) != 16 ||
		second.Slots[3].Values[1] != state.Slots[3].Values[1] {
		t.Errorf("the state is now %+v, %v", second, err)
	}
}
