package hdf5

import "fmt"

// walkTree2 visits the records of the version 2 B-tree at addr (format
// specification, section III.A.2).
func (f *File) walkTree2(addr uint64, recordType uint8, visit func(record []byte) error) error {
	c, err := f.block(addr, 64, "BTHD")
	if err != nil {
		return err
	}
	c.skip(1) // version
	kind := c.u8()
	t := &tree2{file: f, visit: visit, nodeSize: uint64(c.u32()), recordLen: int(c.u16())}
	depth := int(c.u16())
	c.skip(2) // split and merge percents
	root, records := c.uint(f.offsetSize), int(c.u16())
	switch {
	case c.err != nil:
		return fmt.Errorf("the B-tree: %w", c.err)
	case kind != recordType:
		return fmt.Errorf("%w: B-tree of type %d where %d was expected", ErrCorrupt, kind, recordType)
	case t.recordLen == 0 || t.nodeSize < 16 || t.nodeSize > f.size || depth > 16:
		return fmt.Errorf("%w: impossible sizes in a B-tree", ErrCorrupt)
	case root == undefined || records == 0:
		return nil
	}
	t.measure(depth)
	return t.walk(root, records, depth)
}

// tree2 is a version 2 B-tree that is being read.
type tree2 struct {
	file      *File
	visit     func(record []byte) error
	nodeSize  uint64
	recordLen int
	countLen  int   // bytes of a child's number of records
	totalLen  []int // bytes of the number of records below, by the child's depth
	total     uint64
}

// nodeHead is the size of a node's signature, version and type, with the
// checksum at its end.
const nodeHead = 10

// measure works out the sizes of child pointers, which depend on how many
// records fit a node and everything below it.
func (t *tree2) measure(depth int) {
	record := uint64(t.recordLen)
	most := (t.nodeSize - nodeHead) / record
	t.countLen = byteLen(most)
	below := most
	t.totalLen = []int{0} // a leaf's total is its count and is not stored
	for d := 1; d <= depth; d++ {
		pointer := uint64(t.file.offsetSize + t.countLen + t.totalLen[d-1])
		most := (t.nodeSize - min(t.nodeSize, nodeHead+pointer)) / (record + pointer)
		below = (most+1)*below + most
		t.totalLen = append(t.totalLen, byteLen(below))
	}
}

func (t *tree2) walk(addr uint64, records, depth int) error {
	f := t.file
	// Nodes of one tree do not overlap, so together they fit the file.
	if t.total += t.nodeSize; t.total > f.size {
		return fmt.Errorf("%w: a B-tree is larger than the file", ErrCorrupt)
	}
	signature := "BTLF"
	if depth > 0 {
		signature = "BTIN"
	}
	c, err := f.block(addr, t.nodeSize, signature)
	if err != nil {
		return err
	}
	c.skip(2) // version, type
	for range records {
		record := c.take(t.recordLen)
		if c.err != nil {
			return fmt.Errorf("the B-tree node: %w", c.err)
		}
		if err := t.visit(record); err != nil {
			return err
		}
	}
	if depth == 0 {
		return nil
	}
	for range records + 1 {
		child, n := c.uint(f.offsetSize), int(c.uint(t.countLen))
		c.skip(t.totalLen[depth-1])
		if c.err != nil {
			return fmt.Errorf("the B-tree node: %w", c.err)
		}
		if err := t.walk(child, n, depth-1); err != nil {
			return err
		}
	}
	return nil
}
