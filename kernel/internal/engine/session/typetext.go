package session

import (
	"fmt"
	"go/types"
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// plain removes version numbers and our names of packages from a text for
// people.
func plain(text string) string {
	return packageAlias.ReplaceAllString(library.WithoutVersions(text), "$1")
}

var packageAlias = regexp.MustCompile(`\bgocell_([\pL\d_]+)_[0-9a-f]{8}\b`)

// aliasOf names a package in the types of variables. No name that the notebook
// gives to something else is in its way.
func aliasOf(p *types.Package) string {
	h := fnv.New32a()
	h.Write([]byte(p.Path()))
	return fmt.Sprintf("gocell_%s_%08x", p.Name(), h.Sum32())
}

// typeCode writes a type for the compiler, and the imports for it. It fails for
// types that code of a cell cannot name.
func typeCode(t types.Type, own *types.Package) (code string, imports map[string]string, ok bool) {
	if !nameable(t, own, map[types.Type]bool{}) {
		return "", nil, false
	}
	imports = map[string]string{}
	code = types.TypeString(t, func(p *types.Package) string {
		if p == own {
			return ownPrefix
		}
		imports[aliasOf(p)] = p.Path()
		return aliasOf(p)
	})
	return library.WithoutVersions(markPredeclared(code)), imports, true
}

// nameable tells whether a type can be written in another cell.
func nameable(t types.Type, own *types.Package, seen map[types.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	all := func(list ...types.Type) bool {
		for _, one := range list {
			if !nameable(one, own, seen) {
				return false
			}
		}
		return true
	}
	named := func(o *types.TypeName, arguments *types.TypeList) bool {
		switch p := o.Pkg(); {
		case p == nil: // error, any
		case p == own:
			if o.Parent() != nil && o.Parent() != own.Scope() {
				return false
			}
		case !o.Exported() || o.Parent() != nil && o.Parent() != p.Scope():
			return false
		}
		for i := 0; i < arguments.Len(); i++ {
			if !all(arguments.At(i)) {
				return false
			}
		}
		return true
	}
	switch t := t.(type) {
	case *types.Basic:
		return t.Kind() != types.Invalid && t.Info()&types.IsUntyped == 0
	case *types.Named:
		return named(t.Obj(), t.TypeArgs())
	case *types.Alias:
		return named(t.Obj(), t.TypeArgs())
	case *types.Pointer:
		return all(t.Elem())
	case *types.Slice:
		return all(t.Elem())
	case *types.Array:
		return all(t.Elem())
	case *types.Chan:
		return all(t.Elem())
	case *types.Map:
		return all(t.Key(), t.Elem())
	case *types.Signature:
		return all(t.Params(), t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if !all(v.Type()) {
				return false
			}
		}
		return true
	case *types.Struct:
		for f := range t.Fields() {
			if !f.Exported() && f.Pkg() != own || !all(f.Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		for m := range t.Methods() {
			if !m.Exported() && m.Pkg() != own || !all(m.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// layout describes how values of a type lie in memory, whatever the names of
// the cells' types in it: two definitions with the same layout can share a
// variable.
func layout(t types.Type, own *types.Package) string {
	var b strings.Builder
	writeLayout(&b, t, own, map[*types.Named]int{})
	return b.String()
}

func writeLayout(b *strings.Builder, t types.Type, own *types.Package, open map[*types.Named]int) {
	write := func(t types.Type) { writeLayout(b, t, own, open) }
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Obj().Pkg() == own {
			if depth, ok := open[t]; ok {
				fmt.Fprintf(b, "^%d", depth)
				return
			}
			open[t] = len(open)
			write(t.Underlying())
			delete(open, t)
			return
		}
		b.WriteString(types.TypeString(t.Origin(), nil))
		for a := range t.TypeArgs().Types() {
			b.WriteByte(',')
			write(a)
		}
	case *types.Pointer:
		b.WriteByte('*')
		write(t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		write(t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		write(t.Elem())
	case *types.Chan:
		fmt.Fprintf(b, "chan%d ", t.Dir())
		write(t.Elem())
	case *types.Map:
		b.WriteString("map[")
		write(t.Key())
		b.WriteByte(']')
		write(t.Elem())
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			fmt.Fprintf(b, "%s %q ", t.Field(i).Name(), t.Tag(i))
			write(t.Field(i).Type())
			b.WriteByte(';')
		}
		b.WriteByte('}')
	case *types.Interface:
		b.WriteString("interface{")
		for m := range t.Methods() {
			b.WriteString(m.Name())
			write(m.Type())
			b.WriteByte(';')
		}
		b.WriteByte('}')
	case *types.Signature:
		b.WriteString("func(")
		write(t.Params())
		fmt.Fprintf(b, ")%t(", t.Variadic())
		write(t.Results())
		b.WriteByte(')')
	case *types.Tuple:
		for v := range t.Variables() {
			write(v.Type())
			b.WriteByte(',')
		}
	default:
		b.WriteString(types.TypeString(t, nil))
	}
}
