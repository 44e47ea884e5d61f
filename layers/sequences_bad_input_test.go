package layers

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSequenceLayersBadInput is Keras' list of errors.
func TestSequenceLayersBadInput(t *testing.T) {
	steps := func() Symbol { return Input(5, 4) }
	for want, y := range map[string]*Tensor{
		"at least 1, got 0 and 3":             MultiHeadAttention(0, 3).Apply(steps(), steps()),
		"wants query and value":               MultiHeadAttention(2, 3).Apply(steps()),
		"wants inputs of one rank":            MultiHeadAttention(2, 3).Apply(steps(), Input(4)),
		"differ in the last axis only":        MultiHeadAttention(2, 3).Apply(steps(), steps(), Input(6, 4)),
		"attention_axes must lie":             MultiHeadAttention(2, 3).AttentionAxes(2).Apply(steps(), steps()),
		"dropout must be between 0 and 1":     MultiHeadAttention(2, 3).Dropout(1.5).Apply(steps(), steps()),
		"a multiple of num_key_value_heads":   GroupQueryAttention(3, 4, 3).Apply(steps(), steps()),
		"the key must have the query's size":  Attention().Apply(steps(), Input(6, 3)),
		"is none of the forms":                EinsumDense("ab->c", 3).Apply(steps()),
		"wants 2 axes":                        EinsumDense("ab,bc->ac", 3).Apply(steps()),
		"5 places in the input and 6":         EinsumDense("abc,cd->abd", 6, 3).Apply(steps()),
		"axis z of the bias":                  EinsumDense("abc,cd->abd", 0, 3).Bias("z").Apply(steps()),
		"at least 1, got 0 and 2":             Embedding(0, 2).Apply(steps()),
		"units must be at least 1":            LSTM(0).Apply(steps()),
		"wants sequences (None, time":         GRU(3).Apply(Input(4)),
		"wants state 1 of shape":              LSTM(3).Apply(steps(), Input(3), Input(2)),
		"a sequence and 1 states, got 3":      SimpleRNN(3).Apply(steps(), Input(3), Input(3)),
		"has 3 results, there is no result 3": LSTM(3).ReturnState().Apply(steps()).Result(3),
		"has 1 results, there is no result 1": Dense(2).Apply(LSTM(3).Apply(steps()).Result(1)),
		"wants one result to be used here":    TimeDistributed(GRU(3).ReturnState()).Apply(Input(2, 5, 4)),
		"the states of both directions, got":  Bidirectional(GRU(3)).Apply(steps(), Input(3)),
		"wants state 0 of shape (None, 3)":    Bidirectional(GRU(3)).Apply(steps(), Input(3), Input(2)),
		"wants a recurrent layer":             Bidirectional(Dense(3)).Apply(steps()),
		"merge_mode wants":                    Bidirectional(GRU(3)).Merge("max").Apply(steps()),
		"wants sequences (None, time, …)":     TimeDistributed(Dense(3)).Apply(Input(4)),
		"a model within TimeDistributed":      TimeDistributed(Sequential("", Input(4), Dense(3))).Apply(steps()),
	} {
		if err := y.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// TestManyResultsRefused: a stack has no place for several results.
func TestManyResultsRefused(t *testing.T) {
	m := Sequential("", Input(5, 4), LSTM(3).ReturnState(), Dense(2))
	if err := m.Err(); err == nil || !strings.Contains(err.Error(), "layer lstm (LSTM) has 3 results: use Functional") {
		t.Errorf("a layer of several results in a stack: %v", err)
	}
	in := Input(4)
	two := Functional("two", Symbols{in}, Symbols{Dense(2).Apply(in), Dense(3).Apply(in)})
	if err := Sequential("", two).Err(); err == nil || !strings.Contains(err.Error(), "has 2 results: use Functional") {
		t.Errorf("a model of several outputs in a stack: %v", err)
	}
	if err := Dense(2).Apply(two.Apply(Input(4)).Result(1)).Err(); err != nil {
		t.Errorf("the second output of a model within a model: %v", err)
	}
}

// TestSequenceConfigsRefused: what would compute something else is refused.
func TestSequenceConfigsRefused(t *testing.T) {
	for want, c := range map[string][2]string{
		"stateful = true is not":      {"GRU", `{"units": 3, "stateful": true}`},
		`class "ConvLSTMCell" is not`: {"RNN", `{"cell": {"class_name": "ConvLSTMCell", "config": {"units": 3}}}`},
		"score_mode wants":            {"Attention", `{"score_mode": "product"}`},
		"it holds Python code":        {"Lambda", `{"function": {"class_name": "__lambda__"}}`},
		"turn text into numbers":      {"StringLookup", `{"vocabulary": ["a"]}`},
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
