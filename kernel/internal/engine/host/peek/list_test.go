package peek

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestList sends lists of variables through encoding/json.
func TestList(t *testing.T) {
	for _, want := range []List{nil, {}, {{}}, {
		{Name: "größe", Cell: 1 << 40, Type: "[]float64", Kind: "slice", Size: 104, Form: Form{Shape: "3"}, Text: "[1 2 3]",
			Line: "▁▄█", Reference: 7},
		{Name: "b", Type: "[]float64", Kind: "slice", Size: -1, Partial: true, Form: Form{Shape: "3", DType: "f", Device: "host"},
			Text: "\x00\xff\"\n"},
	}} {
		type message struct {
			Before    int
			Variables List `json:",omitempty"`
		}
		data, err := json.Marshal(message{1, want})
		if err != nil {
			t.Fatal(err)
		}
		var got message
		if err := json.Unmarshal(data, &got); err != nil || len(got.Variables) != len(want) ||
			len(want) > 0 && !reflect.DeepEqual(got.Variables, want) {
			t.Errorf("%+v, %v, want %+v", got.Variables, err, want)
		}
		text, _ := want.MarshalText()
		for n := range len(text) {
			if err := new(List).UnmarshalText(text[:n]); err == nil {
				t.Errorf("%d of %d bytes are taken", n, len(text))
			}
		}
	}
}
