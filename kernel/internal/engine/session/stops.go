package session

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// While a debugger is attached, each statement of a cell has a hook in front:
//
//	if gocell_hit[5] != 0 {
//		gocell_0, gocell_1 := x, i
//		gocell_set := gocell_stop(12, 5, &gocell_0, &gocell_1)
//		if gocell_set&1 != 0 { x = gocell_0 }
//		if gocell_set&2 != 0 { i = gocell_1 }
//	};
//
// The debugger sees and sets copies of the variables in scope. Their own
// addresses would make all of them escape to the heap, wherever a hook stands.
// What the copies point to does not escape either: gocell_stop is the host's
// function without its body, with a promise to the compiler (see [plainMemory]).
// Hooks are put into the program as it would be compiled without, so they know
// nothing of what became of a cell before.

// Site is a statement at which a program can stop.
type Site struct {
	// Cell, Line and Column are its place, from 1, in the text of an execution,
	// or in the file of a package with that number.
	Cell         int64
	Line, Column int
	Function     string
	Locals       []Local
	// Loop is the number of the loop whose body is there twice, with and without
	// hooks, 0 if the hook stands in code that is there once.
	Loop int
	// End is the line of the statement's end, Node the function, and Calls are
	// those that the statement calls, see [AnyCall]. Dynamic tells whether calls of
	// unknown functions may be of this one.
	End     int
	Node    string
	Calls   []string
	Dynamic bool
}

// Local is a variable of a function.
type Local struct {
	Name string
	// Fixed says why the debugger cannot set it, "" if it can.
	Fixed string

	code    string // of its type, "" if other cells cannot name it
	imports map[string]string
	plain   bool // what it points to may be on the stack, see plainMemory
}

const (
	hitName = "gocell_hit"
	// mostLocals is how many variables one hook has: a bit tells of each whether
	// it has been set.
	mostLocals = 64
	// mostRoom is how many bytes the hooks of one function may take of the stack
	// at each call, to leave there what its variables point to.
	mostRoom = 4096
)

// Debug sets whether programs get hooks from now on.
func (s *Session) Debug(on bool) { s.debug = on }

// hooker puts hooks into a program.
type hooker struct {
	text string
	// hit is the variable with the bytes at which hooks look, and stop, held and
	// keep are the host's functions, see hostFunctions.
	hit, stop, held, keep string
	used                  map[string]bool
	program               int64
	// paths are the numbers of the files by path, in a package; nil in a cell.
	paths map[string]int64
	files *token.FileSet
	info  *types.Info
	own   *types.Package

	edits    edits
	sites    []Site
	loops    int
	captured map[types.Object]bool // variables that function literals have, too
	assigned map[types.Object]bool // anywhere after they were declared

	values   map[*types.Func]bool // functions that are used as values
	function string
	key      string                // the function's, see functionKey
	dynamic  bool                  // it may be called as a value
	defers   bool                  // it calls functions when it returns
	scope    []types.Object        // local ones, the innermost last
	loop     int                   // the number of the loop in whose second body this is
	varies   map[types.Object]bool // what that loop assigns to, nil if all can be set in it
	loopFrom token.Pos             // where it begins
	labeled  ast.Stmt              // the last statement with a label

	recursive map[types.Object]bool // functions that may call themselves
	keeps     bool                  // hooks of this one take no room on the stack
	room      int                   // that they take, in bytes, roughly
}

// addHooks puts hooks into a program. It leaves a program that it does not
// understand as it is.
func (s *Session) addHooks(p *Program) {
	h := newHooker("", hostName+".Stop", p.number)
	h.text = string(p.Source)
	file, err := parser.ParseFile(h.files, "gocell.go", h.text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return
	}
	config := types.Config{Importer: s.importer, GoVersion: s.toolchain.Language()}
	if h.own, err = config.Check("main", h.files, []*ast.File{file}, h.info); err != nil {
		return
	}
	h.noteCaptured(file)
	h.noteValues(file)
	h.noteRecursive([]*ast.File{file})
	h.functions(file)
	entry := fmt.Sprintf("func %s() { ", entryName)
	at := strings.Index(h.text, entry)
	if at < 0 || len(h.sites) == 0 {
		return
	}
	h.edits.insert(at+len(entry), fmt.Sprintf("%s.Hooks(%d, %s[:]); ", hostName, p.number, h.hit))
	p.Source = fmt.Appendf(nil, "%s\nvar %s [%d]byte\n%s", h.edits.render(h.text, 0, len(h.text)), h.hit,
		len(h.sites)+h.loops, h.hostFunctions())
	p.Sites = h.sites
}

// hostFunctions declares the host's functions that hooks call. Without their
// bodies the compiler knows nothing of them but the promise of the first. Those
// that are not used take no time to load.
func (h *hooker) hostFunctions() string {
	var b strings.Builder
	declare := func(directive, name, host, signature string) {
		if h.used[name] && !strings.Contains(name, ".") {
			fmt.Fprintf(&b, "\n%s//go:linkname %s %s.%s\nfunc %s%s\n", directive, name, library.HostImport, host, name,
				signature)
		}
	}
	const stops = "(program int64, site int, variables ...interface{}) (set uint64)"
	declare("//go:noescape\n", h.stop, "Stop", stops)
	declare("", h.held, "Stop", stops)
	declare("", h.keep, "Keep", "(variable interface{}) interface{}")
	return b.String()
}

// newHooker begins with a program whose names for hooks end in some way. held is
// the host's function for hooks without the promise.
func newHooker(suffix, held string, program int64) *hooker {
	return &hooker{hit: hitName + suffix, stop: "gocell_stop" + suffix, held: held,
		keep: "gocell_keep" + suffix, used: map[string]bool{}, program: program, files: token.NewFileSet(),
		captured: map[types.Object]bool{}, assigned: map[types.Object]bool{}, values: map[*types.Func]bool{},
		recursive: map[types.Object]bool{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
			Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}}}
}

// functions puts hooks into the functions of a file.
func (h *hooker) functions(file *ast.File) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Body != nil && !special(f.Doc) {
			h.function, h.keeps, h.room = functionName(f), h.recursive[h.info.Defs[f.Name]], 0
			edits, sites, loops := h.edits, len(h.sites), h.loops
			h.declared(f)
			if h.room > mostRoom {
				h.edits, h.sites, h.loops, h.keeps = edits, h.sites[:sites], loops, true
				h.declared(f)
			}
		}
	}
}

// declared puts hooks into a function.
func (h *hooker) declared(f *ast.FuncDecl) {
	h.scope = nil
	h.enter(f)
	h.fields(f.Recv)
	h.fields(f.Type.Params)
	h.fields(f.Type.Results)
	h.block(f.Body.List)
}

// special tells of functions with directives that a hook might break.
func special(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:") && c.Text != "//go:noinline" {
			return true
		}
	}
	return false
}

// functionName is how people call a function.
func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	t := types.ExprString(f.Recv.List[0].Type)
	if strings.HasPrefix(t, "*") {
		t = "(" + t + ")"
	}
	return plain(t) + "." + f.Name.Name
}

// fields brings parameters into scope.
func (h *hooker) fields(list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			h.declare(h.info.Defs[name])
		}
	}
}

func (h *hooker) declare(o types.Object) {
	if o != nil && o.Name() != "_" {
		h.scope = append(h.scope, o)
	}
}

// within calls do, whose declarations are out of scope afterwards.
func (h *hooker) within(do func()) {
	n := len(h.scope)
	do()
	h.scope = h.scope[:n]
}

// block puts hooks into a list of statements.
func (h *hooker) block(list []ast.Stmt) {
	h.within(func() {
		for _, s := range list {
			if h.stops(s) {
				h.edits.insert(h.offset(s.Pos()), h.hook(s))
			}
			h.statement(s)
		}
	})
}

// offset is a place in the text, whatever line directives say.
func (h *hooker) offset(p token.Pos) int { return h.files.PositionFor(p, false).Offset }

// stops tells whether a statement is one of the user's, at which people might
// want to stop.
func (h *hooker) stops(s ast.Stmt) bool {
	if x, ok := s.(*ast.ExprStmt); ok && h.ours(x.X) {
		return false
	}
	return canStop(s) && h.textOf(h.files.Position(s.Pos())) != 0
}

// textOf is the number of the cell or file in which a place is, or 0.
func (h *hooker) textOf(at token.Position) (number int64) {
	if h.paths != nil {
		return h.paths[at.Filename]
	}
	if _, err := fmt.Sscanf(at.Filename, "cell[%d]", &number); err != nil {
		return 0
	}
	return number
}

// canStop tells of statements that do something.
func canStop(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.EmptyStmt, *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
		return false
	case *ast.DeclStmt:
		d, ok := s.Decl.(*ast.GenDecl)
		return !ok || d.Tok == token.VAR
	}
	return true
}

// ours tells of calls that the kernel has put in for its own ends.
func (h *hooker) ours(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	p, ok := s.X.(*ast.Ident)
	return ok && p.Name == hostName
}

// hook is the code in front of a statement.
func (h *hooker) hook(s ast.Stmt) string {
	at := h.files.Position(s.Pos())
	site := Site{Cell: h.textOf(at), Line: at.Line, Column: at.Column, Function: h.function, Locals: h.locals(),
		Loop: h.loop, End: h.files.Position(s.End()).Line, Node: h.key, Calls: h.calls(s), Dynamic: h.dynamic}
	n := len(h.sites)
	h.sites = append(h.sites, site)
	stops := h.stop
	if h.keeps || !slices.ContainsFunc(site.Locals, func(v Local) bool { return v.plain }) {
		stops = h.held
	} else {
		h.room += 24 * len(site.Locals) // a word, and one of two for the host's list
	}
	h.used[stops] = true
	var names, copies, addresses, set strings.Builder
	for i, v := range site.Locals {
		one := fmt.Sprintf("gocell_%d", i)
		if i > 0 {
			names.WriteString(", ")
			copies.WriteString(", ")
		}
		names.WriteString(v.Name)
		copies.WriteString(one)
		switch {
		case v.plain || stops == h.held:
			addresses.WriteString(", &" + one)
		default:
			h.used[h.keep] = true
			addresses.WriteString(", " + h.keep + "(&" + one + ")")
		}
		if v.Fixed == "" {
			fmt.Fprintf(&set, "; if gocell_set&%d != 0 { %s = %s }", uint64(1)<<i, v.Name, one)
		}
	}
	stop := fmt.Sprintf("%s(%d, %d%s)", stops, h.program, n, addresses.String())
	if set.Len() > 0 {
		stop = "gocell_set := " + stop + set.String()
	}
	if len(site.Locals) > 0 {
		stop = fmt.Sprintf("%s := %s; %s", copies.String(), names.String(), stop)
	}
	return fmt.Sprintf("if %s[%d] != 0 { %s };", h.hit, n, stop)
}

// fixed tells why a variable cannot be set, "" if it can.
func (h *hooker) fixed(v *types.Var) string {
	switch {
	case h.captured[v] && !h.assigned[v]:
		return "a function literal has a copy of it, since nothing assigns to it"
	case h.loop != 0 && h.varies != nil && !h.varies[v] && v.Pos() < h.loopFrom:
		// Else the compiler could not keep it in a register.
		return "the loop does not assign to it; set it before the loop"
	}
	return ""
}

// locals are the variables in scope, the innermost first.
func (h *hooker) locals() (list []Local) {
	own := h.own
	if h.paths != nil {
		own = nil // cells import it
	}
	seen := map[string]bool{}
	for i := len(h.scope) - 1; i >= 0 && len(list) < mostLocals; i-- {
		o := h.scope[i]
		if seen[o.Name()] {
			continue
		}
		seen[o.Name()] = true
		v, ok := o.(*types.Var)
		if !ok {
			continue
		}
		one := Local{Name: v.Name(), Fixed: h.fixed(v), plain: plainMemory(v.Type(), map[types.Type]bool{})}
		if code, imports, ok := typeCode(v.Type(), own); ok {
			one.code, one.imports = code, imports
		}
		list = append(list, one)
	}
	return list
}
