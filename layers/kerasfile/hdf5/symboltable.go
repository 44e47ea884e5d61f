package hdf5

import (
	"bytes"
	"fmt"
)

// loadSymbolTable reads the links of an old-style group: a B-tree whose leaves
// are symbol table nodes, with the names in a local heap (format
// specification, sections III.A to III.D).
func (g *Group) loadSymbolTable() error {
	c, err := g.header.body(msgSymbolTable)
	if c == nil {
		return err
	}
	f := g.header.file
	tree, heapAddr := c.uint(f.offsetSize), c.uint(f.offsetSize)
	if c.err != nil {
		return c.err
	}
	names, err := f.localHeap(heapAddr)
	if err != nil {
		return err
	}
	return f.walkTree(tree, groupTree, f.lengthSize, func(_ *cursor, node uint64) error {
		return g.addSymbols(node, names)
	})
}

// addSymbols adds the entries of one symbol table node.
func (g *Group) addSymbols(addr uint64, names []byte) error {
	f := g.header.file
	head, err := f.block(addr, 8, "SNOD")
	if err != nil {
		return err
	}
	head.skip(2) // version, reserved
	n := int(head.u16())
	if head.err != nil {
		return fmt.Errorf("symbol table node: %w", head.err)
	}
	b, err := f.read(addr+8, uint64(n*(2*f.offsetSize+24)))
	if err != nil {
		return err
	}
	c := &cursor{b: b}
	for range n {
		nameAt := c.uint(f.offsetSize)
		m := member{address: c.uint(f.offsetSize)}
		if cache := c.u32(); cache == 2 {
			m.kind = softLink
		}
		c.skip(4 + 16) // reserved, scratch pad
		if nameAt >= uint64(len(names)) {
			return fmt.Errorf("%w: a member's name lies outside its heap", ErrCorrupt)
		}
		name, _, ended := bytes.Cut(names[nameAt:], []byte{0})
		if !ended {
			return fmt.Errorf("%w: a member's name has no end", ErrCorrupt)
		}
		if err := g.add(string(name), m); err != nil {
			return err
		}
	}
	return nil
}

// localHeap returns the data segment of the local heap at addr.
func (f *File) localHeap(addr uint64) ([]byte, error) {
	c, err := f.block(addr, 32, "HEAP")
	if err != nil {
		return nil, err
	}
	c.skip(4) // version, reserved
	size := c.uint(f.lengthSize)
	c.skip(f.lengthSize) // free list
	data := c.uint(f.offsetSize)
	if c.err != nil {
		return nil, fmt.Errorf("local heap: %w", c.err)
	}
	return f.read(data, size)
}

// Node types of version 1 B-trees.
const (
	groupTree = 0
	chunkTree = 1
)

// walkTree visits the children of the leaves of the version 1 B-tree at addr,
// each with the key on its left.
func (f *File) walkTree(addr uint64, kind uint8, keyLen int, visit func(key *cursor, child uint64) error) error {
	if addr == undefined {
		return nil // nothing has been stored
	}
	headLen := uint64(8 + 2*f.offsetSize)
	var total uint64
	var walk func(addr uint64, parent int) error
	walk = func(addr uint64, parent int) error {
		head, err := f.block(addr, headLen, "TREE")
		if err != nil {
			return err
		}
		gotKind, level, n := head.u8(), int(head.u8()), int(head.u16())
		if head.err != nil || gotKind != kind || parent >= 0 && level != parent-1 {
			return fmt.Errorf("%w: B-tree node of kind %d at level %d where kind %d below level %d was expected",
				ErrCorrupt, gotKind, level, kind, parent)
		}
		size := uint64(n*(keyLen+f.offsetSize) + keyLen)
		// Nodes of one tree do not overlap, so together they fit the file.
		if total += headLen + size; total > f.size {
			return fmt.Errorf("%w: a B-tree is larger than the file", ErrCorrupt)
		}
		b, err := f.read(addr+headLen, size)
		if err != nil {
			return err
		}
		c := &cursor{b: b}
		for range n {
			key := &cursor{b: c.take(keyLen)}
			child := c.uint(f.offsetSize)
			if level > 0 {
				err = walk(child, level)
			} else {
				err = visit(key, child)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(addr, -1)
}
