package peerdata

import (
	"slices"
	"strings"
	"testing"
)

// TestFormulas compares with what the scripts' formulas give in Python.
func TestFormulas(t *testing.T) {
	want := []float32{-1, 0.2360679805278778, -0.5278640389442444, 0.708203911781311}
	if got := Formula(4); !slices.Equal(got, want) {
		t.Errorf("formula(4) is %v, in Python %v", got, want)
	}
	want = []float32{0.36981624364852905, 0.4336891770362854, -0.029869023710489273, -0.5082112550735474}
	if got := Salted(4, 7); !slices.Equal(got, want) {
		t.Errorf("formula(4, 7) is %v, in Python %v", got, want)
	}
}

func TestArray(t *testing.T) {
	got, err := Array{Shape: []int{2, 2}, Data: "AACAv867cT4ZIge/2kw1Pw=="}.Values()
	if err != nil || !slices.Equal(got, Formula(4)) {
		t.Errorf("%v (%v), want what numpy wrote: %v", got, err, Formula(4))
	}
	for _, data := range []string{"AAAA", "no base64"} {
		if _, err := (Array{Data: data}).Values(); err == nil || !strings.Contains(err.Error(), "want 32-bit floats") {
			t.Errorf("%q: %v", data, err)
		}
	}
}
