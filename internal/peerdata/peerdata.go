// Package peerdata has the data that tests share with the scripts of their peers:
// numbers by formula, which no file has to hold, and arrays as the scripts write
// them into golden files.
package peerdata

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
)

// Formula returns n numbers from -1 to 1, those of formula(n) in
// layers/testdata/make_golden.py.
func Formula(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = fraction(uint64(uint32(i) * 2654435761))
	}
	return out
}

// Salted returns n numbers from -1 to 1, others for each salt, those of
// formula(shape, salt) in layers/testdata/make_golden_training.py.
func Salted(n, salt int) []float32 {
	out := make([]float32, n)
	for i := range out {
		x := uint64(i) + uint64(salt*1000003)
		x = x * 2654435761 & math.MaxUint32
		x ^= x >> 15
		x = x * 2246822519 & math.MaxUint32
		x ^= x >> 13
		out[i] = fraction(x)
	}
	return out
}

// fraction maps 32 bits to -1 up to 1.
func fraction(x uint64) float32 { return float32(float64(x)/(1<<31) - 1) }

// Array is an array of 32-bit floats in a golden file.
type Array struct {
	Shape []int  `json:"shape"`
	Data  string `json:"data"` // base64, little-endian
}

// Values returns the numbers, row by row.
func (a Array) Values() ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(a.Data)
	if err != nil || len(raw)%4 != 0 {
		return nil, fmt.Errorf("peerdata: want 32-bit floats in base64, got %d bytes (%v)", len(raw), err)
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out, nil
}
