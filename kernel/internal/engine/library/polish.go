package library

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
)

// A compiled cell says more than it should, and claims more than it needs.
// Before it is linked, both are put right in its object file.
//
// The compiler lists the exported variables and functions of a package main for
// package plugin, in the symbol go:plugin.tabs
// (cmd/compile/internal/reflectdata, WritePluginTable). Nobody reads the list
// here, and the linker cannot express a place of the library in it, such as the
// type *int's. It looks for the list by its name, so under another name the
// list is left out.
//
// A type that is defined again is compiled under a name of its own, with
// VersionMark and a number. Symbols need that; people do not: what reflection,
// fmt and stack traces call a type is its name in the notebook.

// VersionMark separates a type's name from the number of its definition. It is
// a letter, so that the two are one identifier, and one that nobody writes.
const VersionMark = "ᵛ"

var versionMark = regexp.MustCompile(VersionMark + `\d+`)

// WithoutVersions removes numbers of definitions from a text.
func WithoutVersions(text string) string {
	if !strings.Contains(text, VersionMark) {
		return text
	}
	return versionMark.ReplaceAllString(text, "")
}

const (
	pluginTable       = "go:plugin.tabs"
	hiddenPluginTable = "go:plugin.none"
	nameDataPrefix    = "type:.namedata."

	dataIndexBlock = 13
	dataBlock      = 16
)

// polish does this to all object files of an archive, in place.
func polish(archive []byte) {
	eachObject(archive, func(o *object) {
		o.hidePluginTable()
		o.hideVersions()
	})
}

func (o *object) hidePluginTable() {
	for i := range o.defined() {
		if o.name(i) == pluginTable {
			o.rename(i, hiddenPluginTable)
		}
	}
}

// hideVersions changes the names of types that the program itself can see, and
// those of functions, which stand in stack traces.
func (o *object) hideVersions() {
	marked := map[int]string{}
	taken := map[string]int{} // how many symbols want a name
	for i := range o.defined() {
		name := o.name(i)
		switch {
		case strings.HasPrefix(name, nameDataPrefix):
			o.hideVersionsIn(i)
		case !strings.HasPrefix(name, cellPath+"."):
			// Other symbols are bound across cells by their names.
		case strings.Contains(name, VersionMark):
			marked[i] = WithoutVersions(name)
			taken[marked[i]]++
		default:
			taken[name]++
		}
	}
	for i, plain := range marked {
		if taken[plain] == 1 {
			o.rename(i, plain)
		}
	}
}

// rename gives a symbol a name that is not longer than the one it has.
func (o *object) rename(i int, name string) {
	entry := o.symbols[i*symbolSize:]
	length, offset := binary.LittleEndian.Uint32(entry), binary.LittleEndian.Uint32(entry[4:])
	if len(name) > int(length) || int(offset)+int(length) > len(o.data) {
		return
	}
	copy(o.data[offset:], name)
	binary.LittleEndian.PutUint32(entry, uint32(len(name)))
}

// hideVersionsIn shortens a name that the program sees: a byte of flags, the
// name's length, the name, and maybe a tag and the place of a package's path
// (internal/abi.Name). The data keep their size.
func (o *object) hideVersionsIn(i int) {
	data := o.content(i)
	if len(data) < 2 || !bytes.Contains(data, []byte(VersionMark)) {
		return
	}
	length, n := binary.Uvarint(data[1:])
	start := 1 + n
	if n <= 0 || length > uint64(len(data)-start) {
		return
	}
	end := start + int(length)
	plain := WithoutVersions(string(data[start:end]))
	var short []byte
	short = append(short, data[0])
	short = binary.AppendUvarint(short, uint64(len(plain)))
	short = append(short, plain...)
	moved := end - len(short)
	short = append(short, data[end:]...)
	clear(data[copy(data, short):])
	for _, reloc := range o.relocations(i) {
		if at := int(binary.LittleEndian.Uint32(reloc)); at >= end {
			binary.LittleEndian.PutUint32(reloc, uint32(at-moved))
		}
	}
}

// content is the data of a symbol that the file defines; it can be written to.
func (o *object) content(i int) []byte {
	index := o.block(dataIndexBlock) + 4*i
	if index+8 > len(o.data) {
		return nil
	}
	base := o.block(dataBlock)
	from := base + int(binary.LittleEndian.Uint32(o.data[index:]))
	to := base + int(binary.LittleEndian.Uint32(o.data[index+4:]))
	if from < base || from > to || to > len(o.data) {
		return nil
	}
	return o.data[from:to]
}
