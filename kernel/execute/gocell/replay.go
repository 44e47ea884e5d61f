package gocell

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// replayed are the special commands that change what later cells meet. Shell commands in the working folder are not
// among them: what they did to files is still there. Those in GoNB's own folder ("!*") are: it is new with each kernel.
var replayed = map[string]bool{
	"env": true, "cd": true, "goflags": true, "autoget": true, "noautoget": true, "reset": true, "rm": true,
	"remove": true, "track": true, "untrack": true, "goworkfix": true,
}

// forgets are those that take declarations back, so that they must stay behind what was declared before.
var forgets = map[string]bool{"reset": true, "rm": true, "remove": true}

// replayCommands are the commands of a cell to give again.
func (c Cell) replayCommands() (commands []string, forget bool) {
	for _, command := range c.Commands {
		word := commandWord(command)
		if strings.HasPrefix(command, "!*") || command[0] == '%' && replayed[word] {
			commands = append(commands, command)
			forget = forget || forgets[word]
		}
	}
	return commands, forget
}

// commandWord is the name in "%name args".
func commandWord(command string) string {
	fields := strings.Fields(command[1:])
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// Replay is the text of a cell that leaves GoNB as the given one did, without running it: its settings and declarations
// without its main. It is empty for a cell that leaves nothing. Variables are initialised again, as in every cell.
//
// That is sound as long as cells share declarations, settings and files only, and nothing that a program or a command
// outside of GoNB's folder left elsewhere.
func (c Cell) Replay() string {
	return pieces(Replays([]Cell{c})).text()
}

// Piece is a cell to send instead of some others.
type Piece struct {
	Source string
	Cells  []int // indices of the cells that it replays
}

type pieces []Piece

func (p pieces) text() string {
	var texts []string
	for _, piece := range p {
		texts = append(texts, piece.Source)
	}
	return strings.Join(texts, "\n")
}

// Replays is Replay for several cells in order, in as few cells as possible: each costs a run of the compiler. Cells are
// put together until one declares again what is there, or takes it back.
func Replays(cells []Cell) []Piece {
	var all pieces
	var b builder
	for i, c := range cells {
		if c.Magic != "" {
			continue
		}
		commands, forget := c.replayCommands()
		d, ok := c.declared()
		if forget || b.clashes(d) || !ok {
			all = b.flush(all)
		}
		b.add(i, commands, d)
		if !ok {
			all = b.flush(all)
		}
	}
	return b.flush(all)
}

// declared is what a cell declares.
type declared struct {
	imports []string // specs, as written
	names   []string
	text    string
}

// declared takes apart the declarations; ok is false when they are no Go, and then text is all of them.
func (c Cell) declared() (d declared, ok bool) {
	fset := token.NewFileSet()
	file, err := c.File(fset)
	if err != nil {
		return declared{text: strings.TrimSpace(c.Declarations)}, strings.TrimSpace(c.Declarations) == ""
	}
	var texts []string
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && decl.Name.Name == "main" {
				continue
			}
			d.names = append(d.names, functionName(decl, c.Text(fset, decl.Pos(), decl.Type.End())))
		case *ast.GenDecl:
			if decl.Tok == token.IMPORT {
				for _, spec := range decl.Specs {
					d.imports = append(d.imports, c.Text(fset, spec.Pos(), spec.End()))
				}
				continue
			}
			d.names = append(d.names, specNames(decl)...)
		}
		texts = append(texts, c.Text(fset, decl.Pos(), decl.End()))
	}
	d.text = strings.Join(texts, "\n\n")
	return d, true
}

// functionName tells functions and methods apart as GoNB does, by name and receiver.
func functionName(decl *ast.FuncDecl, signature string) string {
	if decl.Recv == nil {
		if decl.Name.Name == "init" || decl.Name.Name == "_" {
			return ""
		}
		return decl.Name.Name
	}
	receiver, _, _ := strings.Cut(strings.TrimPrefix(signature, "func"), ")")
	fields := strings.Fields(strings.Trim(strings.TrimSpace(receiver), "()"))
	if len(fields) == 0 {
		return decl.Name.Name
	}
	return strings.TrimLeft(fields[len(fields)-1], "*") + "." + decl.Name.Name
}

func specNames(decl *ast.GenDecl) []string {
	var names []string
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, spec.Name.Name)
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// builder puts cells together.
type builder struct {
	cells    []int
	commands []string
	imports  []string
	names    map[string]bool
	texts    []string
}

func (b *builder) clashes(d declared) bool {
	return slices.ContainsFunc(d.names, func(name string) bool { return b.names[name] })
}

func (b *builder) add(i int, commands []string, d declared) {
	if len(commands) == 0 && len(d.imports) == 0 && d.text == "" {
		return
	}
	b.cells = append(b.cells, i)
	b.commands = append(b.commands, commands...)
	for _, spec := range d.imports {
		if !slices.Contains(b.imports, spec) {
			b.imports = append(b.imports, spec)
		}
	}
	if b.names == nil {
		b.names = map[string]bool{}
	}
	for _, name := range d.names {
		b.names[name] = name != "" && name != "_"
	}
	if d.text != "" {
		b.texts = append(b.texts, d.text)
	}
}

func (b *builder) flush(all pieces) pieces {
	if len(b.cells) == 0 {
		return all
	}
	parts := slices.Clone(b.commands)
	for _, spec := range b.imports {
		parts = append(parts, "import "+spec)
	}
	parts = append(parts, b.texts...)
	all = append(all, Piece{Source: strings.Join(parts, "\n"), Cells: b.cells})
	*b = builder{}
	return all
}
