package layers

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// IntegerLookupLayer gives whole numbers their places in a vocabulary.
// (keras/src/layers/preprocessing/integer_lookup.py)
type IntegerLookupLayer struct {
	Base[*IntegerLookupLayer]
	vocabulary []int
	mode       Encoding
	unknown    int  // how many places numbers outside of the vocabulary share
	mask       *int // a number that is no word, nil for none
	padded     int  // places at least, 0 for as many as there are

	saved map[string]any // settings that change nothing here, kept for files
}

func init() { RegisterLayer("IntegerLookup", readIntegerLookup) }

func readIntegerLookup(s *Settings) Layer {
	s.Only("sparse", false)
	s.Only("invert", false)
	s.Only("oov_method", "floormod")
	s.Only("vocabulary_dtype", "int64")
	s.Ignore("idf_weights", "salt", "vocabulary_size")
	vocabulary := s.Ints("vocabulary")
	if vocabulary == nil {
		s.Fail("IntegerLookup wants its vocabulary in the settings; one that adapt found stands in a file beside them: " +
			"in Python, make the layer of vocabulary=layer.get_vocabulary() before saving")
	}
	mode := s.String("output_mode", string(EncodeInt))
	if mode == "binary" { // an older name
		mode = string(EncodeMultiHot)
	}
	unknown, oov, most := s.Int("num_oov_indices", 1), s.Take("oov_token"), s.Int("max_tokens", 0)
	var mask *int
	if v, ok := number(s.Take("mask_token")); ok {
		mask = &v
	}
	l := IntegerLookup(withoutSpecial(vocabulary, mask, unknown, mode, oov)...).Mode(Encoding(mode)).Unknown(unknown)
	l.mask = mask
	l.saved = map[string]any{"oov_token": withInts(oov), "max_tokens": nil, "pad_to_max_tokens": false}
	if most > 0 {
		l.saved["max_tokens"] = most
	}
	if s.Bool("pad_to_max_tokens", false) {
		l.padded, l.saved["pad_to_max_tokens"] = most, true
	}
	l.saved["vocabulary"] = vocabulary
	return l
}

// withoutSpecial is a vocabulary without the mask and the numbers for unknown
// ones that Keras' get_vocabulary puts in front.
func withoutSpecial(vocabulary []int, mask *int, unknown int, mode string, oov any) []int {
	var special []int
	if mask != nil && mode == string(EncodeInt) {
		special = append(special, *mask)
	}
	for range unknown {
		if v, ok := number(oov); ok {
			special = append(special, v)
		}
	}
	if n := len(special); n > 0 && n <= len(vocabulary) && slices.Equal(vocabulary[:n], special) {
		return vocabulary[n:]
	}
	return vocabulary
}

// IntegerLookup makes a layer for the numbers of a vocabulary: the first one
// becomes 1, the next 2; all others become 0. Default EncodeInt.
func IntegerLookup(vocabulary ...int) *IntegerLookupLayer {
	l := &IntegerLookupLayer{vocabulary: slices.Clone(vocabulary), mode: EncodeInt, unknown: 1}
	l.Init(l, "IntegerLookup")
	if len(vocabulary) == 0 {
		l.Invalid("wants a vocabulary of at least 1 number, got none")
	}
	seen := map[int]bool{}
	for _, v := range vocabulary {
		switch {
		case seen[v]:
			l.Invalid("wants numbers that differ, got %d twice", v)
		case v != int(int32(v)):
			l.Invalid("wants numbers between %d and %d, got %d", math.MinInt32, math.MaxInt32, v)
		}
		seen[v] = true
	}
	return l
}

// Mode sets how the places are written. Default EncodeInt.
func (l *IntegerLookupLayer) Mode(mode Encoding) *IntegerLookupLayer {
	if err := mode.check(EncodeInt, EncodeOneHot, EncodeMultiHot, EncodeCount); err != nil {
		l.Invalid("%w", err)
	}
	l.mode = mode
	return l
}

// Unknown sets how many places numbers outside of the vocabulary share, each by
// its remainder: Keras' num_oov_indices. Default 1. With 0 they become -1, where
// Keras stops, or are left out of other modes than EncodeInt.
func (l *IntegerLookupLayer) Unknown(places int) *IntegerLookupLayer {
	if places < 0 {
		l.Invalid("num_oov_indices must be at least 0, got %d", places)
	}
	l.unknown = places
	return l
}

// Mask sets a number that is no word: it becomes 0, before all other places, or is
// left out of other modes than EncodeInt.
func (l *IntegerLookupLayer) Mask(number int) *IntegerLookupLayer {
	l.mask = &number
	return l
}

// firstPlaces are the first place of numbers outside of the vocabulary, and that
// of its first number.
func (l *IntegerLookupLayer) firstPlaces() (unknown, known int) {
	if l.mask != nil && l.mode == EncodeInt {
		unknown = 1
	}
	return unknown, unknown + l.unknown
}

func (l *IntegerLookupLayer) places() int {
	_, first := l.firstPlaces()
	return first + len(l.vocabulary)
}

// OutputShape is the input's, or that of the encoded places.
func (l *IntegerLookupLayer) OutputShape(in []Shape) (Shape, error) {
	s, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if l.mask != nil && slices.Contains(l.vocabulary, *l.mask) {
		return nil, fmt.Errorf("the mask %d must not be part of the vocabulary", *l.mask)
	}
	return l.mode.shape(s, max(l.places(), l.padded))
}

// Call finds each number in the sorted vocabulary, by halves.
func (l *IntegerLookupLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := graph.ConvertDType(in[0], dtypes.Int32)
	scalar := func(v int) *graph.Node { return graph.Scalar(c.Graph, dtypes.Int32, v) }
	wide := func(v int) *graph.Node { return graph.BroadcastToShape(scalar(v), x.Shape()) }
	sorted, places := l.sorted()
	values, order := graph.Const(c.Graph, sorted), graph.Const(c.Graph, places)
	read := func(from, at *graph.Node) *graph.Node { return graph.Gather(from, graph.ExpandAxes(at, -1)) }
	at := graph.ZerosLike(x) // the last of the values that are not above x
	for step := 1 << bits.Len(uint(len(sorted))); step > 0; step /= 2 {
		next := graph.Min(graph.Add(at, scalar(step)), wide(len(sorted)-1))
		at = graph.Where(graph.LessOrEqual(read(values, next), x), graph.Max(at, next), at)
	}
	first, _ := l.firstPlaces()
	unknown := wide(-1)
	if l.unknown > 0 {
		rest := graph.Mod(x, scalar(l.unknown))
		rest = graph.Mod(graph.Add(rest, scalar(l.unknown)), scalar(l.unknown)) // of numbers below 0
		unknown = graph.Add(rest, scalar(first))
	}
	found := graph.Where(graph.Equal(read(values, at), x), read(order, at), unknown)
	if l.mask != nil {
		none := wide(-1)
		if l.mode == EncodeInt {
			none = wide(0)
		}
		found = graph.Where(graph.Equal(x, scalar(*l.mask)), none, found)
	}
	found = graph.StopGradient(found) // GoMLX 0.28 has no gradient of the remainder, and here is none
	return l.mode.encode(found, max(l.places(), l.padded), in[0].DType())
}

// sorted is the vocabulary in rising order, and each number's place.
func (l *IntegerLookupLayer) sorted() (values, places []int32) {
	_, first := l.firstPlaces()
	order := make([]int, len(l.vocabulary))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(l.vocabulary[a], l.vocabulary[b]) })
	for _, i := range order {
		values, places = append(values, int32(l.vocabulary[i])), append(places, int32(first+i))
	}
	return values, places
}

// Config returns Keras' configuration of an IntegerLookup.
func (l *IntegerLookupLayer) Config() map[string]any {
	c := l.Base.Config()
	for key, v := range map[string]any{"invert": false, "max_tokens": nil, "num_oov_indices": l.unknown, "oov_token": -1,
		"mask_token": nil, "output_mode": string(l.mode), "sparse": false, "pad_to_max_tokens": false,
		"vocabulary_dtype": "int64", "idf_weights": nil, "vocabulary": l.vocabulary, "vocabulary_size": l.places(),
		"oov_method": "floormod", "salt": nil} {
		c[key] = v
	}
	if l.mask != nil {
		c["mask_token"] = *l.mask
	}
	for key, v := range l.saved {
		c[key] = v
	}
	return c
}
