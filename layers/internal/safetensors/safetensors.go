// Package safetensors reads and writes float32 tensors in safetensors files
// (https://github.com/huggingface/safetensors): the length of a JSON header (8
// bytes, little endian), the header, then the tensors' bytes. Python's
// safetensors package reads them.
//
// A file that [Write] made is whole: it replaces the old one in one move, and
// the header's metadata carries a checksum of the tensors' bytes, which [Read]
// compares, beside the caller's own entries:
//
//	err := safetensors.Write(path, []safetensors.Tensor{{"bias", []int{2}, []float32{0, 1}}}, nil)
//
// Which names and metadata a file has is left to the caller.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// Tensor is one float32 tensor of a file: its values in row-major order.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float32
}

const (
	checksumKey = "crc32c"
	maxHeader   = 64 << 20
	float32Type = "F32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write replaces the file at path in one move: a reader, or a machine that
// stops half way, finds either the old file or the new one.
func Write(path string, list []Tensor, metadata map[string]string) error {
	return wholefile.Write(path, func(w io.Writer) error {
		sum, offset := crc32.New(castagnoli), int64(0)
		header := map[string]any{}
		for _, t := range list {
			if err := binary.Write(sum, binary.LittleEndian, t.Values); err != nil {
				return err
			}
			end := offset + 4*int64(len(t.Values))
			header[t.Name] = entry{float32Type, t.Shape, [2]int64{offset, end}}
			offset = end
		}
		meta := map[string]string{"format": "gocifar", checksumKey: fmt.Sprintf("%08x", sum.Sum32())}
		maps.Copy(meta, metadata)
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
			if err := binary.Write(w, binary.LittleEndian, t.Values); err != nil {
				return err
			}
		}
		return nil
	})
}

// Read reads a whole file and checks it. It returns the tensors in the order of
// their bytes, and the metadata.
func Read(path string) ([]Tensor, map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	list, metadata, err := parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("layers: %s is damaged or no state of ours: %w", path, err)
	}
	return list, metadata, nil
}

// parse reads a file's bytes. Tensors come back in the order of
// their bytes.
func parse(data []byte) ([]Tensor, map[string]string, error) {
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
func parseTensors(raw map[string]json.RawMessage, body []byte) ([]Tensor, error) {
	type located struct {
		Tensor
		offsets [2]int64
	}
	var all []located
	for name, text := range raw {
		var e entry
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
		if e.DType != float32Type {
			return nil, fmt.Errorf("tensor %q has type %q, want %q", name, e.DType, float32Type)
		}
		if from < 0 || to < from || to > int64(len(body)) || to-from != size {
			return nil, fmt.Errorf("tensor %q of shape %v has bytes %d to %d of %d", name, e.Shape, from, to, len(body))
		}
		values := make([]float32, size/4)
		if _, err := binary.Decode(body[from:to], binary.LittleEndian, values); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		all = append(all, located{Tensor{name, e.Shape, values}, e.Offsets})
	}
	slices.SortFunc(all, func(a, b located) int {
		if a.offsets != b.offsets {
			return slices.Compare(a.offsets[:], b.offsets[:])
		}
		return strings.Compare(a.Name, b.Name)
	})
	end := int64(0)
	var list []Tensor
	for _, t := range all {
		if t.offsets[0] != end {
			return nil, fmt.Errorf("tensor %q starts at byte %d, want %d", t.Name, t.offsets[0], end)
		}
		end = t.offsets[1]
		list = append(list, t.Tensor)
	}
	if end != int64(len(body)) {
		return nil, fmt.Errorf("%d bytes belong to no tensor", int64(len(body))-end)
	}
	return list, nil
}
