package parameters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Value is what a parameter is to be.
type Value struct {
	Name string
	// Text is the value as it was typed; "" if it was not typed as a text.
	Text string
	// Value is what it says: nil, a bool, a string, a *big.Int, a float64, a
	// []any or a map[string]any of these.
	Value any
}

// ParseFlag reads "name=value". The value is a number, true, false or null (or
// True, False, None), a list or an object in YAML's flow form ("[1, 2]", "{a:
// 1}"), or else a string.
func ParseFlag(text string) (Value, error) {
	v, err := ParseRaw(text)
	if err != nil {
		return v, err
	}
	if strings.HasPrefix(v.Text, "[") || strings.HasPrefix(v.Text, "{") {
		if err := yaml.Unmarshal([]byte(v.Text), &v.Value); err != nil {
			return v, fmt.Errorf("parameters: %s: %w", v.Name, err)
		}
		v.Value, err = normal(v.Value)
		if err != nil {
			return v, fmt.Errorf("parameters: %s: %w", v.Name, err)
		}
		return v, nil
	}
	v.Value = scalar(v.Text)
	return v, nil
}

// ParseRaw reads "name=text", whose value is always a string.
func ParseRaw(text string) (Value, error) {
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	if !ok || !isName(name) {
		return Value{}, fmt.Errorf("parameters: %q is no name=value", text)
	}
	return Value{Name: name, Text: value, Value: value}, nil
}

// scalar finds out what a typed word means, as papermill does.
func scalar(text string) any {
	switch text {
	case "true", "True":
		return true
	case "false", "False":
		return false
	case "null", "None":
		return nil
	}
	if n, ok := new(big.Int).SetString(text, 10); ok {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !strings.ContainsAny(text, "xXpP_") {
		return f
	}
	return text
}

// ReadFile reads values from a YAML or JSON file: an object whose keys are the
// names.
func ReadFile(path string) ([]Value, error) { return readFile("parameters", path, Parse) }

// readFile reads a list from a file, which is of that kind.
func readFile[T any](kind, path string, parse func([]byte) ([]T, error)) ([]T, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	list, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, filepath.Base(path), err)
	}
	return list, nil
}

// Parse reads the content of such a file.
func Parse(raw []byte) ([]Value, error) {
	root, err := parseYAML(raw)
	if root == nil || err != nil {
		return nil, err
	}
	return valuesOf(root)
}

// parseYAML returns the one value of a YAML or JSON document, nil if it is
// empty.
func parseYAML(raw []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, nil
	}
	return document.Content[0], nil
}

// valuesOf are those of an object.
func valuesOf(node *yaml.Node) ([]Value, error) {
	if node.Kind != yaml.MappingNode {
		return nil, errors.New("want an object of names and values")
	}
	var decoded map[string]any
	if err := node.Decode(&decoded); err != nil { // also refuses what grows without end
		return nil, err
	}
	var values []Value
	pairs := node.Content
	for i := 0; i+1 < len(pairs); i += 2 {
		name := pairs[i].Value
		content, ok := decoded[name]
		if !ok || !isName(name) {
			return nil, fmt.Errorf("line %d: %q is no name", pairs[i].Line, name)
		}
		v, err := normal(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values = append(values, Value{Name: name, Value: v})
	}
	return values, nil
}

// normal brings what YAML decodes to the few types of [Value].
func normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, float64:
		return v, nil
	case int:
		return big.NewInt(int64(v)), nil
	case int64:
		return big.NewInt(v), nil
	case uint64:
		return new(big.Int).SetUint64(v), nil
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly), nil
		}
		return v.Format(time.RFC3339Nano), nil
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = normal(v[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, value := range v {
			var err error
			if object[key], err = normal(value); err != nil {
				return nil, err
			}
		}
		return object, nil
	case map[any]any:
		return nil, errors.New("the keys of an object must be strings")
	}
	return nil, fmt.Errorf("a %T cannot be a parameter", v)
}

// lastOfEach keeps the last value for each name, where the name first stood.
func lastOfEach(values []Value) []Value {
	var kept []Value
	for _, v := range values {
		if i := slices.IndexFunc(kept, func(k Value) bool { return k.Name == v.Name }); i >= 0 {
			kept[i] = v
		} else {
			kept = append(kept, v)
		}
	}
	return kept
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// sortedKeys makes texts from objects the same each time.
func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
