package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	imports      map[string]*importSpec
}

// with adds the declarations of a cell to those of the session.
func (s *Session) with(p *parts, broken, invalid map[string]string) *view {
	v := &view{declarations: maps.Clone(s.declarations), byName: map[string]*declaration{}, methods: map[string][]*declaration{},
		variables: maps.Clone(s.variables), dormant: maps.Clone(s.dormant), imports: maps.Clone(s.imports)}
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

// from follows identifiers through the view. It goes by names only and so takes
// too much at times, never too little.
func (v *view) from(start map[string]bool) *reach {
	r := &reach{declarations: map[*declaration]bool{}, variables: map[string]*Variable{}, dormant: map[string]*Variable{}, names: map[string]bool{}}
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

// version of a type's definition.
type version struct {
	hash    string
	version int
}

// hash tells definitions of a type apart: by its text, its methods, and all that
// they use.
func (v *view) hash(name string) string {
	r := v.from(map[string]bool{name: true})
	var lines []string
	for d := range r.declarations {
		lines = append(lines, d.key+"\x00"+d.text)
	}
	for _, variable := range r.dormant {
		lines = append(lines, "var "+variable.Name+" "+variable.code)
	}
	for _, variable := range r.variables {
		lines = append(lines, "var "+variable.Name+" "+variable.code)
	}
	for used := range r.names {
		if i := v.imports[used]; i != nil {
			lines = append(lines, "import "+used+" "+i.path)
		}
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		fmt.Fprintf(sum, "%d:%s,", len(line), line)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// versionOf numbers the definition of a type: as before if it is one that the
// process knows, else with a new number.
func (s *Session) versionOf(name, hash string) int {
	known := s.versions[name]
	if n, ok := known[hash]; ok {
		return n
	}
	last := 0
	for _, n := range known {
		last = max(last, n)
	}
	return last + 1
}
