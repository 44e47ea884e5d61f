package layers

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// TestCategoriesBadInput is Keras' list of errors, and what is not supported.
func TestCategoriesBadInput(t *testing.T) {
	for want, y := range map[string]*Tensor{
		"num_tokens must be at least 1, got 0":             CategoryEncoding(0).Apply(Input(3)),
		`output_mode wants one of ["multi_hot" "one_hot"`:  CategoryEncoding(3).Mode(EncodeInt).Apply(Input(3)),
		`output_mode "multi_hot" wants a list of numbers`:  CategoryEncoding(3).Apply(Input(2, 3)),
		"wants exactly 1 input, got 2":                     CategoryEncoding(3).Apply(Input(3), Input(3)),
		"wants at least 1 boundary":                        Discretization().Apply(Input(3)),
		"boundaries must be numbers that rise, got [1 0]":  Discretization(1, 0).Apply(Input(3)),
		"boundaries must be numbers that rise, got [NaN]":  Discretization(math.NaN()).Apply(Input(3)),
		`output_mode wants one of ["int" "one_hot"`:        Discretization(1).Mode("twice").Apply(Input(3)),
		`output_mode "count" wants a list of numbers, (No`: Discretization(1).Mode(EncodeCount).Apply(Input(2, 2)),
		"a vocabulary of at least 1 number":                IntegerLookup().Apply(Input(3)),
		"wants numbers that differ, got 4 twice":           IntegerLookup(4, 5, 4).Apply(Input(3)),
		"num_oov_indices must be at least 0, got -1":       IntegerLookup(4).Unknown(-1).Apply(Input(3)),
		"the mask 4 must not be part of the vocabulary":    IntegerLookup(4).Mask(4).Apply(Input(3)),
		"wants numbers between -2147483648 and":            IntegerLookup(1 << 40).Apply(Input(3)),
	} {
		if err := y.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	for want, c := range map[string][2]string{
		"sparse = true is not supported":           {"CategoryEncoding", `{"num_tokens": 3, "sparse": true}`},
		"wants its vocabulary in the settings":     {"IntegerLookup", `{"max_tokens": 9}`},
		"oov_method = farmhash is not supported":   {"IntegerLookup", `{"vocabulary": [1], "oov_method": "farmhash"}`},
		`output_mode wants one of ["int"`:          {"IntegerLookup", `{"vocabulary": [1], "output_mode": "tf_idf"}`},
		"num_bins = 4 without bin_boundaries is n": {"Discretization", `{"num_bins": 4}`},
	} {
		var config map[string]any
		if err := json.Unmarshal([]byte(c[1]), &config); err != nil {
			t.Fatal(err)
		}
		if _, err := FromConfig(c[0], config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
