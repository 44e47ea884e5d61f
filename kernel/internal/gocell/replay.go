package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// replayed are the special commands that change what later cells meet. Shell
// commands in the working folder are not among them: what they did to files is
// still there. Those in GoNB's own folder ("!*") are: it is new with each
// kernel.
var replayed = map[string]bool{
	"env": true, "cd": true, "goflags": true, "autoget": true, "noautoget": true, "reset": true, "rm": true,
	"remove": true, "track": true, "untrack": true, "goworkfix": true,
}

// forgets are those that take declarations back, so that they must stay behind
// what was declared before.
var forgets = map[string]bool{"reset": true, "rm": true, "remove": true}

// replayCommands are the commands of a cell to give again.
func (c *Cell) replayCommands() (commands []string, forget bool) {
	for _, command := range c.Commands {
		switch {
		case command.Shell && strings.HasPrefix(command.Text, "*"):
			commands = append(commands, "!"+command.Text)
		case !command.Shell && replayed[command.Words[0]]:
			commands = append(commands, "%"+command.Text)
			forget = forget || forgets[command.Words[0]]
		}
	}
	return commands, forget
}

// Replay is the text of a cell that leaves GoNB as the given one did, without
// running it: its settings and declarations without its main. It is empty for a
// cell that leaves nothing. Variables are initialized again, as in every cell.
//
// That is sound as long as cells share declarations, settings and files only,
// and nothing that a program or a command outside of GoNB's folder left
// elsewhere.
func (c *Cell) Replay() string {
	var texts []string
	for _, piece := range Replays([]*Cell{c}) {
		texts = append(texts, piece.Source)
	}
	return strings.Join(texts, "\n")
}

// Piece is a cell to send instead of some others.
type Piece struct {
	Source string
	Cells  []int // indices of the cells that it replays
}

// Replays is Replay for several cells in order, in as few cells as possible:
// each costs a run of the compiler. Cells are put together until one declares
// again what is there, or takes it back.
func Replays(cells []*Cell) []Piece {
	var all []Piece
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

// declared takes apart the declarations; ok is false when they are no Go, and
// then text is all of them.
func (c *Cell) declared() (d declared, ok bool) {
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
			d.names = append(d.names, functionName(decl))
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

// functionName tells functions and methods apart as GoNB does, by name and
// receiver. Functions that may be there several times have no name.
func functionName(decl *ast.FuncDecl) string {
	name := decl.Name.Name
	switch {
	case decl.Recv == nil && (name == "init" || name == "_"):
		return ""
	case decl.Recv == nil || len(decl.Recv.List) == 0:
		return name
	}
	return strings.TrimLeft(types.ExprString(decl.Recv.List[0].Type), "*") + "." + name
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

func (b *builder) flush(all []Piece) []Piece {
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
