package library

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library/sharedsyms"
)

// A cell that uses a generic type of the library, such as
// layers.Base[*layers.Model], gets a description of it from the compiler, but
// not the type's methods: the compiler relies on the package that has them
// (cmd/compile/internal/noder, needWrapper). The linker cannot express the
// places of functions in a library in a description ("cannot target DYNIMPORT
// sym in section-relative reloc"). When the cell is loaded, the library's own
// description goes before the cell's, which nobody ever looks at. So what the
// linker cannot express is replaced by something that it can.

// foreignMethod is the linker's complaint: which symbol has a relocation that
// it cannot express.
var foreignMethod = regexp.MustCompile(`(?m)^(type:.+): cannot target DYNIMPORT sym in section-relative reloc: `)

// descriptions lists the types that the linker complains of, if libraries have
// all of them.
func descriptions(libraries []*libraryIndex, complaint string) (names map[string]bool) {
	names = map[string]bool{}
	for _, match := range foreignMethod.FindAllStringSubmatch(complaint, -1) {
		if !defined(libraries, match[1]) {
			return nil
		}
		names[match[1]] = true
	}
	return names
}

// defined tells whether one of the libraries has a symbol.
func defined(libraries []*libraryIndex, name string) bool {
	return slices.ContainsFunc(libraries, func(x *libraryIndex) bool {
		_, ok := x.find(sharedsyms.Mangled(name))
		return ok
	})
}

// Blocks and special package indices of object files
// (cmd/internal/goobj/objfile.go).
const (
	relocIndexBlock = 11
	relocBlock      = 14
	relocSize       = 4 + 1 + 2 + 8 + 4 + 4
	relocTarget     = 4 + 1 + 2 + 8 // the place of the target's package and number

	symbolKind = 8 + 2 // the place of a symbol's kind
	textSymbol = 1     // the kind of functions (cmd/internal/objabi, STEXT)

	noPackage   = 1<<31 - 1
	thisPackage = noPackage - 4
)

// symbolReference names a symbol in an object file.
type symbolReference struct{ pkg, number uint32 }

// redirectMethods makes the methods in the descriptions of types refer to a
// function of their object file, where they refer to functions that are not in
// it. The function is the named one, or any if there is no name. It reports
// whether something changed.
func redirectMethods(archive []byte, types func(name string) bool, function string) bool {
	changed := false
	eachObject(archive, func(o *object) { changed = o.redirect(types, function) || changed })
	return changed
}

// eachObject reads the object files of an archive, in place.
func eachObject(archive []byte, do func(*object)) {
	for at := 0; ; at += len(objectMagic) {
		i := bytes.Index(archive[at:], []byte(objectMagic))
		if i < 0 {
			return
		}
		at += i
		if o, ok := readObject(archive[at:]); ok {
			do(o)
		}
	}
}

// object is an object file.
type object struct {
	data    []byte
	symbols []byte // definitions, then references
	// first are the numbers of the first symbols of the blocks.
	first [nonPkgRefsBlock + 2 - symbolDefsBlock]int
}

func readObject(data []byte) (*object, bool) {
	o := &object{data: data}
	if len(data) < len(objectMagic)+8+4+4*(relocBlock+2) {
		return nil, false
	}
	from, to := o.block(symbolDefsBlock), o.block(nonPkgRefsBlock+1)
	if to > len(data) || o.block(relocBlock+1) > len(data) {
		return nil, false
	}
	before := from
	for i := range o.first {
		at := o.block(symbolDefsBlock + i)
		if at < before || at > to {
			return nil, false // else a file of some bytes could claim 200 million symbols
		}
		o.first[i], before = (at-from)/symbolSize, at
	}
	o.symbols = data[from:to]
	return o, true
}

// block is the place of a block.
func (o *object) block(i int) int {
	return int(binary.LittleEndian.Uint32(o.data[len(objectMagic)+8+4+4*i:]))
}

// defined is how many symbols the file defines; those after them it only names.
func (o *object) defined() int { return o.first[nonPkgRefsBlock-symbolDefsBlock] }

// withoutPackage is the number of the first symbol that belongs to no package.
func (o *object) withoutPackage() int { return o.first[nonPkgRefsBlock-1-symbolDefsBlock] }

// name is a symbol's.
func (o *object) name(i int) string {
	if i < 0 || (i+1)*symbolSize > len(o.symbols) {
		return ""
	}
	entry := o.symbols[i*symbolSize:]
	length, offset := int(binary.LittleEndian.Uint32(entry)), int(binary.LittleEndian.Uint32(entry[4:]))
	if offset+length > len(o.data) {
		return ""
	}
	return string(o.data[offset : offset+length])
}

// reference finds the definition of a function, of any if there is no name.
func (o *object) reference(function string) (symbolReference, bool) {
	for i := range o.defined() {
		if !o.is(i, function) {
			continue
		}
		if i < o.first[1] {
			return symbolReference{thisPackage, uint32(i)}, true
		}
		if i >= o.withoutPackage() {
			return symbolReference{noPackage, uint32(i - o.withoutPackage())}, true
		}
	}
	return symbolReference{}, false
}

// is tells whether a definition is that of a function, of any with code if there
// is no name: the compiler leaves some without.
func (o *object) is(i int, function string) bool {
	if function != "" {
		return o.name(i) == function
	}
	return o.symbols[i*symbolSize+symbolKind] == textSymbol && len(o.content(i)) > 0
}

func (o *object) redirect(types func(name string) bool, function string) (changed bool) {
	target, ok := o.reference(function)
	if !ok {
		return false
	}
	for i := range o.defined() {
		if !types(o.name(i)) {
			continue
		}
		for _, reloc := range o.relocations(i) {
			size := reloc[4]
			to := symbolReference{binary.LittleEndian.Uint32(reloc[relocTarget:]),
				binary.LittleEndian.Uint32(reloc[relocTarget+4:])}
			// Methods have 4 bytes, as have names and types; addresses have 8.
			if size == 4 && o.foreignFunction(to) {
				binary.LittleEndian.PutUint32(reloc[relocTarget:], target.pkg)
				binary.LittleEndian.PutUint32(reloc[relocTarget+4:], target.number)
				changed = true
			}
		}
	}
	return changed
}

// foreignFunction tells whether a relocation of a type refers to a function
// that the file does not define.
func (o *object) foreignFunction(s symbolReference) bool {
	if s.pkg != noPackage {
		return s.pkg > 0 && s.pkg < thisPackage-1 // of another package, by its number
	}
	i := o.withoutPackage() + int(s.number)
	return i >= o.defined() && !strings.HasPrefix(o.name(i), "type:")
}

// relocations of a symbol that the file defines; they can be written to.
func (o *object) relocations(i int) (list [][]byte) {
	index := o.block(relocIndexBlock) + 4*i
	if index+8 > len(o.data) {
		return nil
	}
	from, to := int(binary.LittleEndian.Uint32(o.data[index:])), int(binary.LittleEndian.Uint32(o.data[index+4:]))
	for ; from < to; from++ {
		at := o.block(relocBlock) + from*relocSize
		if at+relocSize > len(o.data) {
			return list
		}
		list = append(list, o.data[at:at+relocSize])
	}
	return list
}
