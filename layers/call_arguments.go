package layers

import (
	"fmt"
	"maps"
	"slices"
)

// Caller is for layers that Keras calls with more than one tensor or a list of
// them: several tensors by place, tensors by name, or switches such as
// use_causal_mask. Files keep the arguments of every call.
type Caller interface {
	// CallConfig says how Keras is called on the given tensors, which are those
	// of Apply in Keras' form: the arguments by place and those by name.
	CallConfig(tensors []any) (byPlace []any, byName map[string]any)
	// ReadCall takes the arguments by name of a call in a file, and returns
	// those among them that hold tensors, in the order of Apply. It removes from
	// the map what it takes; what is left and is neither null nor false is an
	// error.
	ReadCall(byName map[string]any) (tensors []any, err error)
}

// callArguments is how Keras calls a layer on tensors.
func callArguments(l Layer, tensors []any) (byPlace []any, byName map[string]any) {
	byName = map[string]any{}
	switch l := l.(type) {
	case Caller:
		return l.CallConfig(tensors)
	case *OperationLayer:
		return l.arguments(tensors), byName
	case *BatchNormalizationLayer, *Model:
		byName["mask"] = nil
	}
	if len(tensors) == 1 {
		return tensors, byName
	}
	return []any{tensors}, byName // several are one list
}

// readCall finds the tensors of a call in a file of Keras 3.
func readCall(l Layer, call map[string]any) (inputs []reference, err error) {
	if err := collectTensors(call["args"], &inputs, 0); err != nil {
		return nil, err
	}
	byName, _ := call["kwargs"].(map[string]any)
	byName = maps.Clone(byName)
	if caller, ok := l.(Caller); ok {
		tensors, err := caller.ReadCall(byName)
		if err != nil {
			return nil, err
		}
		if err := collectTensors(tensors, &inputs, 0); err != nil {
			return nil, err
		}
	}
	return inputs, checkSwitches(byName)
}

// checkSwitches refuses arguments that change what a layer computes: all that
// are neither null nor false.
func checkSwitches(byName map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if v := byName[name]; v != nil && v != false && name != "training" {
			return fmt.Errorf("is called with %s = %v, which is not supported", name, v)
		}
	}
	return nil
}
