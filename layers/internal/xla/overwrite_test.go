package xla

import "testing"

func TestPrivateRefusesOtherLayouts(t *testing.T) {
	type holder struct{ fn int }
	for name, pointer := range map[string]any{
		"another type": &holder{fn: 1}, "a missing field": &struct{}{}, "no pointer": holder{fn: 1},
		"nil": nil, "a nil pointer": (*holder)(nil),
	} {
		if _, ok := private[string](pointer, "fn"); ok {
			t.Errorf("%s: a field was found", name)
		}
	}
	if v, ok := private[int](&holder{fn: 7}, "fn"); !ok || v != 7 {
		t.Errorf("fn is %d, %t; want 7", v, ok)
	}
}
