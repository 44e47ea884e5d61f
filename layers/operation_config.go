package layers

import (
	"fmt"
	"strings"
)

// arguments puts the constants between the tensors of a call, as Keras writes
// the arguments of an operation.
func (l *OperationLayer) arguments(tensors []any) []any {
	args := make([]any, len(l.constants))
	for i, c := range l.constants {
		if c != nil {
			args[i] = *c
			continue
		}
		args[i], tensors = tensors[0], tensors[1:]
	}
	return args
}

// isOperationConfig tells an operation in a file from a layer. Legacy files
// have no module, and write of an operation nothing but its name.
func isOperationConfig(o map[string]any) bool {
	if module, ok := o["module"].(string); ok {
		return strings.HasPrefix(module, "keras.src.ops.")
	}
	class, _ := o["class_name"].(string)
	config, _ := o["config"].(map[string]any)
	_, known := operations[Operation(class)]
	return known && len(config) == 1 && config["name"] != nil
}

// operationFromConfig makes an operation from its form in a file. Its constant
// arguments are those of its only call.
func operationFromConfig(o map[string]any) (Layer, error) {
	class, config, err := savedClass(o)
	if err != nil {
		return nil, err
	}
	l := &OperationLayer{}
	l.Init(l, class)
	l.name, _ = config["name"].(string)
	fail := func(format string, args ...any) (Layer, error) {
		return nil, fmt.Errorf("layers: configuration of operation %q (%s): %w", l.name, class, fmt.Errorf(format, args...))
	}
	if _, ok := operations[Operation(class)]; !ok {
		return fail("the operation is not supported; known are %s", strings.Join(operationNames(), ", "))
	}
	if len(config) != 1 {
		return fail("wants no settings but a name, got %v", config)
	}
	if strings.ContainsAny(l.name, "/\x00") {
		return fail("the name must not contain '/'")
	}
	calls, _ := o["inbound_nodes"].([]any)
	if len(calls) != 1 {
		return fail("wants 1 call, got %d", len(calls))
	}
	call, _ := calls[0].(map[string]any)
	if kwargs, _ := call["kwargs"].(map[string]any); len(kwargs) > 0 {
		return fail("arguments by name are not supported, got %v", kwargs)
	}
	args, _ := call["args"].([]any)
	for i, a := range args {
		switch a := a.(type) {
		case float64:
			l.constants = append(l.constants, &a)
		case int:
			f := float64(a)
			l.constants = append(l.constants, &f)
		case map[string]any:
			l.constants = append(l.constants, nil)
		default:
			return fail("argument %d wants a tensor or a number, got %v", i, a)
		}
	}
	return l, nil
}
