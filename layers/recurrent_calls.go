package layers

// startedCalls is how Keras calls a layer of a sequence, and of states that it
// starts from.
type startedCalls struct{}

// BuildConfig is Keras' get_build_config.
func (startedCalls) BuildConfig(in []Shape) map[string]any {
	sequence := batchShape(in[0])
	if len(in) == 1 {
		return map[string]any{"input_shape": sequence}
	}
	states := make([]any, len(in)-1)
	for i, s := range in[1:] {
		states[i] = batchShape(s)
	}
	return map[string]any{"shapes_dict": map[string]any{"sequences_shape": sequence, "initial_state_shape": states}}
}

// CallConfig implements [Caller]: the states go by name.
func (startedCalls) CallConfig(tensors []any) ([]any, map[string]any) {
	byName := map[string]any{}
	if len(tensors) > 1 {
		byName["initial_state"] = tensors[1:]
	}
	return tensors[:1], byName
}

// ReadCall implements [Caller]: it takes the states.
func (startedCalls) ReadCall(byName map[string]any) ([]any, error) {
	states := byName["initial_state"]
	delete(byName, "initial_state")
	switch states := states.(type) {
	case nil:
		return nil, nil
	case []any:
		return states, nil
	default:
		return []any{states}, nil
	}
}
