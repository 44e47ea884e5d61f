package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// version of a type's definition.
type version struct {
	hash   string
	number int // from 1
	// used says that code has run that may have made values of the type.
	used bool
}

// versionOf numbers the definition of a type: as before if it is one that the
// process knows, else with a new number. changed tells that there may be values
// with another definition.
func (s *Session) versionOf(name, hash string) (v version, changed bool) {
	v = version{hash: hash, number: 1}
	for _, known := range s.versions[name] {
		if known.hash == hash {
			return known, false
		}
		v.number = max(v.number, known.number+1)
		changed = changed || known.used
	}
	return v, changed
}

// keepVersions remembers definitions that a program has brought into the
// process. To later cells a definition looks different: the program's own
// variables have types then. It is the same all the same, so it is remembered
// as both.
func (s *Session) keepVersions(p *Program) {
	if len(p.versions) == 0 {
		return // a view of a long session takes long to build
	}
	later := s.viewWith(&parts{}, nil, nil).hasher()
	for name, v := range p.versions {
		v.used = v.used || p.runs
		if s.versions[name] == nil {
			s.versions[name] = map[string]version{}
		}
		s.versions[name][v.hash] = v
		v.hash = later.of(name)
		s.versions[name][v.hash] = v
	}
}

// hasher tells definitions of a type apart: by its text, its methods, and all
// that they use.
//
// Declarations that use each other have one hash, made of their texts and the
// hashes of what they use beyond that. The groups are found by Tarjan's
// algorithm
// (https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm),
// in time proportional to the size of the declarations.
type hasher struct {
	view  *view
	hash  map[string]string // of names whose group is complete
	index map[string]int    // the order in which names were met, from 1
	low   map[string]int
	stack []string
}

func (v *view) hasher() *hasher {
	return &hasher{view: v, hash: map[string]string{}, index: map[string]int{}, low: map[string]int{}}
}

// of returns the hash of what a name stands for.
func (h *hasher) of(name string) string {
	if h.index[name] == 0 {
		h.visit(name)
	}
	return h.hash[name]
}

func (h *hasher) visit(name string) {
	h.index[name] = len(h.index) + 1
	h.low[name] = h.index[name]
	h.stack = append(h.stack, name)
	for _, used := range h.uses(name) {
		if h.index[used] == 0 {
			h.visit(used)
			h.low[name] = min(h.low[name], h.low[used])
		} else if h.hash[used] == "" {
			h.low[name] = min(h.low[name], h.index[used])
		}
	}
	if h.low[name] == h.index[name] {
		at := slices.Index(h.stack, name)
		h.complete(h.stack[at:])
		h.stack = h.stack[:at]
	}
}

// complete hashes a group of names that use each other.
func (h *hasher) complete(group []string) {
	var lines []string
	for _, name := range group {
		lines = append(lines, h.lines(name)...)
		for _, used := range h.uses(name) {
			if hash := h.hash[used]; hash != "" {
				lines = append(lines, "uses "+hash)
			}
		}
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range slices.Compact(lines) {
		fmt.Fprintf(sum, "%d:%s,", len(line), line)
	}
	hash := hex.EncodeToString(sum.Sum(nil)[:12])
	for _, name := range group {
		h.hash[name] = hash
	}
}

// uses lists the names in a name's declaration that stand for something.
func (h *hasher) uses(name string) (used []string) {
	v := h.view
	add := func(idents map[string]bool) {
		for ident := range idents {
			_, fresh := v.fresh[ident]
			if fresh || v.byName[ident] != nil || v.variable(ident) != nil || v.imports[ident] != nil {
				used = append(used, ident)
			}
		}
	}
	if d := v.byName[name]; d != nil {
		idents := d.idents
		if d.kind == constant {
			// Its own names mean its own constants, whatever they mean
			// elsewhere by now.
			idents = maps.Clone(idents)
			for _, own := range d.names {
				delete(idents, own)
			}
		}
		add(idents)
	}
	for _, m := range v.methods[name] {
		add(m.idents)
	}
	if variable := v.variable(name); variable != nil {
		add(identifiers(variable.code))
	}
	add(identifiers(v.fresh[name]))
	return used
}

// lines are what tells a name's definitions apart.
func (h *hasher) lines(name string) (lines []string) {
	v := h.view
	if d := v.byName[name]; d != nil {
		lines = append(lines, d.key+"\x00"+d.text)
	}
	for _, m := range v.methods[name] {
		lines = append(lines, m.key+"\x00"+m.text)
	}
	if variable := v.variable(name); variable != nil {
		lines = append(lines, "var "+name+" "+variable.code)
	}
	if code, ok := v.fresh[name]; ok {
		lines = append(lines, "var "+name+" "+code)
	}
	if i := v.imports[name]; i != nil {
		lines = append(lines, "import "+name+" "+v.actual(i.path))
	}
	return lines
}

// variable finds a variable of an earlier cell, whether it has a value now or
// not.
func (v *view) variable(name string) *Variable {
	if variable := v.variables[name]; variable != nil {
		return variable
	}
	return v.dormant[name]
}
