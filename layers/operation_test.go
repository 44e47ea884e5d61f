package layers

import (
	"strings"
	"testing"
)

func TestOperationErrors(t *testing.T) {
	x, y := Input(4, 4, 3), Input(4, 2, 3)
	for want, wrong := range map[string]*Tensor{
		`there is no operation "Sinh"`:                                  Operation("Sinh").Apply(x),
		"wants 2 arguments, got 1":                                      OpAdd.Apply(x),
		"wants a tensor among its arguments":                            OpAdd.Apply(1.0, 2.0),
		"argument 1 wants a Symbol, a float64 or an int, got string":    OpAdd.Apply(x, "1"),
		"shapes that can be broadcast, got (None, 4, 4, 3) and (None,":  OpAdd.Apply(x, y),
		"wants tensors of one rank, got (None, 4, 4, 3) and (None, 48)": OpAdd.Apply(x, Flatten().Apply(x)),
	} {
		err := Functional("m", Symbols{x, y}, Symbols{wrong}).Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOperationIsNoLayer(t *testing.T) {
	x := Input(4)
	sum := OpAdd.Apply(Dense(4).Named("dense").Apply(x), 1)
	m := Functional("m", Symbols{x}, Symbols{sum})
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	if all := m.Layers(); len(all) != 2 || all[1].Name() != "dense" {
		t.Errorf("layers %v", all)
	}
	if tap := m.Tap("add"); tap.Err() != nil || !tap.Outputs()[0].Shape().Equal(Shape{4}) {
		t.Errorf("tap: %v", tap.Err())
	}
}

// TestOperationFromConfigErrors changes one thing of a valid configuration.
func TestOperationFromConfigErrors(t *testing.T) {
	x := Input(4)
	build := func() (map[string]any, map[string]any) {
		c := Functional("m", Symbols{x}, Symbols{OpAdd.Apply(x, 3)}).KerasConfig()
		list := c["config"].(map[string]any)["layers"].([]any)
		return c, list[1].(map[string]any)
	}
	call := func(o map[string]any) map[string]any { return o["inbound_nodes"].([]any)[0].(map[string]any) }
	for want, change := range map[string]func(o map[string]any){
		"the operation is not supported; known are Absolute, Add": func(o map[string]any) { o["class_name"] = "Einsum" },
		"wants no settings but a name": func(o map[string]any) {
			o["config"].(map[string]any)["axis"] = 1
		},
		"wants 1 call, got 2": func(o map[string]any) {
			o["inbound_nodes"] = []any{call(o), call(o)}
		},
		"arguments by name are not supported": func(o map[string]any) {
			call(o)["kwargs"] = map[string]any{"x2": 1.0}
		},
		"argument 1 wants a tensor or a number, got three": func(o map[string]any) { call(o)["args"].([]any)[1] = "three" },
		"the name must not contain '/'": func(o map[string]any) {
			o["config"].(map[string]any)["name"] = "a/b"
		},
	} {
		c, o := build()
		change(o)
		if _, err := ModelFromConfig(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
