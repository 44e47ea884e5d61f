package library

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// differences says of packages why a process that holds them cannot take new
// code beside theirs, by path, and in one sentence for all. Functions may have
// other bodies, and there may be more functions, types and variables.
func (b *Compiler) differences(packages, edited []*listed) (refused map[string]string, why string) {
	exports := map[string]string{}
	for path, p := range b.imports {
		exports[path] = p.export
	}
	old := newChecker(maps.Clone(exports), b.ActualPath)
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	now := newChecker(exports, b.ActualPath)
	refused = map[string]string{}
	for _, p := range edited {
		if reason := b.difference(p, old, now); reason != "" {
			refused[p.ImportPath], why = reason, cmp.Or(why, reason)
		}
	}
	return refused, why
}

// difference is the first that a process cannot take, or "".
func (b *Compiler) difference(p *listed, old, now *checker) string {
	given := GivenPath(p.ImportPath)
	if len(p.CgoFiles) > 0 {
		return given + " has other code"
	}
	text := readText(p)
	before := b.watched[p.ImportPath].text
	if before == nil {
		return given + " was edited while it was read"
	}
	if why := otherFiles(before, text); why != "" {
		return given + why
	}
	was, err := old.declarations(p.ImportPath, before)
	if err != nil {
		return err.Error()
	}
	is, err := now.declarations(p.ImportPath, text)
	if err != nil {
		return err.Error()
	}
	for _, name := range paths(was) {
		if what, ok := is[name]; ok && what != was[name] {
			return fmt.Sprintf("%s is another one in %s", name, given)
		}
	}
	for _, name := range paths(is) {
		if _, ok := was[name]; !ok && strings.HasSuffix(is[name], initialized) {
			return fmt.Sprintf("%s is new in %s, and its value is computed when the program starts", name, given)
		}
	}
	return ""
}

// texts are the files of a package by name.
type texts map[string]string

func readText(p *listed) texts {
	t := texts{}
	for _, name := range p.files() {
		data, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return nil
		}
		t[name] = string(data)
	}
	return t
}

// otherFiles says which file that is no Go source has changed.
func otherFiles(before, now texts) string {
	for _, pair := range [][2]texts{{before, now}, {now, before}} {
		for name, text := range pair[0] {
			if !strings.HasSuffix(name, ".go") && pair[1][name] != text {
				return " has another " + name
			}
		}
	}
	return ""
}

// checker reads packages as the compiler sees them.
type checker struct {
	files    *token.FileSet
	importer types.Importer
}

func newChecker(exports map[string]string, actual func(path string) string) *checker {
	c := &checker{files: token.NewFileSet()}
	c.importer = NewImporter(c.files, actual, func(path string) (string, error) {
		if exports[path] == "" {
			return "", fmt.Errorf("package %s is not known", path)
		}
		return exports[path], nil
	})
	return c
}

// declarations describes what code in a process relies on, by what it is called
// in a sentence: the layouts of types, the types and values of variables, how
// functions are called, and all of what is generic, because every user of it has
// code of its own.
func (c *checker) declarations(path string, text texts) (map[string]string, error) {
	var files []*ast.File
	for _, name := range paths(text) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		file, err := parser.ParseFile(c.files, name, text[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: c.importer, Error: func(error) {}} // the compiler has none
	pkg, _ := config.Check(path, c.files, files, nil)
	all := map[string]string{}
	qualify := func(p *types.Package) string { return p.Path() }
	for _, name := range pkg.Scope().Names() {
		switch o := pkg.Scope().Lookup(name).(type) {
		case *types.TypeName:
			all["the type "+name] = layout(o, qualify)
		case *types.Var:
			all["the variable "+name] = types.TypeString(o.Type(), qualify)
		case *types.Func:
			all["the function "+name] = types.TypeString(o.Type(), qualify)
		}
	}
	for _, file := range files {
		c.syntax(file, all)
	}
	return all, nil
}

// initialized ends the description of a variable with a first value.
const initialized = " at the start"

// layout describes a type: what its values are made of, and its methods.
func layout(o *types.TypeName, qualify types.Qualifier) string {
	text := types.TypeString(o.Type().Underlying(), qualify)
	named, ok := types.Unalias(o.Type()).(*types.Named)
	if !ok || o.IsAlias() {
		return text
	}
	var methods []string
	for m := range named.Methods() {
		methods = append(methods, m.Name()+types.TypeString(m.Type(), qualify))
	}
	slices.Sort(methods)
	return text + "\n" + strings.Join(methods, "\n")
}

// syntax adds what types do not tell: values of variables, generic code, and
// types within functions.
func (c *checker) syntax(file *ast.File, all map[string]string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && len(v.Values) > 0 {
					var values []string
					for _, value := range v.Values {
						values = append(values, c.print(value))
					}
					for _, name := range v.Names {
						all["the variable "+name.Name] += " = " + strings.Join(values, ", ") + initialized
					}
				}
			}
		case *ast.FuncDecl:
			name := d.Name.Name
			generic := d.Type.TypeParams != nil
			if d.Recv != nil && len(d.Recv.List) == 1 {
				receiver := c.print(d.Recv.List[0].Type)
				name, generic = receiver+"."+name, strings.Contains(receiver, "[")
			}
			if generic {
				all["the function "+name] += c.print(d)
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if local, ok := n.(*ast.TypeSpec); ok {
					// Those of one name are told apart by their order.
					all["the list of types within functions"] += local.Name.Name + "\n"
					all["the type "+local.Name.Name+" in the function "+name] += c.print(local)
				}
				return true
			})
		}
	}
}

func (c *checker) print(node ast.Node) string {
	var w strings.Builder
	_ = printer.Fprint(&w, c.files, node) // into memory
	return w.String()
}
