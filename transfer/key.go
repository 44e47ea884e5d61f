package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"unsafe"

	"github.com/gocifar/gocifar/layers"
)

// keyVersion changes when the meaning of a features file does.
const keyVersion = 1

// featuresKey identifies what a model makes of examples in a precision: a hash
// of all it depends on.
func featuresKey(
	model *layers.Model, examples *layers.Examples, precision layers.DTypePolicy, content string,
) (string, error) {
	backend, err := layers.Backend()
	if err != nil {
		return "", err
	}
	weights, err := weightsHash(model)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{
		"version": keyVersion,
		"model":   withoutTraining(model.Config()),
		"weights": weights,
		"data":    content,
		"shape":   examples.Shape,
		"scale":   examples.Scale,
		"offset":  examples.Offset,
		"dtype":   string(precision),
		// Backends round differently; a run should not depend on which one
		// filled the cache.
		"backend": backend.Name(),
	})
	if err != nil {
		return "", fmt.Errorf("describing the model: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// withoutTraining removes from a configuration what does not change the
// model's result in inference mode.
func withoutTraining(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, inner := range v {
			if key != "trainable" && !strings.HasSuffix(key, "_initializer") {
				kept[key] = withoutTraining(inner)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, inner := range v {
			kept[i] = withoutTraining(inner)
		}
		return kept
	default:
		return value
	}
}

func weightsHash(model *layers.Model) (string, error) {
	h := sha256.New()
	for _, v := range model.Variables() {
		fmt.Fprintln(h, v.Path, v.Shape)
		if err := v.Value.ConstBytes(func(data []byte) { h.Write(data) }); err != nil {
			return "", fmt.Errorf("reading %s: %w", v.Path, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func dataHash(examples *layers.Examples) string {
	h := sha256.New()
	fmt.Fprintln(h, len(examples.Bytes), len(examples.Floats))
	h.Write(examples.Bytes)
	writeFloats(h, examples.Floats)
	return hex.EncodeToString(h.Sum(nil))
}

// writeFloats hashes the memory of values.
func writeFloats(h hash.Hash, values []float32) {
	if len(values) > 0 {
		h.Write(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values)))
	}
}
