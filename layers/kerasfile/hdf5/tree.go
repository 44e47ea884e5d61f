package hdf5

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Tree describes a group of a file to be written, with all that is in it. The
// zero value is an empty group; the root is a Tree too.
//
//	var root hdf5.Tree
//	root.SetText("backend", "tensorflow")
//	root.Group("dense/dense").PutFloat32("kernel:0", []int{3, 10}, values)
//	_, err := root.WriteTo(w)
type Tree struct {
	attributes []textAttribute
	groups     map[string]*Tree
	arrays     map[string]*Array
	err        error // the first misuse, which WriteTo reports
}

type textAttribute struct {
	name  string
	texts []string
	list  bool
}

// ElementType is the type of an array's elements. All are little-endian.
type ElementType uint8

// The element types that Keras files hold.
const (
	Float32 ElementType = iota
	Int64
	Uint32
)

func (t ElementType) size() int {
	if t == Int64 {
		return 8
	}
	return 4
}

// Array is a data set to be written.
type Array struct {
	Shape []int // empty for a scalar
	Type  ElementType
	// Write writes all values in row-major order, little-endian. It is called
	// once, while the file is written, so that a model's values need not all
	// be held as bytes.
	Write func(io.Writer) error
}

// size returns the number of bytes that Write must write.
func (a *Array) size() uint64 {
	n := uint64(a.Type.size())
	for _, d := range a.Shape {
		n *= uint64(d)
	}
	return n
}

// Group returns the group at path below t, which it creates with the groups
// on the way if needed.
func (t *Tree) Group(path string) *Tree {
	at := t
	for _, name := range strings.Split(path, "/") {
		if name == "" {
			continue
		}
		if at.arrays[name] != nil {
			t.fail("group %q: an array has that name", path)
			return &Tree{}
		}
		if at.groups == nil {
			at.groups = map[string]*Tree{}
		}
		if at.groups[name] == nil {
			at.groups[name] = &Tree{}
		}
		at = at.groups[name]
	}
	return at
}

// SetText adds an attribute that holds one string of any length.
func (t *Tree) SetText(name, text string) {
	t.attributes = append(t.attributes, textAttribute{name: name, texts: []string{text}})
}

// SetTexts adds an attribute that holds a list of strings. The list is stored
// in the group's header, where its strings, each padded to the longest, may
// take no more than 64,512 bytes together.
func (t *Tree) SetTexts(name string, texts []string) {
	t.attributes = append(t.attributes, textAttribute{name: name, texts: texts, list: true})
}

// Put adds an array at path, whose groups it creates if needed.
func (t *Tree) Put(path string, a Array) {
	dir, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	g := t.Group(dir)
	switch {
	case name == "" || name == ".":
		t.fail("array %q: a name is missing", path)
		return
	case g.groups[name] != nil || g.arrays[name] != nil:
		t.fail("array %q: the name is taken", path)
		return
	case slices.ContainsFunc(a.Shape, func(d int) bool { return d < 0 }):
		t.fail("array %q: impossible shape %v", path, a.Shape)
		return
	}
	if g.arrays == nil {
		g.arrays = map[string]*Array{}
	}
	g.arrays[name] = &a
}

// PutFloat32 adds an array of float32 values in row-major order, which are
// read when the file is written.
func (t *Tree) PutFloat32(path string, shape []int, values []float32) {
	t.Put(path, Array{Shape: shape, Type: Float32, Write: func(w io.Writer) error {
		return WriteFloat32s(w, values)
	}})
}

func (t *Tree) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf("hdf5: "+format, args...)
	}
}

// names returns the names of all members in the order of their bytes, which
// the B-tree of a group needs.
func (t *Tree) names() []string {
	names := make([]string, 0, len(t.groups)+len(t.arrays))
	for name := range t.groups {
		names = append(names, name)
	}
	for name := range t.arrays {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
