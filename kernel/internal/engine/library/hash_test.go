package library

import (
	"debug/elf"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSymbolsByHash: every symbol that the library defines
// is found by its name, and no other name is.
func TestSymbolsByHash(t *testing.T) {
	path := testLibrary(t).shared()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	x, err := readIndex(path)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range symbols {
		i, ok := x.find(s.Name)
		if defined := s.Section != elf.SHN_UNDEF; ok != defined {
			t.Errorf("%s: found %v, defined %v", s.Name, ok, defined)
		}
		if !ok {
			continue
		}
		found++
		if got := x.at(i); got.name != s.Name {
			t.Errorf("%s: found %+v, want %+v", s.Name, got, s)
		}
		if _, ok := x.find(s.Name + "x"); ok && !slices.ContainsFunc(symbols,
			func(other elf.Symbol) bool { return other.Name == s.Name+"x" }) {
			t.Errorf("%sx is found", s.Name)
		}
	}
	if found == 0 {
		t.Error("the library defines nothing")
	}
}

func TestRelocationsByPlace(t *testing.T) {
	for _, bits := range []int{0, 1, 15, 16, 17, 33, 64} {
		var list []relocation
		for i := range 1000 {
			list = append(list, relocation{at: rand.Uint64() >> (64 - bits), symbol: uint32(i)})
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b relocation) int {
			if a.at < b.at {
				return -1
			}
			return int(min(a.at-b.at, 1))
		})
		if got := byPlace(slices.Clone(list)); !slices.Equal(got, want) {
			t.Errorf("places of %d bits are out of order", bits)
		}
	}
}
