package library

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// Linking a cell against the library takes the linkers most of a second,
// because both Go's and the system's read its 170,000 symbols. So each cell is
// linked against a file of the library's name that has only the symbols that
// the cell mentions, also those of layers: an interface. When the cell is loaded,
// library and layers are there.

// libraryIndex is what the interface of a shared library is made from.
type libraryIndex struct {
	file    *elf.File
	machine elf.Machine
	notes   []note
	strings []byte
	symbols []byte // .dynsym
	hash    symbolHash
	// relocations of whole addresses of symbols, by place.
	relocations []relocation
	sections    []*elf.Section
	contents    map[int][]byte
	mu          sync.Mutex
}

type note struct {
	name string
	data []byte
}

type relocation struct {
	at     uint64
	symbol uint32
}

const symbolEntry, relocationEntry = 24, 24

func readIndex(path string) (*libraryIndex, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS64 || f.ByteOrder != binary.LittleEndian {
		f.Close()
		return nil, errors.New("not a 64-bit little-endian library")
	}
	x := &libraryIndex{file: f, machine: f.Machine, sections: f.Sections, contents: map[int][]byte{}}
	for _, s := range f.Sections {
		if strings.HasPrefix(s.Name, ".note.go.") {
			data, err := s.Data()
			if err != nil {
				return nil, err
			}
			x.notes = append(x.notes, note{s.Name, data})
		}
	}
	table := f.SectionByType(elf.SHT_DYNSYM)
	relocations := f.SectionByType(elf.SHT_RELA)
	if table == nil || relocations == nil || int(table.Link) >= len(f.Sections) {
		return nil, errors.New("a library without a dynamic symbol table")
	}
	if x.symbols, err = table.Data(); err != nil {
		return nil, err
	}
	if x.strings, err = f.Sections[table.Link].Data(); err != nil {
		return nil, err
	}
	if x.hash, err = readSymbolHash(f); err != nil {
		return nil, err
	}
	data, err := relocations.Data()
	if err != nil {
		return nil, err
	}
	for ; len(data) >= relocationEntry; data = data[relocationEntry:] {
		info := binary.LittleEndian.Uint64(data[8:])
		if addend := binary.LittleEndian.Uint64(data[16:]); addend != 0 || info>>32 == 0 {
			continue
		}
		switch t := uint32(info); {
		case x.machine == elf.EM_X86_64 && t == uint32(elf.R_X86_64_64),
			x.machine == elf.EM_AARCH64 && t == uint32(elf.R_AARCH64_ABS64):
			x.relocations = append(x.relocations, relocation{binary.LittleEndian.Uint64(data), uint32(info >> 32)})
		}
	}
	x.relocations = byPlace(x.relocations)
	return x, nil
}

// byPlace sorts relocations by 16 bits at a time, which takes a tenth of the
// time that comparing them takes.
func byPlace(list []relocation) []relocation {
	last := uint64(0)
	for _, r := range list {
		last = max(last, r.at)
	}
	sorted := make([]relocation, len(list))
	for shift := 0; last>>shift > 0; shift += 16 {
		var ends [1<<16 + 1]uint32
		for _, r := range list {
			ends[r.at>>shift&0xffff+1]++
		}
		for i := range len(ends) - 1 {
			ends[i+1] += ends[i]
		}
		for _, r := range list {
			digit := r.at >> shift & 0xffff
			sorted[ends[digit]] = r
			ends[digit]++
		}
		list, sorted = sorted, list
	}
	return list
}

// find returns the symbol of a name that the library defines.
func (x *libraryIndex) find(name string) (i uint32, ok bool) {
	x.hash.candidates(name, func(candidate uint32) bool {
		start := binary.LittleEndian.Uint32(x.symbols[candidate*symbolEntry:])
		rest := x.strings[start:]
		ok = len(rest) > len(name) && rest[len(name)] == 0 && string(rest[:len(name)]) == name && x.defines(candidate)
		i = candidate
		return ok
	})
	return i, ok
}

// symbol is an entry of the symbol table.
type symbol struct {
	name    string
	info    byte
	section uint16
	value   uint64
	size    uint64
}

func (x *libraryIndex) at(i uint32) symbol {
	e := x.symbols[i*symbolEntry:]
	start := binary.LittleEndian.Uint32(e)
	end := bytes.IndexByte(x.strings[start:], 0)
	return symbol{name: string(x.strings[start : int(start)+end]), info: e[4], section: binary.LittleEndian.Uint16(e[6:]),
		value: binary.LittleEndian.Uint64(e[8:]), size: binary.LittleEndian.Uint64(e[16:])}
}

// content is a symbol's data.
func (x *libraryIndex) content(s symbol) ([]byte, error) {
	i := int(s.section)
	if i <= 0 || i >= len(x.sections) || x.sections[i].Type == elf.SHT_NOBITS {
		return nil, fmt.Errorf("symbol %s has no data", s.name)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	data, ok := x.contents[i]
	if !ok {
		var err error
		if data, err = x.sections[i].Data(); err != nil {
			return nil, err
		}
		x.contents[i] = data
	}
	from := s.value - x.sections[i].Addr
	if from > uint64(len(data)) || s.size > uint64(len(data))-from {
		return nil, fmt.Errorf("symbol %s lies outside of its section", s.name)
	}
	return data[from : from+s.size], nil
}

// linkerNames are symbols that the linker itself asks for: string literals of
// cmd/link. Those without a slash are the runtime's.
var linkerNames = func() []string {
	names := []string{modulePackage + ".addmoduledata", "type:runtime.moduledata", "type:runtime.eface",
		"type:runtime.iface", "type:runtime.slice",
		"go:link.abihash." + sharedName, "go:link.abihashbytes"}
	for _, name := range strings.Fields(linkerNameList) {
		if other, ok := strings.CutPrefix(name, "/"); ok {
			names = append(names, other)
		} else {
			names = append(names, "runtime."+name)
		}
	}
	return names
}()

const linkerNameList = `
	addmoduledata bss buildVersion coroswitch covctrs cutab data deferreturn disableMemoryProfiling duffcopy duffzero
	ebss ecovctrs edata egcbss egcdata end enoptrbss enoptrdata epclntab erodata etext etypes filetab findfunctab
	firstmoduledata funcnametab functab gcbss gcdata isarchive islibrary itablink lastmoduledatap mapdelete_faststr
	mapinitnoop memProfileInternal modinfo morestack morestack_noctxt newcoro noptrbss noptrdata pcheader pclntab
	pctab rodata runtime_inittasks text textsectionmap tlsg typelink types unreachableMethod zerobase .inittask
	/internal/runtime/maps.errNilAssign /internal/runtime/maps.fatal /internal/runtime/maps.newarray
	/internal/runtime/maps.newobject /internal/runtime/maps.rand /internal/runtime/maps.typeString
	/internal/runtime/maps.typedmemclr /internal/runtime/maps.typedmemmove
`

// place is a symbol of one of several libraries.
type place struct {
	index  *libraryIndex
	symbol uint32
}

// choose finds the symbols for names in libraries, and all that types among them
// refer to. Of several libraries with a symbol the first has the one that the
// system's dynamic linker binds to.
func choose(libraries []*libraryIndex, names []string) []place {
	var chosen []place
	seen := map[string]bool{}
	add := func(name string) bool {
		if seen[name] {
			return true
		}
		for _, x := range libraries {
			if i, ok := x.find(name); ok {
				seen[name] = true
				chosen = append(chosen, place{x, i})
				return true
			}
		}
		return false
	}
	for _, name := range slices.Concat(linkerNames, names) {
		short := sharedsyms.Mangled(name)
		add(short)
		add(short + ".abi0")
		add(short + ".abiinternal")
	}
	for i := 0; i < len(chosen); i++ {
		p := chosen[i]
		for _, r := range p.references() {
			if name := p.index.at(r.symbol).name; !add(name) && !seen[name] { // the C library's
				seen[name] = true
				chosen = append(chosen, place{p.index, r.symbol})
			}
		}
	}
	return chosen
}

// references are the relocations of a type's data.
func (p place) references() []relocation {
	s := p.index.at(p.symbol)
	if !isTypeData(s.name) || s.section == uint16(elf.SHN_UNDEF) {
		return nil
	}
	all := p.index.relocations
	from, _ := slices.BinarySearchFunc(all, s.value, func(r relocation, v uint64) int { return cmp.Compare(r.at, v) })
	to := from
	for to < len(all) && all[to].at < s.value+s.size {
		to++
	}
	return all[from:to]
}

// defines tells whether the library itself has what the symbol names.
func (x *libraryIndex) defines(i uint32) bool { return x.at(i).section != uint16(elf.SHN_UNDEF) }

// isTypeData tells whether the linker reads a symbol's data.
func isTypeData(name string) bool {
	return strings.HasPrefix(name, "type:") && !strings.HasPrefix(name, "type:.")
}

// writeInterface makes the file that a cell or a layer with the given names is
// linked against, in place of libraries.
func writeInterface(path string, libraries []*libraryIndex, names []string) error {
	w := newInterfaceWriter(libraries[0])
	chosen := choose(libraries, names)
	for _, p := range chosen {
		if err := w.add(p); err != nil {
			return err
		}
	}
	for _, p := range chosen {
		for _, r := range p.references() {
			w.refer(p, r)
		}
	}
	return os.WriteFile(path, w.bytes(), 0o644)
}
