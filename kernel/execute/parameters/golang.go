package parameters

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

// golang writes parameters as constants and variables of the types that the
// notebook declares. A later declaration of a name replaces the earlier one in
// GoNB.
type golang struct {
	modules []string // folders whose modules are asked for packages outside of the standard library
}

// strict is true: nothing in the notebook could use a name that it does not
// declare.
func (golang) strict() bool { return true }

// goParameter is a parameter with what go/types knows about it.
type goParameter struct {
	Parameter
	object   types.Object // *types.Const or *types.Var
	typeText string       // the type as written, "" if there is none
	unknown  error        // why the type is not known; nil if it is
}

// untyped is the kind of a constant without a type.
func (p goParameter) untyped() (kind types.BasicKind, is bool) {
	basic, ok := p.object.Type().(*types.Basic)
	return kindOf(basic), ok && basic.Info()&types.IsUntyped != 0
}

func kindOf(basic *types.Basic) types.BasicKind {
	if basic == nil {
		return types.Invalid
	}
	return basic.Kind()
}

// valueType is the type that a value must have.
func (p goParameter) valueType() types.Type { return types.Default(p.object.Type()) }

func (g golang) open(ctx context.Context, before []string, source string) (cell, error) {
	c, err := checkGo(ctx, before, source, g.modules)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *goCell) list() []Parameter {
	var list []Parameter
	for _, p := range c.parameters {
		list = append(list, p.Parameter)
	}
	return list
}

func (c *goCell) inject(values []Value) (string, error) {
	lines := []string{"// Parameters"}
	var errs []error
	for _, v := range values {
		line, err := c.assign(v)
		if err != nil {
			errs = append(errs, fmt.Errorf("parameters: %s: %w", v.Name, err))
		}
		lines = append(lines, line)
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// goCell is the tagged cell, type-checked.
type goCell struct {
	*gocell.Cell
	fset       *token.FileSet
	pkg        *types.Package
	end        token.Pos
	parameters []goParameter
}

// find returns a declared parameter, nil if there is none.
func (c *goCell) find(name string) *goParameter {
	for i := range c.parameters {
		if c.parameters[i].Name == name {
			return &c.parameters[i]
		}
	}
	return nil
}

// assign writes the declaration that gives a parameter its value.
func (c *goCell) assign(v Value) (string, error) {
	p := c.find(v.Name)
	if p == nil { // no tagged cell: the value's own type must do
		expr, err := naturalGo(v.Value)
		return "const " + v.Name + " = " + expr, err
	}
	if p.unknown != nil {
		return "", p.unknown
	}
	expr, comment, err := goExpression(v, p.valueType())
	if err != nil {
		return "", err
	}
	if kind, untyped := p.untyped(); untyped && kind == types.UntypedFloat && !strings.ContainsAny(expr, ".e") {
		expr += ".0" // 1/2 is 0 and 1.0/2 is not
	}
	typeText := p.typeText
	keyword := "const"
	if _, isVar := p.object.(*types.Var); isVar {
		keyword = "var"
		if typeText == "" {
			typeText = typeString(p.object.Type())
		}
	}
	if err := c.accepts(typeString(p.valueType()), expr, keyword == "const"); err != nil {
		return "", err
	}
	if typeText != "" {
		typeText = " " + typeText
	}
	return keyword + " " + v.Name + typeText + " = " + expr + comment, nil
}

// accepts lets the type checker decide whether a value can have a type.
func (c *goCell) accepts(typeText, expr string, isConst bool) error {
	keyword := "var"
	if isConst {
		keyword = "const"
	}
	_, err := types.Eval(c.fset, c.pkg, c.end, fmt.Sprintf("func() { %s x %s = %s; _ = x }", keyword, typeText, expr))
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), ": ")
		return fmt.Errorf("%s is no %s: %s", expr, typeText, reason)
	}
	return nil
}

// checkGo type-checks the tagged cell among what is declared above it. Only the
// types of its constants and variables matter: other errors are left to the
// run. Packages outside of the standard library are looked at only if a
// parameter has a type of theirs: that takes the go command, and the time of a
// build where they were not built yet.
func checkGo(ctx context.Context, before []string, source string, modules []string) (*goCell, error) {
	c, err := checkGoWith(ctx, before, source, nil)
	unknown := func(p goParameter) bool { return p.unknown != nil }
	if err != nil || len(modules) == 0 || !slices.ContainsFunc(c.parameters, unknown) {
		return c, err
	}
	return checkGoWith(ctx, before, source, modules)
}

func checkGoWith(ctx context.Context, before []string, source string, modules []string) (*goCell, error) {
	fset := token.NewFileSet()
	parsed := gocell.Parse(source)
	if parsed.Magic != "" {
		return nil, fmt.Errorf("parameters: the cell tagged %q is no Go: %%%%%s", Tag, parsed.Magic)
	}
	file, err := parsed.File(fset)
	if err != nil {
		return nil, fmt.Errorf("parameters: the cell tagged %q: %w", Tag, err)
	}
	files := []*ast.File{file}
	for _, text := range before {
		// What is no Go here cannot declare a type either.
		if f, err := gocell.Parse(text).File(fset); err == nil {
			files = append(files, f)
		}
	}
	imports := newGoImporter(ctx, fset, modules)
	imports.complete(files)
	reasons := map[token.Pos]string{}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: imports, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			reasons[e.Pos] = e.Msg
		}
	}}
	pkg, _ := config.Check("main", fset, files, info) // errors went to reasons
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c := &goCell{Cell: parsed, fset: fset, pkg: pkg, end: file.Name.End()}
	c.collect(file, info, reasons, imports)
	return c, nil
}

// collect lists the constants and variables that the file declares.
func (c *goCell) collect(file *ast.File, info *types.Info, reasons map[token.Pos]string, imports *goImporter) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST && group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			for i, name := range spec.Names {
				object := info.Defs[name]
				if name.Name == "_" || object == nil {
					continue
				}
				p := goParameter{object: object, Parameter: Parameter{Name: name.Name}}
				p.typeText = c.text(spec.Type)
				if known(object.Type()) {
					p.Type = typeString(types.Default(object.Type()))
				} else {
					p.Type = p.typeText
					p.unknown = fmt.Errorf("its type is not known%s%s", why(spec, reasons),
						imports.failure(c.Text(c.fset, spec.Pos(), spec.End())))
				}
				p.Help = help(group, spec)
				if i < len(spec.Values) {
					p.Default = c.text(spec.Values[i])
				} else if value, ok := object.(*types.Const); ok {
					p.Default = constantText(value.Val())
				}
				c.parameters = append(c.parameters, p)
			}
		}
	}
}

// known tells whether all of a type that a value would need is known.
func known(t types.Type) bool {
	switch t := t.(type) {
	case nil:
		return false
	case *types.Basic:
		return t.Kind() != types.Invalid
	case *types.Slice:
		return known(t.Elem())
	case *types.Array:
		return known(t.Elem())
	case *types.Pointer:
		return known(t.Elem())
	case *types.Map:
		return known(t.Key()) && known(t.Elem())
	}
	return true
}

// why finds what the type checker said about a declaration.
func why(spec *ast.ValueSpec, reasons map[token.Pos]string) string {
	for pos, reason := range reasons {
		if pos >= spec.Pos() && pos < spec.End() {
			return ": " + reason
		}
	}
	return ""
}

// text is a node as it is written in the tagged cell.
func (c *goCell) text(node ast.Expr) string {
	if node == nil {
		return ""
	}
	return c.Text(c.fset, node.Pos(), node.End())
}

// help is the comment beside a declaration, else the one above it.
func help(group *ast.GenDecl, spec *ast.ValueSpec) string {
	for _, comment := range []*ast.CommentGroup{spec.Comment, spec.Doc, group.Doc} {
		if text := strings.Join(strings.Fields(comment.Text()), " "); text != "" {
			return text
		}
	}
	return ""
}

func constantText(v constant.Value) string {
	if v.Kind() == constant.Unknown {
		return ""
	}
	return v.ExactString()
}

// typeString writes a type as the notebook would.
func typeString(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Name() == "main" {
			return ""
		}
		return p.Name()
	})
}
