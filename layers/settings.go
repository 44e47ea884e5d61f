package layers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Settings is the configuration of a layer, optimizer, loss, metric or
// initializer as a file has it. Whoever reads it takes each setting by its
// method, with the value that counts where the setting is absent; the first
// error is kept and returned to whoever opened the file. What nobody takes is
// an error too: a setting that is not understood must not be lost silently.
type Settings struct {
	values map[string]any
	err    error
}

// newSettings copies the settings through JSON, so that it sees the same
// types whether they came from a file or from Config.
func newSettings(config map[string]any) *Settings {
	s := &Settings{values: map[string]any{}}
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, &s.values)
	}
	if err != nil {
		s.err = fmt.Errorf("configuration is not JSON: %w", err)
	}
	return s
}

// Fail keeps an error of one's own, if it is the first.
func (s *Settings) Fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// Take removes a setting and returns it as encoding/json decodes it. Absent and
// null are the same.
func (s *Settings) Take(key string) any {
	v := s.values[key]
	delete(s.values, key)
	return v
}

// taken reads a setting of type T, or returns the default where it is absent.
func taken[T any](s *Settings, key string, otherwise T) T {
	switch v := s.Take(key).(type) {
	case nil:
		return otherwise
	case T:
		return v
	default:
		s.Fail("%s wants a %T, got %v", key, otherwise, v)
		return otherwise
	}
}

// Float reads a number.
func (s *Settings) Float(key string, otherwise float64) float64 { return taken(s, key, otherwise) }

// Bool reads true or false.
func (s *Settings) Bool(key string, otherwise bool) bool { return taken(s, key, otherwise) }

// String reads a text.
func (s *Settings) String(key, otherwise string) string { return taken(s, key, otherwise) }

// seed reads Keras' seed of random numbers: nil, a whole number, which Python
// does not take as 5.0, or what describes a generator.
func (s *Settings) seed() any { return withInts(s.Take("seed")) }

// Int reads a whole number.
func (s *Settings) Int(key string, otherwise int) int {
	return s.wholeNumber(key, s.Float(key, float64(otherwise)))
}

func (s *Settings) wholeNumber(key string, v float64) int {
	if v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
		s.Fail("%s wants a whole number, got %g", key, v)
		return 0
	}
	return int(v)
}

// Ints reads one number or a list of them, or of lists of them.
func (s *Settings) Ints(key string, otherwise ...int) []int {
	switch v := s.Take(key).(type) {
	case nil:
		return otherwise
	case float64:
		return []int{s.wholeNumber(key, v)}
	case []any:
		return s.intList(key, v)
	default:
		s.Fail("%s wants numbers, got %v", key, v)
		return nil
	}
}

func (s *Settings) intList(key string, list []any) []int {
	out := make([]int, 0, len(list))
	for _, v := range list {
		switch v := v.(type) {
		case float64:
			out = append(out, s.wholeNumber(key, v))
		case []any:
			out = append(out, s.intList(key, v)...)
		default:
			s.Fail("%s wants numbers, got %v", key, list)
		}
	}
	return out
}

// Floats reads one number or a list of them.
func (s *Settings) Floats(key string, otherwise ...float64) []float64 {
	switch v := s.Take(key).(type) {
	case nil:
		return otherwise
	case float64:
		return []float64{v}
	case []any:
		out := make([]float64, 0, len(v))
		for _, item := range v {
			f, ok := item.(float64)
			if !ok {
				s.Fail("%s wants numbers, got %v", key, v)
				return otherwise
			}
			out = append(out, f)
		}
		return out
	default:
		s.Fail("%s wants numbers, got %v", key, v)
		return otherwise
	}
}

// batchShape reads a shape whose first axis is the batch's.
func (s *Settings) batchShape(keys ...string) (Shape, bool) {
	for _, key := range keys {
		v, ok := s.Take(key).([]any)
		if !ok {
			continue
		}
		if len(v) < 1 {
			s.Fail("%s wants the batch axis first, got %v", key, v)
			return nil, false
		}
		if slices.Contains(v[1:], nil) {
			s.Fail("%s = %v leaves a size open; here all sizes are known", key, v)
		}
		return Shape(s.intList(key, v[1:])), true
	}
	return nil, false
}

// Only refuses every value but those given; absent is the first of them.
func (s *Settings) Only(key string, allowed ...any) {
	v := s.Take(key)
	if v != nil && !slices.Contains(allowed, v) {
		s.Fail("%s = %v is not supported, only %v", key, v, allowed)
	}
}

// Ignore drops settings that change nothing here.
func (s *Settings) Ignore(keys ...string) {
	for _, key := range keys {
		delete(s.values, key)
	}
}

// dtype reads a policy: its name, or an object as Keras 2 and 3 write it.
func (s *Settings) dtype() DTypePolicy {
	var name any
	switch v := s.Take("dtype").(type) {
	case nil:
		return Float32
	case string:
		name = v
	case map[string]any:
		config, _ := v["config"].(map[string]any)
		name = config["name"]
	default:
		s.Fail("dtype wants a name or a policy, got %v", v)
		return Float32
	}
	text, _ := name.(string)
	if p := DTypePolicy(text); p.check() == nil {
		return p
	}
	s.Fail("dtype %q is not supported, only %q", name, policies)
	return Float32
}

// finish returns the first error, counting settings that nobody took and that
// are neither null nor false nor empty.
func (s *Settings) finish() error {
	if s.err != nil {
		return s.err
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		switch v := s.values[key].(type) {
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
