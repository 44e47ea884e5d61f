package xlaflags

import "testing"

func TestHasOneDNN(t *testing.T) {
	for flags, want := range map[string][2]bool{
		"":                                     {false, false},
		"--xla_cpu_use_onednn=true":            {false, false},
		SumsByYNNPACK:                          {false, false},
		OneDNN:                                 {true, false},
		OneDNN + " " + SumsByYNNPACK:           {true, true},
		"-x=1 " + SumsByYNNPACK + " " + OneDNN: {true, true},
	} {
		t.Setenv("XLA_FLAGS", flags)
		if got := [2]bool{HasOneDNN(), HasOneDNNFloat32()}; got != want {
			t.Errorf("%q: got %v for bfloat16 and float32, want %v", flags, got, want)
		}
	}
}
