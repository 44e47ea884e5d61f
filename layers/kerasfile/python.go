package kerasfile

import (
	"encoding/json"
	"math"
	"strconv"
)

// pythonJSON encodes a configuration so that Python reads the same types from
// it: encoding/json writes the float64 0 as 0, which Python takes for an int,
// and Keras' SGD refuses an int as its momentum.
func pythonJSON(v any) ([]byte, error) { return json.Marshal(pythonFloats(v)) }

// pythonFloats writes whole float64 values with a decimal point.
func pythonFloats(v any) any {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return json.Number(strconv.FormatFloat(v, 'f', 1, 64))
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = pythonFloats(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = pythonFloats(item)
		}
		return out
	}
	return v
}
