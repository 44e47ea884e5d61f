package library

import (
	"debug/elf"
	"encoding/binary"
	"errors"
)

// symbolHash finds the symbols that a shared library defines by the table that
// the dynamic linker uses for that (section .gnu.hash,
// https://sourceware.org/ml/binutils/2006-10/msg00377.html): reading 130,000
// names into a map would take longer than a cell.
type symbolHash struct {
	first           uint32 // the first symbol in the table
	buckets, chains []byte // of uint32
}

func readSymbolHash(f *elf.File) (h symbolHash, err error) {
	section := f.SectionByType(elf.SHT_GNU_HASH)
	if section == nil {
		return h, errors.New("a library without a .gnu.hash table")
	}
	data, err := section.Data()
	if err != nil {
		return h, err
	}
	const header, word, bloomWord = 16, 4, 8
	if len(data) < header {
		return h, errTruncatedHash
	}
	buckets, bloom := uint64(binary.LittleEndian.Uint32(data)), uint64(binary.LittleEndian.Uint32(data[2*word:]))
	h.first = binary.LittleEndian.Uint32(data[word:])
	from := header + bloomWord*bloom
	if buckets == 0 || from+word*buckets > uint64(len(data)) {
		return h, errTruncatedHash
	}
	h.buckets, h.chains = data[from:from+word*buckets], data[from+word*buckets:]
	return h, nil
}

var errTruncatedHash = errors.New("a library with a truncated .gnu.hash table")

// candidates calls try with symbols that may have the name, until it returns
// true.
func (h symbolHash) candidates(name string, try func(uint32) bool) {
	sum := uint32(5381)
	for i := range len(name) {
		sum = sum*33 + uint32(name[i])
	}
	const word = 4
	i := binary.LittleEndian.Uint32(h.buckets[word*(sum%uint32(len(h.buckets)/word)):])
	if i < h.first {
		return
	}
	for at := word * uint64(i-h.first); at+word <= uint64(len(h.chains)); at, i = at+word, i+1 {
		other := binary.LittleEndian.Uint32(h.chains[at:])
		if other|1 == sum|1 && try(i) || other&1 != 0 { // an odd one is the chain's last
			return
		}
	}
}
