package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gocifar/gocifar/layers"
)

// pass is one pass of examples through a model, batch by batch in one
// compiled graph.
type pass struct {
	model    *layers.Model
	examples *layers.Examples
	batch    int
	dtype    dtypes.DType // of the computation
	backend  compute.Backend
	exec     *graph.Exec // nil before the first batch
}

func newPass(model *layers.Model, examples *layers.Examples, batch int, dtype dtypes.DType) (*pass, error) {
	backend, err := layers.Backend()
	if err != nil {
		return nil, err
	}
	if err := model.InitializeMissing(); err != nil {
		return nil, err
	}
	batch = min(batch, max(1, examples.Len())) // a few examples are not filled up to many
	return &pass{model: model, examples: examples, batch: batch, dtype: dtype, backend: backend}, nil
}

// close frees the compiled graph.
func (p *pass) close() {
	if p.exec != nil {
		p.exec.Finalize()
		p.exec = nil
	}
}

// graph is the compiled function: examples as they are stored, and the
// weights, to the model's results.
func (p *pass) graph(in []*graph.Node) []*graph.Node {
	values := map[*layers.Variable]*graph.Node{}
	for i, v := range p.model.Variables() {
		values[v] = graph.ConvertDType(in[1+i], p.dtype)
	}
	x := graph.ConvertDType(in[0], dtypes.Float32)
	if s := p.examples.Scale; s != 0 && s != 1 {
		x = graph.MulScalar(x, s)
	}
	if o := p.examples.Offset; o != 0 {
		x = graph.AddScalar(x, o)
	}
	call := layers.NewPass(x.Graph(), false, func(v *layers.Variable) *graph.Node { return values[v] }, nil)
	results := p.model.Forward(call, graph.ConvertDType(x, p.dtype))
	for i, r := range results {
		results[i] = graph.ConvertDType(r, dtypes.Float32)
	}
	return results
}

// fill computes the first result of examples from..to.
func (p *pass) fill(ctx context.Context, from, to int, out []float32) error {
	width := len(out) / (to - from)
	for ; from < to; from += p.batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(p.batch, to-from)
		if err := p.fillBatch(from, from+n, out[:n*width]); err != nil {
			return err
		}
		out = out[n*width:]
	}
	return nil
}

// fillBatch computes the first result of at most one batch.
func (p *pass) fillBatch(from, to int, out []float32) error {
	results, err := p.execute(from, to)
	if err != nil {
		return err
	}
	for _, r := range results {
		defer r.FinalizeAll()
	}
	return tensors.ConstFlatData(results[0], func(flat []float32) { copy(out, flat) })
}

// execute computes all results of examples from..to, and of the zeros that
// fill up the batch.
func (p *pass) execute(from, to int) ([]*tensors.Tensor, error) {
	if p.exec == nil {
		exec, err := graph.NewExec(p.backend, p.graph)
		if err != nil {
			return nil, err
		}
		p.exec = exec
	}
	images := p.images(from, to)
	defer images.FinalizeAll()
	args := []any{images}
	for _, v := range p.model.Variables() {
		args = append(args, v.Value)
	}
	return p.exec.Call(args...)
}

// images returns examples from..to, filled up with zeros to a whole batch so
// that the last one needs no graph of its own.
func (p *pass) images(from, to int) *tensors.Tensor {
	size := layers.Shape(p.examples.Shape).Size()
	dimensions := append([]int{p.batch}, p.examples.Shape...)
	if p.examples.Bytes != nil {
		return tensors.FromFlatDataAndDimensions(filledUp(p.examples.Bytes[from*size:to*size], p.batch*size), dimensions...)
	}
	return tensors.FromFlatDataAndDimensions(filledUp(p.examples.Floats[from*size:to*size], p.batch*size), dimensions...)
}

func filledUp[T any](values []T, n int) []T {
	if len(values) == n {
		return values
	}
	return append(slices.Clone(values), make([]T, n-len(values))...)
}

// keyVersion changes when the meaning of a features file does.
const keyVersion = 1

// key identifies the pass's result: a hash of all it depends on.
func (p *pass) key() (string, error) {
	weights, err := p.weightsHash()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{
		"version": keyVersion,
		"model":   withoutTraining(p.model.Config()),
		"weights": weights,
		"data":    p.dataHash(),
		"shape":   p.examples.Shape,
		"scale":   p.examples.Scale,
		"offset":  p.examples.Offset,
		"dtype":   p.dtype.String(),
		// Backends round differently; a run should not depend on which one
		// filled the cache.
		"backend": p.backend.Name(),
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

func (p *pass) weightsHash() (string, error) {
	h := sha256.New()
	for _, v := range p.model.Variables() {
		fmt.Fprintln(h, v.Path, v.Shape)
		if err := v.Value.ConstBytes(func(data []byte) { h.Write(data) }); err != nil {
			return "", fmt.Errorf("reading %s: %w", v.Path, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (p *pass) dataHash() string {
	h := sha256.New()
	fmt.Fprintln(h, len(p.examples.Bytes), len(p.examples.Floats))
	h.Write(p.examples.Bytes)
	writeFloats(h, p.examples.Floats)
	return hex.EncodeToString(h.Sum(nil))
}

// writeFloats hashes the memory of values.
func writeFloats(h hash.Hash, values []float32) {
	if len(values) > 0 {
		h.Write(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values)))
	}
}
