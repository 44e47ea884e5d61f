package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// configReader takes the settings of a Keras configuration one by one and keeps
// the first error. What is left over at the end and is not empty is an error
// too: a setting that is not understood must not be lost silently.
type configReader struct {
	settings map[string]any
	err      error
}

// newConfigReader copies the settings through JSON, so that it sees the same
// types whether they came from a file or from Config.
func newConfigReader(config map[string]any) *configReader {
	r := &configReader{settings: map[string]any{}}
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, &r.settings)
	}
	if err != nil {
		r.err = fmt.Errorf("configuration is not JSON: %w", err)
	}
	return r
}

func (r *configReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// take removes a setting; absent and null are the same.
func (r *configReader) take(key string) any {
	v := r.settings[key]
	delete(r.settings, key)
	return v
}

// taken reads a setting of type T, or returns the default where it is absent.
func taken[T any](r *configReader, key string, otherwise T) T {
	switch v := r.take(key).(type) {
	case nil:
		return otherwise
	case T:
		return v
	default:
		r.fail("%s wants a %T, got %v", key, otherwise, v)
		return otherwise
	}
}

func (r *configReader) float(key string, otherwise float64) float64 { return taken(r, key, otherwise) }
func (r *configReader) bool(key string, otherwise bool) bool        { return taken(r, key, otherwise) }
func (r *configReader) string(key, otherwise string) string         { return taken(r, key, otherwise) }

// int reads a whole number.
func (r *configReader) int(key string, otherwise int) int {
	return r.wholeNumber(key, r.float(key, float64(otherwise)))
}

func (r *configReader) wholeNumber(key string, v float64) int {
	if v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
		r.fail("%s wants a whole number, got %g", key, v)
		return 0
	}
	return int(v)
}

// ints reads one number or a list of numbers; nil where the setting is absent.
func (r *configReader) ints(key string) []int {
	switch v := r.take(key).(type) {
	case nil:
		return nil
	case float64:
		return []int{r.wholeNumber(key, v)}
	case []any:
		return r.intList(key, v)
	default:
		r.fail("%s wants numbers, got %v", key, v)
		return nil
	}
}

func (r *configReader) intList(key string, list []any) []int {
	out := make([]int, 0, len(list))
	for _, v := range list {
		f, ok := v.(float64)
		if !ok {
			r.fail("%s wants numbers, got %v", key, list)
			return nil
		}
		out = append(out, r.wholeNumber(key, f))
	}
	return out
}

// pairOr reads one or two numbers, or returns the default.
func (r *configReader) pairOr(key string, otherwise ...int) []int {
	if v := r.ints(key); v != nil {
		return v
	}
	return otherwise
}

// batchShape reads a shape whose first axis is the batch's.
func (r *configReader) batchShape(keys ...string) (Shape, bool) {
	for _, key := range keys {
		v, ok := r.take(key).([]any)
		if !ok {
			continue
		}
		if len(v) < 1 {
			r.fail("%s wants the batch axis first, got %v", key, v)
			return nil, false
		}
		return Shape(r.intList(key, v[1:])), true
	}
	return nil, false
}

// only refuses every value but those given; absent is the first of them.
func (r *configReader) only(key string, allowed ...any) {
	v := r.take(key)
	if v != nil && !slices.Contains(allowed, v) {
		r.fail("%s = %v is not supported, only %v", key, v, allowed)
	}
}

// ignore drops settings that change nothing here.
func (r *configReader) ignore(keys ...string) {
	for _, key := range keys {
		delete(r.settings, key)
	}
}

// activation reads the name of an activation function, which Keras also writes
// as an object.
func (r *configReader) activation(key string, otherwise ActivationFunc) ActivationFunc {
	switch v := r.take(key).(type) {
	case nil:
		return otherwise
	case string:
		return ActivationFunc(v)
	case map[string]any:
		if name, ok := v["config"].(string); ok && v["class_name"] == "function" {
			return ActivationFunc(name)
		}
		class, _ := v["class_name"].(string)
		r.fail("%s wants the name of a function, got an object of class %q", key, class)
	default:
		r.fail("%s wants the name of a function, got %v", key, v)
	}
	return otherwise
}

// padding reads "valid" or "same" in any case.
func (r *configReader) padding() PaddingMode {
	switch p := r.string("padding", string(Valid)); p {
	case "same", "SAME":
		return Same
	case "valid", "VALID":
		return Valid
	default:
		r.fail("padding %q is not supported, only \"same\" and \"valid\"", p)
		return Valid
	}
}

// dtype reads a policy: its name, or an object as Keras 2 and 3 write it.
func (r *configReader) dtype() DTypePolicy {
	var name any
	switch v := r.take("dtype").(type) {
	case nil:
		return Float32
	case string:
		name = v
	case map[string]any:
		config, _ := v["config"].(map[string]any)
		name = config["name"]
	default:
		r.fail("dtype wants a name or a policy, got %v", v)
		return Float32
	}
	s, _ := name.(string)
	if p := DTypePolicy(s); p.check() == nil {
		return p
	}
	r.fail("dtype %q is not supported, only %q", name, policies)
	return Float32
}

// finish returns the first error, counting settings that nobody took and that
// are neither null nor false nor empty.
func (r *configReader) finish() error {
	if r.err != nil {
		return r.err
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(r.settings)) {
		switch v := r.settings[key].(type) {
		case nil:
		case bool:
			if v {
				errs = append(errs, fmt.Errorf("setting %s = true is not supported", key))
			}
		default:
			errs = append(errs, fmt.Errorf("setting %s = %v is not supported", key, v))
		}
	}
	return errors.Join(errs...)
}
