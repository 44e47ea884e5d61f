package hdf5

import (
	"encoding/binary"
	"fmt"
)

// Sizes of a group's nodes: twice the K values of the superblock.
const (
	symbolsPerNode  = 8
	childrenPerNode = 32
)

// symbol is one member of a group.
type symbol struct {
	name   string
	header uint64
	cached *[2]uint64 // of a group: its B-tree and heap
}

// appendSymbol encodes a symbol table entry, whose scratch pad repeats where a
// group's members are.
func appendSymbol(b []byte, nameAt, header uint64, cached *[2]uint64) []byte {
	b = appendUint64s(b, nameAt, header)
	if cached == nil {
		return append(b, make([]byte, 24)...)
	}
	b = append(b, 1, 0, 0, 0, 0, 0, 0, 0)
	return appendUint64s(b, cached[0], cached[1])
}

// treeChild is a node with the heap offset of the largest name below it.
type treeChild struct{ addr, largest uint64 }

// symbolTable encodes the B-tree, the nodes and the heap of a group whose
// members are sorted, and returns the addresses of the tree and the heap.
func (e *encoder) symbolTable(symbols []symbol) (tree, heap uint64) {
	names := make([]byte, 8) // offset 0 is the empty name, smaller than all
	var nodes []treeChild
	for len(symbols) > 0 {
		n := min(len(symbols), symbolsPerNode)
		b := append([]byte("SNOD"), 1, 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		largest := uint64(0)
		for _, s := range symbols[:n] {
			largest = uint64(len(names))
			b = appendSymbol(b, largest, s.header, s.cached)
			names = append(names, s.name...)
			names = append(names, make([]byte, 8-len(s.name)%8)...) // at least one zero
		}
		b = append(b, make([]byte, 40*(symbolsPerNode-n))...)
		nodes = append(nodes, treeChild{e.add(b), largest})
		symbols = symbols[n:]
	}
	return e.tree(nodes), e.localHeap(names)
}

// tree encodes a group's B-tree over the given nodes and returns its root.
func (e *encoder) tree(nodes []treeChild) uint64 {
	for level := byte(0); ; level++ {
		count := max(1, (len(nodes)+childrenPerNode-1)/childrenPerNode)
		// The nodes of a level follow each other at a fixed distance, which
		// gives each the addresses of its siblings.
		const size = 24 + 8*(2*childrenPerNode+1)
		first := e.base + uint64(len(e.meta))
		var parents []treeChild
		left := uint64(0) // the key on the left: the largest name before
		for i := range count {
			children := nodes[i*childrenPerNode : min(len(nodes), (i+1)*childrenPerNode)]
			before, after := undefined, undefined
			if i > 0 {
				before = first + uint64(i-1)*size
			}
			if i < count-1 {
				after = first + uint64(i+1)*size
			}
			b := append([]byte("TREE"), groupTree, level)
			b = binary.LittleEndian.AppendUint16(b, uint16(len(children)))
			b = appendUint64s(b, before, after, left)
			for _, c := range children {
				b = appendUint64s(b, c.addr, c.largest)
				left = c.largest
			}
			b = append(b, make([]byte, size-len(b))...)
			parents = append(parents, treeChild{e.add(b), left})
		}
		if count == 1 {
			return parents[0].addr
		}
		nodes = parents
	}
}

// localHeap encodes a heap of names without free space.
func (e *encoder) localHeap(names []byte) uint64 {
	const noFreeSpace = 1
	data := e.add(names)
	return e.add(appendUint64s([]byte{'H', 'E', 'A', 'P', 0, 0, 0, 0}, uint64(len(names)), noFreeSpace, data))
}

// attribute encodes a version 1 attribute message. Lists are fixed-length
// strings within the message, single strings are variable-length strings in a
// global heap, where h5py puts them too and where size does not matter.
func (e *encoder) attribute(a textAttribute) ([]byte, error) {
	if !a.list {
		reference := e.globalHeap(a.texts[0])
		return attributeMessage(a.name, varLenText, nil, reference), nil
	}
	longest := 1 // the smallest string type HDF5 has
	for _, s := range a.texts {
		longest = max(longest, len(s))
	}
	if longest*len(a.texts) > headerLimit {
		return nil, fmt.Errorf("%d strings of up to %d bytes do not fit %d bytes; split the list",
			len(a.texts), longest, headerLimit)
	}
	kind := []byte{0x13, 1, 0, 0} // padded with zeros, ASCII as h5py writes bytes
	kind = binary.LittleEndian.AppendUint32(kind, uint32(longest))
	data := make([]byte, 0, longest*len(a.texts))
	for _, s := range a.texts {
		data = append(data, s...)
		data = append(data, make([]byte, longest-len(s))...)
	}
	return attributeMessage(a.name, kind, []int{len(a.texts)}, data), nil
}

// varLenText is the datatype message of variable-length UTF-8 strings.
var varLenText = []byte{
	0x19, 1, 1, 0, 16, 0, 0, 0, // variable length, string, UTF-8, references of 16 bytes
	0x13, 0x10, 0, 0, 1, 0, 0, 0, // made of one-byte UTF-8 strings
}

func attributeMessage(name string, kind []byte, shape []int, data []byte) []byte {
	space := dataspace(shape)
	b := []byte{1, 0}
	for _, n := range []int{len(name) + 1, len(kind), len(space)} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	for _, part := range [][]byte{append([]byte(name), 0), kind, space} {
		b = append(b, part...)
		b = append(b, make([]byte, align(uint64(len(part)))-uint64(len(part)))...)
	}
	return append(b, data...)
}

// collection is the global heap collection that has room left.
type collection struct {
	at    int    // where it begins in the encoder's meta
	size  uint64 // 0: there is none
	used  uint64
	count uint16
}

// globalHeap puts text into a collection and returns the reference to it.
// Collections have at least 4096 bytes, so short strings share one.
func (e *encoder) globalHeap(text string) []byte {
	reference := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
	if text == "" {
		return append(reference, make([]byte, 12)...)
	}
	const head, objectHead, least = 16, 16, 4096
	need := objectHead + align(uint64(len(text)))
	h := &e.heap
	if h.size-h.used < need {
		*h = collection{at: len(e.meta), size: max(least, head+need), used: head}
		b := appendUint64s([]byte{'G', 'C', 'O', 'L', 1, 0, 0, 0}, h.size)
		e.add(append(b, make([]byte, h.size-head)...))
	}
	h.count++
	b := e.meta[h.at+int(h.used):]
	binary.LittleEndian.PutUint16(b, h.count) // the object's index
	b[2] = 1                                  // references
	binary.LittleEndian.PutUint64(b[8:], uint64(len(text)))
	copy(b[objectHead:], text)
	h.used += need
	if free := h.size - h.used; free >= objectHead {
		b = e.meta[h.at+int(h.used):]
		binary.LittleEndian.PutUint64(b, 0) // index 0 is the free space
		binary.LittleEndian.PutUint64(b[8:], free)
	}
	reference = appendUint64s(reference, e.base+uint64(h.at))
	return binary.LittleEndian.AppendUint32(reference, uint32(h.count))
}
