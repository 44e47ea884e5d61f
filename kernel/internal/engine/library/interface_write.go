package library

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// interfaceWriter writes a shared library with few symbols
// (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
type interfaceWriter struct {
	index       *libraryIndex
	strings     bytes.Buffer
	symbols     bytes.Buffer
	data        bytes.Buffer
	relocations bytes.Buffer
	number      map[string]uint32 // of a symbol, by name
	moved       map[string]uint64 // where a type is, by name
}

// Sections of an interface, in order.
const (
	nullSection = iota
	dynsymSection
	dynstrSection
	relaSection
	textSection
	dataSection
	dynamicSection
	firstNoteSection
)

// Addresses: code that is never there, and data. The masks lie in front of the
// data.
const (
	textAddress = 0x1000
	dataAddress = 0x100000
	maskSize    = 64
)

func newInterfaceWriter(x *libraryIndex) *interfaceWriter {
	w := &interfaceWriter{index: x, number: map[string]uint32{}, moved: map[string]uint64{}}
	w.strings.WriteByte(0)
	w.symbols.Write(make([]byte, symbolEntry))
	// For variables the linker wants masks of pointers, and finds no relocated
	// address of one in a library. It asks for parts that are nothing but
	// pointers only: a struct it takes apart.
	w.data.Write(bytes.Repeat([]byte{0xff}, maskSize))
	return w
}

// gcDataOffset is the place of the mask's address in a type
// (internal/abi.Type.GCData).
const gcDataOffset = 2*8 + 8 + 8

// add copies a symbol, with its data if it is a type.
func (w *interfaceWriter) add(p place) error {
	s := p.index.at(p.symbol)
	w.number[s.name] = uint32(w.symbols.Len() / symbolEntry)
	section, value := uint16(textSection), uint64(textAddress+16*len(w.number))
	if s.section == uint16(elf.SHN_UNDEF) {
		section, value = 0, 0
	}
	if isTypeData(s.name) && s.section != uint16(elf.SHN_UNDEF) {
		content, err := p.index.content(s)
		if err != nil {
			return err
		}
		for w.data.Len()%16 != 0 {
			w.data.WriteByte(0)
		}
		section, value = dataSection, uint64(dataAddress+w.data.Len())
		w.moved[s.name] = value
		content = bytes.Clone(content)
		if len(content) >= gcDataOffset+8 {
			binary.LittleEndian.PutUint64(content[gcDataOffset:], dataAddress)
		}
		w.data.Write(content)
	}
	var e [symbolEntry]byte
	binary.LittleEndian.PutUint32(e[:], uint32(w.strings.Len()))
	e[4] = s.info
	binary.LittleEndian.PutUint16(e[6:], section)
	binary.LittleEndian.PutUint64(e[8:], value)
	binary.LittleEndian.PutUint64(e[16:], s.size)
	w.symbols.Write(e[:])
	w.strings.WriteString(s.name)
	w.strings.WriteByte(0)
	return nil
}

// refer copies a relocation within a type.
func (w *interfaceWriter) refer(p place, r relocation) {
	s := p.index.at(p.symbol)
	number, ok := w.number[p.index.at(r.symbol).name]
	at, moved := w.moved[s.name]
	if !ok || !moved {
		return
	}
	kind := uint64(elf.R_X86_64_64)
	if w.index.machine == elf.EM_AARCH64 {
		kind = uint64(elf.R_AARCH64_ABS64)
	}
	var e [relocationEntry]byte
	binary.LittleEndian.PutUint64(e[:], r.at-s.value+at)
	binary.LittleEndian.PutUint64(e[8:], uint64(number)<<32|kind)
	w.relocations.Write(e[:])
}

// bytes is the file.
func (w *interfaceWriter) bytes() []byte {
	soname := w.strings.Len()
	w.strings.WriteString(sharedName + "\x00")
	if w.relocations.Len() == 0 {
		// The linker wants the section; this entry means nothing.
		w.relocations.Write(make([]byte, relocationEntry))
	}
	type section struct {
		header elf.Section64
		name   string
		data   []byte
	}
	sections := []section{
		{},
		{elf.Section64{Type: uint32(elf.SHT_DYNSYM), Flags: uint64(elf.SHF_ALLOC), Link: dynstrSection, Info: 1,
			Entsize: symbolEntry, Addralign: 8}, ".dynsym", w.symbols.Bytes()},
		{elf.Section64{Type: uint32(elf.SHT_STRTAB), Flags: uint64(elf.SHF_ALLOC), Addralign: 1}, ".dynstr",
			w.strings.Bytes()},
		{elf.Section64{Type: uint32(elf.SHT_RELA), Flags: uint64(elf.SHF_ALLOC), Link: dynsymSection,
			Entsize: relocationEntry, Addralign: 8}, ".rela.dyn", w.relocations.Bytes()},
		{elf.Section64{Type: uint32(elf.SHT_NOBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addr: textAddress,
			Size: dataAddress - textAddress, Addralign: 16}, ".text", nil},
		{elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Addr: dataAddress,
			Addralign: 16}, ".data", w.data.Bytes()},
	}
	var dynamic bytes.Buffer
	for _, entry := range [][2]uint64{{uint64(elf.DT_SONAME), uint64(soname)}, {uint64(elf.DT_NULL), 0}} {
		_ = binary.Write(&dynamic, binary.LittleEndian, entry) // into memory
	}
	sections = append(sections, section{elf.Section64{Type: uint32(elf.SHT_DYNAMIC),
		Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Link: dynstrSection, Entsize: 16,
		Addr: uint64(dataAddress + w.data.Len() + 4096), Addralign: 8}, ".dynamic", dynamic.Bytes()})
	for _, n := range w.index.notes {
		sections = append(sections, section{elf.Section64{Type: uint32(elf.SHT_NOTE), Addralign: 4}, n.name, n.data})
	}
	var names bytes.Buffer
	names.WriteByte(0)
	sections = append(sections, section{elf.Section64{Type: uint32(elf.SHT_STRTAB), Addralign: 1}, ".shstrtab", nil})
	for i := 1; i < len(sections); i++ {
		sections[i].header.Name = uint32(names.Len())
		names.WriteString(sections[i].name + "\x00")
	}
	sections[len(sections)-1].data = names.Bytes()

	const headerSize = 64
	var body bytes.Buffer
	body.Write(make([]byte, headerSize))
	for i := 1; i < len(sections); i++ {
		s := &sections[i]
		for uint64(body.Len())%max(1, s.header.Addralign) != 0 {
			body.WriteByte(0)
		}
		s.header.Off = uint64(body.Len())
		if s.data != nil {
			s.header.Size = uint64(len(s.data))
		}
		body.Write(s.data)
	}
	for body.Len()%8 != 0 {
		body.WriteByte(0)
	}
	table := body.Len()
	for _, s := range sections {
		_ = binary.Write(&body, binary.LittleEndian, s.header)
	}
	header := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(w.index.machine), Version: 1, Shoff: uint64(table),
		Ehsize:    headerSize,
		Shentsize: 64, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1)}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	var first bytes.Buffer
	_ = binary.Write(&first, binary.LittleEndian, header)
	out := body.Bytes()
	copy(out, first.Bytes())
	return out
}
