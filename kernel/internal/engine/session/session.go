// Package session turns the cells of a notebook into programs that share their
// declarations and, in one living process, their variables.
//
// A cell becomes one Go file: it repeats the declarations of earlier cells that
// it uses, and puts the cell's statements into a function. Package-level
// variables have symbols outside of the cells' package, which the dynamic
// linker binds to their first definition, so they are declared again without
// being initialized again. A variable that the statements declare is moved to
// package level. Types keep their identity from cell to cell; a type that is
// redefined is compiled under another name, with an alias for the old one.
package session

import (
	"go/types"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Session is what a notebook has declared so far.
type Session struct {
	toolchain Toolchain
	importer  types.Importer

	declarations map[string]*declaration // by key
	imports      map[string]*importSpec  // by name in the code
	variables    map[string]*Variable
	// dormant are variables that have lost their values and will get new ones
	// by their initializers when a cell needs them.
	dormant map[string]*Variable
	// lost says of variables that are gone why, and what to do.
	lost map[string]string
	// unavailable are packages that cannot be imported, and why.
	unavailable map[string]string
	// versions of every type, by name and hash, that the process knows.
	versions map[string]map[string]version
	// sources of the cells that ran, for excerpts.
	sources  map[int64]string
	sequence int
	// initializers are the init functions, which have run; last is what ran
	// last.
	initializers map[string]*declaration
	last         *lastCell

	debug bool // programs get hooks for the debugger
}

// Variable is a package-level variable with living storage.
type Variable struct {
	Name string
	// Type is the type as Go code, as users are shown it.
	Type string
	// Cell is the execution that declared it.
	Cell int64

	symbol string
	layout string // of its type, see layout
	// code is the type for the compiler, with names of packages of our own
	// choice; imports has their paths.
	code    string
	imports map[string]string
	// spec is the declaration, nil for a variable of statements.
	spec *variableSpec
	// initial stands for the type where that has no name outside of its
	// package: "x = f()". It is never run again.
	initial string
}

// New returns an empty session for cells that t compiles.
func New(t Toolchain) *Session {
	s := &Session{versions: map[string]map[string]version{}, sources: map[int64]string{}, unavailable: map[string]string{}}
	s.Refresh(t)
	s.Reset()
	return s
}

// Reset forgets all declarations. Variables of goroutines that still run live
// on.
func (s *Session) Reset() {
	s.initializers, s.last = map[string]*declaration{}, nil
	s.declarations, s.imports = map[string]*declaration{}, map[string]*importSpec{}
	s.variables, s.dormant, s.lost = map[string]*Variable{}, map[string]*Variable{}, map[string]string{}
}

// Refresh forgets what is known of imported packages, which have changed.
func (s *Session) Refresh(t Toolchain) {
	s.toolchain, s.importer = t, newImporter(t)
}

// Unavailable says why a package cannot be imported. Imports of it count as if
// they were not there.
func (s *Session) Unavailable(path, why string) { s.unavailable[path] = why }

// Names lists what is declared, one line each: imports, constants, types,
// variables, functions.
func (s *Session) Names() map[string][]string {
	listed := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.imports)) {
		listed["imports"] = append(listed["imports"], s.imports[name].String())
	}
	for _, key := range slices.Sorted(maps.Keys(s.declarations)) {
		d := s.declarations[key]
		switch d.kind {
		case constant:
			listed["constants"] = append(listed["constants"], d.living()...)
		case typeName:
			listed["types"] = append(listed["types"], key)
		default:
			listed["functions"] = append(listed["functions"], key)
		}
	}
	for name := range s.initializers {
		listed["functions"] = append(listed["functions"], name+" (has run)")
	}
	sort.Strings(listed["functions"])
	sort.Strings(listed["constants"])
	variables := maps.Clone(s.dormant)
	maps.Copy(variables, s.variables)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		listed["variables"] = append(listed["variables"], name+" "+variables[name].Type)
	}
	return listed
}

// Variables lists the variables by name. Those that have lost their values are
// dormant: they get new ones when a cell needs them.
func (s *Session) Variables() (living, dormant map[string]*Variable) {
	return maps.Clone(s.variables), maps.Clone(s.dormant)
}

// drop forgets a variable's name.
func (s *Session) drop(name string) {
	delete(s.variables, name)
	delete(s.dormant, name)
}

// Remove forgets a declaration of any kind by its name, a method by
// "Type.Method". It returns what it was, in Go's word, or nothing if there was
// none.
func (s *Session) Remove(name string) (what string) {
	name = strings.ReplaceAll(name, "~", ".") // GoNB's way to write methods
	_, isImport := s.imports[name]
	isVariable := s.variables[name] != nil || s.dormant[name] != nil
	d := s.declared(name)
	_, isInitializer := s.initializers[name]
	delete(s.initializers, name)
	delete(s.imports, name)
	s.drop(name)
	if d != nil {
		s.forget(d, name)
	}
	switch {
	case isImport:
		return "import"
	case isVariable:
		return "var"
	case d != nil && d.kind == constant:
		return "const"
	case d != nil && d.kind == typeName:
		return "type"
	case d != nil || isInitializer:
		return "func"
	}
	return ""
}

// declared finds the declaration of a name that is no variable.
func (s *Session) declared(name string) *declaration {
	if d := s.declarations[name]; d != nil {
		return d
	}
	for _, d := range s.declarations {
		if d.kind == constant && slices.Contains(d.living(), name) {
			return d
		}
	}
	return nil
}

// forget removes one name of a declaration.
func (s *Session) forget(d *declaration, name string) {
	if d.kind == constant {
		d.gone[name] = true
		if len(d.living()) > 0 {
			return
		}
	}
	delete(s.declarations, d.key)
	if d.kind != typeName {
		return
	}
	for key, other := range s.declarations {
		if other.kind == method && other.receiver == d.key {
			delete(s.declarations, key)
		}
	}
}

// Commit takes over what a program declares, once it has been loaded.
func (s *Session) Commit(p *Program) {
	s.sources[p.number] = p.source
	// First, because the program may declare the same names anew.
	for name, why := range p.invalid {
		s.drop(name)
		s.lost[name] = why
	}
	for _, i := range p.imports {
		s.imports[i.key()] = i
	}
	for _, d := range p.declarations {
		if d.blank() {
			continue
		}
		if d.kind != method {
			s.replace(d)
		}
		s.sequence++
		d.sequence = s.sequence
		s.declarations[d.key] = d
	}
	for _, v := range p.variables {
		if old := s.declared(v.Name); old != nil {
			s.forget(old, v.Name)
		}
		s.drop(v.Name)
		s.variables[v.Name] = v
		delete(s.lost, v.Name)
	}
	for _, i := range p.imports {
		s.drop(i.name)
	}
	s.noteIota(p)
	s.remember(p)
	s.keepVersions(p)
}

// replace makes room for a declaration.
func (s *Session) replace(d *declaration) {
	for _, name := range d.names {
		if old := s.declared(name); old != nil && old.key != d.key {
			s.forget(old, name)
		}
		s.drop(name)
		delete(s.lost, name)
	}
}
