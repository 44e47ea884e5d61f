package session

import (
	"maps"
	"slices"
	"sort"
)

// view is the session as it would be with the cell that is being read.
type view struct {
	declarations map[string]*declaration // by key
	byName       map[string]*declaration
	methods      map[string][]*declaration // by receiver
	variables    map[string]*Variable      // of earlier cells
	dormant      map[string]*Variable      // of earlier cells, without a value now
	// fresh are variables of the cell, with what is thought to be their types
	// until they have been checked: the types that they had before.
	fresh   map[string]string
	imports map[string]*importSpec
	actual  func(path string) string // of a package, see Toolchain
}

// viewWith adds the declarations of a cell to those of the session.
func (s *Session) viewWith(p *parts, broken, invalid map[string]string) *view {
	v := &view{declarations: maps.Clone(s.declarations), byName: map[string]*declaration{},
		methods: map[string][]*declaration{}, variables: maps.Clone(s.variables), dormant: maps.Clone(s.dormant),
		fresh: map[string]string{}, imports: maps.Clone(s.imports), actual: s.toolchain.ActualPath}
	for key := range broken {
		delete(v.declarations, key)
	}
	drop := func(name string) {
		delete(v.variables, name)
		delete(v.dormant, name)
	}
	for name := range invalid {
		drop(name)
	}
	fresh := map[string]bool{}
	for _, d := range p.declarations {
		if d.blank() {
			continue
		}
		if d.kind != method {
			for _, name := range d.names {
				fresh[name] = true
				delete(v.declarations, name)
				drop(name)
			}
		}
		v.declarations[d.key] = d
	}
	for _, spec := range p.variables {
		for _, name := range spec.names {
			fresh[name] = true
			v.fresh[name] = "new"
			if old := s.variables[name]; old != nil {
				v.fresh[name] = old.code
			} else if old := s.dormant[name]; old != nil {
				v.fresh[name] = old.code
			}
			delete(v.declarations, name)
			drop(name)
		}
	}
	for _, i := range p.imports {
		v.imports[i.key()] = i
		drop(i.name)
		delete(v.declarations, i.name)
	}
	for key, d := range v.declarations {
		switch {
		case d.kind == method:
			v.methods[d.receiver] = append(v.methods[d.receiver], d)
		case d.kind == constant:
			mine := slices.Contains(p.declarations, d)
			if !mine {
				// Names that the cell declares are blanked in the copy.
				d = cloneWithout(d, fresh)
				v.declarations[key] = d
			}
			for _, name := range d.living() {
				v.byName[name] = d
			}
		default:
			v.byName[d.key] = d
		}
	}
	for _, list := range v.methods {
		sort.Slice(list, func(i, j int) bool { return list[i].key < list[j].key })
	}
	return v
}

func cloneWithout(d *declaration, names map[string]bool) *declaration {
	c := *d
	c.gone = maps.Clone(d.gone)
	for name := range names {
		if slices.Contains(d.names, name) {
			c.gone[name] = true
		}
	}
	return &c
}

// reach is what code with some identifiers uses.
type reach struct {
	declarations map[*declaration]bool
	variables    map[string]*Variable
	dormant      map[string]*Variable // that are to get their values again
	names        map[string]bool      // all identifiers seen
}

// reachable follows identifiers through the view. It goes by names only and so
// takes too much at times, never too little.
func (v *view) reachable(start map[string]bool) *reach {
	r := &reach{declarations: map[*declaration]bool{}, variables: map[string]*Variable{},
		dormant: map[string]*Variable{}, names: map[string]bool{}}
	pending := []map[string]bool{start}
	add := func(d *declaration) {
		if !r.declarations[d] {
			r.declarations[d] = true
			pending = append(pending, d.idents)
		}
	}
	for len(pending) > 0 {
		idents := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for name := range idents {
			if r.names[name] {
				continue
			}
			r.names[name] = true
			if d := v.byName[name]; d != nil {
				add(d)
			}
			for _, m := range v.methods[name] {
				add(m)
			}
			if variable := v.variables[name]; variable != nil {
				r.variables[name] = variable
				pending = append(pending, identifiers(variable.code), identifiers(variable.initial))
			}
			if variable := v.dormant[name]; variable != nil {
				// The names of one declaration come back together.
				for _, other := range variable.spec.names {
					if also := v.dormant[other]; also != nil && also.spec == variable.spec {
						r.dormant[other] = also
					}
				}
				pending = append(pending, identifiers(variable.spec.text))
			}
		}
	}
	return r
}
