package layers

import (
	"fmt"
	"reflect"
	"testing"
)

func TestModelConfigEqualsKeras(t *testing.T) {
	for name, c := range goldenModels(t) {
		m, err := ModelFromConfig(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		got, want := asJSON(t, m.KerasConfig()), c.Config
		dropKey(want, "compile_config")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", name, firstDifference("", got, want))
		}
	}
}

// firstDifference says where two JSON values differ.
func firstDifference(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for key := range w {
			if _, ok := g[key]; !ok {
				return fmt.Sprintf("%s: lacks %s", path, key)
			}
			if d := firstDifference(path+"."+key, g[key], w[key]); d != "" {
				return d
			}
		}
		for key := range g {
			if _, ok := w[key]; !ok {
				return fmt.Sprintf("%s.%s: got %v, Keras has no such key", path, key, g[key])
			}
		}
		return ""
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		for i := range w {
			if d := firstDifference(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s: got %v, want %v", path, got, want)
	}
	return ""
}

// dropKey removes a key at every depth.
func dropKey(v any, key string) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, key)
		for _, x := range v {
			dropKey(x, key)
		}
	case []any:
		for _, x := range v {
			dropKey(x, key)
		}
	}
}
