// Package sharedsyms tells which symbols shared libraries define, by sorted
// lists of the hashes of their names, so that a program that lives for a moment
// need not read hundreds of thousands of names.
//
// The package is compiled twice: for the kernel, which writes the lists, and as
// a part of Go's compiler, which reads them (see package library). So it imports
// nothing but Go's standard library.
package sharedsyms

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Variable is the environment variable that names the files with the lists for
// a compiler, separated as in PATH.
const Variable = "GOCIFAR_SHARED_SYMBOLS"

// Libraries are the lists that Variable names. They are empty where there is
// none, and where one cannot be read.
var Libraries = read(filepath.SplitList(os.Getenv(Variable)))

// Lists are lists of symbols, one for each shared library.
type Lists [][]byte

const entry = 8 // bytes of a hash

func read(files []string) (lists Lists) {
	for _, file := range files {
		list, err := os.ReadFile(file)
		if err != nil {
			return nil
		}
		lists = append(lists, list)
	}
	return lists
}

// Encode makes a list of the names of symbols in a library.
func Encode(names []string) []byte {
	sums := make([]uint64, len(names))
	for i, name := range names {
		sums[i] = sum(name)
	}
	slices.Sort(sums)
	list := make([]byte, 0, entry*len(sums))
	for _, s := range sums {
		list = binary.BigEndian.AppendUint64(list, s)
	}
	return list
}

// Has tells whether one of the libraries has a symbol that the compiler calls
// by a name.
func (lists Lists) Has(name string) bool {
	if len(lists) == 0 {
		return false
	}
	want := sum(Mangled(name))
	for _, list := range lists {
		from, to := 0, len(list)/entry
		for from < to {
			middle := (from + to) / 2
			switch s := binary.BigEndian.Uint64(list[entry*middle:]); {
			case s == want:
				return true
			case s < want:
				from = middle + 1
			default:
				to = middle
			}
		}
	}
	return false
}

func sum(name string) uint64 {
	s := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(s[:])
}

// Mangled is the name of a symbol in a shared library: the linker shortens names
// of types (cmd/link/internal/ld, typeSymbolMangle).
func Mangled(name string) string {
	isType := strings.HasPrefix(name, "type:")
	switch {
	case !isType && !strings.Contains(name, "@"), strings.HasPrefix(name, "type:runtime."),
		strings.HasPrefix(name, "go:string."),
		len(name) <= 14 && !strings.Contains(name, "@"):
		return name
	case isType:
		prefix := "type:"
		if name[5] == '.' {
			prefix = "type:."
		}
		return prefix + short(name[5:])
	}
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if j <= i {
		j = len(name)
	}
	return name[:i+1] + short(name[i+1:j]) + name[j:]
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	sum[0] ^= 0xff // as cmd/internal/hash does
	return base64.StdEncoding.EncodeToString(sum[:6])
}
