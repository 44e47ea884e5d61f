package session

import (
	"go/ast"
	"go/types"
)

// This file tells where hooks leave on a goroutine's stack what is there without
// them. The host's part is host/stop_stack.go.

// plainMemory tells of types whose values the host can copy from a goroutine's
// stack, with all to which they point there.
func plainMemory(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	if p, ok := t.(*types.TypeParam); ok {
		return plainSet(p.Constraint())
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Pointer:
		return plainMemory(t.Elem(), seen)
	case *types.Slice:
		return plainMemory(t.Elem(), seen)
	case *types.Array:
		return plainMemory(t.Elem(), seen)
	case *types.Struct:
		for f := range t.Fields() {
			if !plainMemory(f.Type(), seen) {
				return false
			}
		}
		return true
	}
	return false
}

// plainSet tells of constraints whose types are numbers and strings.
func plainSet(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Union:
		for term := range t.Terms() {
			if !plainSet(term.Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		for one := range t.EmbeddedTypes() {
			if plainSet(one) {
				return true
			}
		}
	}
	return false
}

// noteRecursive finds functions that may call themselves, as far as their names
// tell. There may be many calls of them on a stack, so their hooks must not take
// room there: they pass all variables as if the host kept them.
func (h *hooker) noteRecursive(files []*ast.File) {
	uses := map[*types.Func]map[*types.Func]bool{}
	for _, file := range files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			used := map[*types.Func]bool{}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if ident, ok := n.(*ast.Ident); ok {
					if o, ok := h.info.Uses[ident].(*types.Func); ok && o.Pkg() == h.own {
						used[o.Origin()] = true
					}
				}
				return true
			})
			if o, ok := h.info.Defs[f.Name].(*types.Func); ok {
				uses[o] = used
			}
		}
	}
	for f := range uses {
		seen, next := map[*types.Func]bool{}, []*types.Func{f}
		for len(next) > 0 && !seen[f] {
			last := next[len(next)-1]
			next = next[:len(next)-1]
			for o := range uses[last] {
				if !seen[o] {
					seen[o], next = true, append(next, o)
				}
			}
		}
		h.recursive[f] = seen[f]
	}
}
