package hdf5

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Group is an HDF5 group: a folder with attributes.
type Group struct {
	header  *header
	path    string
	members map[string]member // nil until first needed
}

// member is one link of a group.
type member struct {
	kind    linkKind
	address uint64 // of the object header, for a hard link
}

type linkKind uint8

const (
	hardLink linkKind = iota
	softLink
	externalLink
)

// maxMembers ends the reading of a group that claims more members than any
// model has.
const maxMembers = 1 << 20

// asGroup checks that the header is a group's.
func (h *header) asGroup(path string) (*Group, error) {
	for _, kind := range []uint16{msgSymbolTable, msgLinkInfo, msgLink} {
		if _, ok := h.find(kind); ok {
			return &Group{header: h, path: path}, nil
		}
	}
	return nil, fmt.Errorf("%w: /%s is not a group", ErrUnsupported, path)
}

func (h *header) isDataset() bool {
	_, ok := h.find(msgLayout)
	return ok
}

// Path returns the way from the root to the group, without the leading slash.
func (g *Group) Path() string { return g.path }

// Names returns the names of the group's members, sorted.
func (g *Group) Names() ([]string, error) {
	if err := g.load(); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(g.members))
	for name := range g.members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Group returns the group at path, relative to g ("layers/dense/vars").
func (g *Group) Group(path string) (*Group, error) {
	h, full, err := g.resolve(path)
	if err != nil {
		return nil, err
	}
	return h.asGroup(full)
}

// Dataset returns the data set at path, relative to g.
func (g *Group) Dataset(path string) (*Dataset, error) {
	h, full, err := g.resolve(path)
	if err != nil {
		return nil, err
	}
	if !h.isDataset() {
		return nil, fmt.Errorf("%w: /%s is not a dataset", ErrUnsupported, full)
	}
	return h.asDataset(full)
}

// Datasets calls visit for every data set below g, in the order of the names,
// and stops at the first error.
func (g *Group) Datasets(visit func(*Dataset) error) error {
	return g.datasets(visit, map[uint64]bool{g.header.address: true})
}

// datasets is Datasets; onPath holds the groups between the root and g, so
// that a circle of hard links ends.
func (g *Group) datasets(visit func(*Dataset) error, seen map[uint64]bool) error {
	names, err := g.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		h, full, err := g.resolve(name)
		switch {
		case err != nil:
			return err
		case seen[h.address]:
		case h.isDataset():
			d, err := h.asDataset(full)
			if err == nil {
				err = visit(d)
			}
			if err != nil {
				return err
			}
		default:
			seen[h.address] = true
			child, err := h.asGroup(full)
			if err == nil {
				err = child.datasets(visit, seen)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Has tells whether the group has a member, of whatever kind, at path.
func (g *Group) Has(path string) (bool, error) {
	_, _, err := g.resolve(path)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// resolve follows the hard links of path.
func (g *Group) resolve(path string) (*header, string, error) {
	at := g
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, name := range parts {
		full := strings.TrimPrefix(at.path+"/"+name, "/")
		if err := at.load(); err != nil {
			return nil, "", err
		}
		m, ok := at.members[name]
		switch {
		case !ok:
			return nil, "", fmt.Errorf("/%s: %w", full, ErrNotFound)
		case m.kind != hardLink:
			return nil, "", fmt.Errorf("/%s: %w: it is a link to elsewhere (soft or external), which is not followed",
				full, ErrUnsupported)
		}
		h, err := at.header.file.header(m.address)
		if err != nil {
			return nil, "", fmt.Errorf("/%s: %w", full, err)
		}
		if i == len(parts)-1 {
			return h, full, nil
		}
		if at, err = h.asGroup(full); err != nil {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("%q: %w", path, ErrNotFound)
}

// load reads the group's links, in whichever of the three ways they are kept.
func (g *Group) load() error {
	if g.members != nil {
		return nil
	}
	g.members = map[string]member{}
	err := g.loadSymbolTable()
	if err == nil {
		err = g.loadLinks()
	}
	if err != nil {
		g.members = nil
		return fmt.Errorf("group /%s: %w", g.path, err)
	}
	return nil
}

func (g *Group) add(name string, m member) error {
	if _, twice := g.members[name]; twice {
		return fmt.Errorf("%w: two members are named %q", ErrCorrupt, name)
	}
	if len(g.members) >= maxMembers {
		return fmt.Errorf("%w: more than %d members", ErrCorrupt, maxMembers)
	}
	g.members[name] = m
	return nil
}

// loadLinks reads link messages: those in the header and those in dense
// storage, which the link info message names.
func (g *Group) loadLinks() error {
	for _, m := range g.header.messages {
		if m.kind == msgLink {
			if err := g.addLink(m.body); err != nil {
				return err
			}
		}
	}
	c, err := g.header.body(msgLinkInfo)
	if c == nil {
		return err
	}
	f := g.header.file
	c.skip(1) // version
	if flags := c.u8(); flags&1 != 0 {
		c.skip(8) // largest creation order
	}
	heap, index := c.uint(f.offsetSize), c.uint(f.offsetSize)
	if c.err != nil || heap == undefined {
		return c.err
	}
	const linkNameRecords, hashLen = 5, 4
	return f.denseMessages(heap, index, linkNameRecords, hashLen, g.addLink)
}

// addLink decodes a link message (format specification, section IV.A.2.g).
func (g *Group) addLink(body []byte) error {
	c := &cursor{b: body}
	if v := c.u8(); v != 1 && c.err == nil {
		return fmt.Errorf("%w: link message version %d", ErrUnsupported, v)
	}
	flags := c.u8()
	var kind uint8
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8) // creation order
	}
	if flags&16 != 0 {
		c.skip(1) // character set
	}
	nameLen := c.uint(1 << (flags & 3))
	if nameLen > uint64(len(body)) {
		return fmt.Errorf("%w: a link's name of %d bytes", ErrCorrupt, nameLen)
	}
	name := string(c.take(int(nameLen)))
	m := member{kind: externalLink}
	switch kind {
	case 0:
		m = member{kind: hardLink, address: c.uint(g.header.file.offsetSize)}
	case 1:
		m = member{kind: softLink}
	}
	if c.err != nil {
		return c.err
	}
	return g.add(name, m)
}
