package corpus

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// unit is a declaration that may stand in a cell of its own.
type unit struct {
	declaration ast.Decl
	// needs are the units that have to stand in an earlier cell, or in the
	// same.
	needs map[*unit]bool
	// receiver is the type whose method it declares, if it does.
	receiver types.Object
}

// pieces puts every declaration into a cell. Imports come first, statements
// last.
func (p *program) pieces() []string {
	var imports []string
	var units []*unit
	callsMain := p.callsMain()
	for _, d := range p.file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			imports = append(imports, p.source(d))
			continue
		}
		if d != ast.Decl(p.main) || callsMain {
			units = append(units, &unit{declaration: d, needs: map[*unit]bool{}})
		}
	}
	methods := p.relate(units)
	groups := arrange(units)
	for p.bind(groups, imports, methods) {
		groups = arrange(units)
	}
	var cells []string
	if len(imports) > 0 {
		cells = append(cells, strings.Join(imports, "\n"))
	}
	for _, group := range groups {
		var sources []string
		for _, u := range group {
			sources = append(sources, p.source(u.declaration))
		}
		cells = append(cells, strings.Join(sources, "\n\n"))
	}
	if callsMain {
		return cells
	}
	return append(cells, mark+p.body())
}

// relate finds out what each unit needs: what it names, all methods of the
// types that it names, and what Go would have done before. It returns the
// methods of each type.
func (p *program) relate(units []*unit) (methods map[types.Object][]*unit) {
	home := map[types.Object]*unit{} // where an object is declared
	methods = map[types.Object][]*unit{}
	for _, u := range units {
		for _, id := range declared(u.declaration) {
			if object := p.info.Defs[id]; object != nil {
				home[object] = u
			}
		}
		if f, ok := u.declaration.(*ast.FuncDecl); ok && f.Recv != nil {
			u.receiver = p.receiver(f)
			methods[u.receiver] = append(methods[u.receiver], u)
		}
	}
	for _, u := range units {
		ast.Inspect(u.declaration, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			object := p.info.Uses[id]
			if f, ok := object.(*types.Func); ok {
				object = f.Origin()
			}
			if home[object] == nil {
				return true
			}
			u.needs[home[object]] = true
			if u.receiver == object {
				// A method needs those that it calls, which it names.
				return true
			}
			for _, m := range methods[object] {
				u.needs[m] = true
			}
			return true
		})
	}
	p.sequence(units, home)
	return methods
}

// declared are the identifiers that a declaration declares for the package.
func declared(d ast.Decl) (list []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		list = append(list, d.Name)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				list = append(list, s.Name)
			case *ast.ValueSpec:
				list = append(list, s.Names...)
			}
		}
	}
	return list
}

// receiver is the type to which a method belongs.
func (p *program) receiver(f *ast.FuncDecl) types.Object {
	t := f.Recv.List[0].Type
	for {
		switch e := t.(type) {
		case *ast.StarExpr:
			t = e.X
		case *ast.ParenExpr:
			t = e.X
		case *ast.IndexExpr:
			t = e.X
		case *ast.IndexListExpr:
			t = e.X
		case *ast.Ident:
			object := p.info.Uses[e]
			if name, ok := object.(*types.TypeName); ok && name.IsAlias() {
				if named, ok := types.Unalias(name.Type()).(*types.Named); ok {
					return named.Origin().Obj()
				}
			}
			return object
		default:
			return nil
		}
	}
}

// sequence keeps Go's order among what runs by itself: variables are
// initialized in an order that package go/types has found, then the functions
// called init run.
func (p *program) sequence(units []*unit, home map[types.Object]*unit) {
	var last *unit
	follow := func(u *unit) {
		if u != nil && u != last {
			if last != nil {
				u.needs[last] = true
			}
			last = u
		}
	}
	for _, i := range p.info.InitOrder {
		follow(home[i.Lhs[0]])
	}
	for _, u := range units {
		if f, ok := u.declaration.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			follow(u)
		}
	}
}

// arrange returns the units in an order in which each comes after what it
// needs. Units that need each other share a group, in the order of the text,
// and so do groups as far as the needs allow.
func arrange(units []*unit) [][]*unit {
	groups := components(units)
	group := map[*unit]int{}
	for i, g := range groups {
		for _, u := range g {
			group[u] = i
		}
	}
	var order [][]*unit
	done := make([]bool, len(groups))
	ready := func(g []*unit, self int) bool {
		for _, u := range g {
			for n := range u.needs {
				if i := group[n]; i != self && !done[i] {
					return false
				}
			}
		}
		return true
	}
	for len(order) < len(groups) {
		for i, g := range groups {
			if !done[i] && ready(g, i) {
				done[i] = true
				order = append(order, g)
				break
			}
		}
	}
	return order
}

// components returns the sets of units that need each other, sorted by the
// first unit of each in the text. Programs are small: who reaches whom is
// looked up one by one.
func components(units []*unit) [][]*unit {
	reached := map[*unit]map[*unit]bool{}
	for _, u := range units {
		reached[u] = map[*unit]bool{}
		waiting := []*unit{u}
		for len(waiting) > 0 {
			next := waiting[len(waiting)-1]
			waiting = waiting[:len(waiting)-1]
			for n := range next.needs {
				if !reached[u][n] {
					reached[u][n] = true
					waiting = append(waiting, n)
				}
			}
		}
	}
	var groups [][]*unit
	for _, u := range units {
		i := slices.IndexFunc(groups, func(g []*unit) bool { return reached[u][g[0]] && reached[g[0]][u] })
		if i < 0 {
			groups = append(groups, []*unit{u})
		} else {
			groups[i] = append(groups[i], u)
		}
	}
	return groups
}
