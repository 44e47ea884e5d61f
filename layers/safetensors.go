package layers

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// State is kept in safetensors files (https://github.com/huggingface/safetensors):
// the length of a JSON header (8 bytes, little endian), the header, then the
// tensors' bytes. Python's safetensors package reads them. The header's
// metadata carries a checksum of the tensors' bytes, and whatever else is
// kept beside them.

// savedTensor is one float32 tensor of a file.
type savedTensor struct {
	name   string
	shape  []int
	values []float32
}

const (
	checksumKey      = "crc32c"
	maxHeader        = 64 << 20
	safetensorsDType = "F32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type safetensorsEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// writeSafetensors replaces the file at path in one move: a reader, or a
// machine that stops half way, finds either the old file or the new one.
func writeSafetensors(path string, list []savedTensor, metadata map[string]string) error {
	return wholefile.Write(path, func(w io.Writer) error {
		sum, offset := uint32(0), int64(0)
		header := map[string]any{}
		for _, t := range list {
			data := float32Bytes(t.values)
			sum = crc32.Update(sum, castagnoli, data)
			header[t.name] = safetensorsEntry{safetensorsDType, t.shape, [2]int64{offset, offset + int64(len(data))}}
			offset += int64(len(data))
		}
		meta := map[string]string{"format": "gocifar", checksumKey: fmt.Sprintf("%08x", sum)}
		for k, v := range metadata {
			meta[k] = v
		}
		header["__metadata__"] = meta
		text, err := json.Marshal(header)
		if err != nil {
			return err
		}
		text = append(text, bytes.Repeat([]byte{' '}, (8-len(text)%8)%8)...) // tensors start aligned
		if len(text) > maxHeader {
			return fmt.Errorf("the header has %d bytes, more than %d", len(text), maxHeader)
		}
		if err := binary.Write(w, binary.LittleEndian, uint64(len(text))); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		for _, t := range list {
			if _, err := w.Write(float32Bytes(t.values)); err != nil {
				return err
			}
		}
		return nil
	})
}

// float32Bytes is the little-endian form of values.
func float32Bytes(values []float32) []byte {
	out := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
	}
	return out
}

// readSafetensors reads a whole file and checks it.
func readSafetensors(path string) ([]savedTensor, map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	list, metadata, err := parseSafetensors(data)
	if err != nil {
		return nil, nil, fmt.Errorf("layers: %s is damaged or no state of ours: %w", path, err)
	}
	return list, metadata, nil
}

// parseSafetensors reads a file's bytes. Tensors come back in the order of
// their bytes.
func parseSafetensors(data []byte) ([]savedTensor, map[string]string, error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("%d bytes are too few", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return nil, nil, fmt.Errorf("a header of %d bytes does not fit into a file of %d", n, len(data))
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &raw); err != nil {
		return nil, nil, fmt.Errorf("the header: %w", err)
	}
	body := data[8+n:]
	metadata := map[string]string{}
	if m, ok := raw["__metadata__"]; ok {
		if err := json.Unmarshal(m, &metadata); err != nil {
			return nil, nil, fmt.Errorf("the header's metadata: %w", err)
		}
		delete(raw, "__metadata__")
	}
	if want, ok := metadata[checksumKey]; ok {
		if got := fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)); got != want {
			return nil, nil, fmt.Errorf("the tensors' checksum is %s, the header says %s", got, want)
		}
	}
	list, err := parseTensors(raw, body)
	return list, metadata, err
}

// parseTensors takes the tensors out of body, which they must fill without
// gaps.
func parseTensors(raw map[string]json.RawMessage, body []byte) ([]savedTensor, error) {
	type located struct {
		savedTensor
		offsets [2]int64
	}
	var all []located
	for name, text := range raw {
		var e safetensorsEntry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		size := int64(4)
		for _, d := range e.Shape {
			if d < 0 || d > 0 && size > math.MaxInt64/int64(d) {
				return nil, fmt.Errorf("tensor %q has the impossible shape %v", name, e.Shape)
			}
			size *= int64(d)
		}
		from, to := e.Offsets[0], e.Offsets[1]
		if e.DType != safetensorsDType {
			return nil, fmt.Errorf("tensor %q has type %q, want %q", name, e.DType, safetensorsDType)
		}
		if from < 0 || to < from || to > int64(len(body)) || to-from != size {
			return nil, fmt.Errorf("tensor %q of shape %v has bytes %d to %d of %d", name, e.Shape, from, to, len(body))
		}
		values := make([]float32, size/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[from+4*int64(i):]))
		}
		all = append(all, located{savedTensor{name, e.Shape, values}, e.Offsets})
	}
	slices.SortFunc(all, func(a, b located) int {
		if a.offsets != b.offsets {
			return slices.Compare(a.offsets[:], b.offsets[:])
		}
		return strings.Compare(a.name, b.name)
	})
	end := int64(0)
	var list []savedTensor
	for _, t := range all {
		if t.offsets[0] != end {
			return nil, fmt.Errorf("tensor %q starts at byte %d, want %d", t.name, t.offsets[0], end)
		}
		end = t.offsets[1]
		list = append(list, t.savedTensor)
	}
	if end != int64(len(body)) {
		return nil, fmt.Errorf("%d bytes belong to no tensor", int64(len(body))-end)
	}
	return list, nil
}

// weights copies all variables' values, into the given slices where there are
// any.
func (m *Model) weights(into [][]float32) ([][]float32, error) {
	variables := m.Variables()
	if into == nil {
		into = make([][]float32, len(variables))
	}
	for i, v := range variables {
		var err error
		if into[i], err = v.Flat(); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// setWeights is the inverse of weights.
func (m *Model) setWeights(values [][]float32) error {
	variables := m.Variables()
	if len(values) != len(variables) {
		return fmt.Errorf("layers: model %q has %d variables, got weights of %d", m.Name(), len(variables), len(values))
	}
	for i, v := range variables {
		old := v.Value
		if err := v.SetFlat(values[i]); err != nil {
			return err
		}
		release(old)
	}
	return nil
}

const weightPrefix = "weights/"

// SaveCheckpoint writes the model's weights to a safetensors file, in one
// move. Package kerasfile writes files that Keras reads.
func (m *Model) SaveCheckpoint(path string) error {
	if err := m.Ready(); err != nil {
		return err
	}
	if err := m.InitializeMissing(); err != nil {
		return err
	}
	values, err := m.weights(nil)
	if err != nil {
		return err
	}
	return writeSafetensors(path, m.savedWeights(values), nil)
}

// savedWeights names the weights for a file.
func (m *Model) savedWeights(values [][]float32) []savedTensor {
	var list []savedTensor
	for i, v := range m.Variables() {
		list = append(list, savedTensor{weightPrefix + v.Path, v.Shape, values[i]})
	}
	return list
}

// LoadCheckpoint reads what SaveCheckpoint or ModelCheckpoint wrote. All
// variables must be there in their shapes, and no others; else the error names
// each and the model keeps its weights.
func (m *Model) LoadCheckpoint(path string) error {
	if err := m.Ready(); err != nil {
		return err
	}
	list, _, err := readSafetensors(path)
	if err != nil {
		return err
	}
	if err := m.takeWeights(list); err != nil {
		return fmt.Errorf("layers: loading %s into model %q: %w", path, m.Name(), err)
	}
	return nil
}

// takeWeights sets the weights from a file's tensors, all or none.
func (m *Model) takeWeights(list []savedTensor) error {
	byName := map[string]savedTensor{}
	for _, t := range list {
		if name, ok := strings.CutPrefix(t.name, weightPrefix); ok {
			byName[name] = t
		}
	}
	var problems []error
	var values [][]float32
	for _, v := range m.Variables() {
		t, ok := byName[v.Path]
		delete(byName, v.Path)
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s is missing", v.Path))
		case !v.Shape.Equal(Shape(t.shape)):
			problems = append(problems, fmt.Errorf("%s has shape %v, want %v", v.Path, t.shape, []int(v.Shape)))
		}
		values = append(values, t.values)
	}
	for name := range byName {
		problems = append(problems, fmt.Errorf("%s is in no layer of the model", name))
	}
	if problems != nil {
		return errors.Join(problems...)
	}
	return m.setWeights(values)
}
