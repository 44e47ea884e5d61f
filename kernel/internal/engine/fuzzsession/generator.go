package fuzzsession

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Generate makes the session of a seed. Its names end in suffix.
func Generate(seed uint64, suffix string) *Session {
	for try := uint64(0); ; try++ {
		g := &generator{rand: rand.New(rand.NewPCG(seed, try)), scope: newScope(suffix),
			facts: map[string]*fact{}, locals: map[string][]string{}}
		s := &Session{Suffix: suffix}
		for i := range 3 + g.rand.IntN(4) {
			g.items = nil
			g.cell(i)
			s.Cells = append(s.Cells, g.items)
		}
		// Cells that change what they themselves use are rare, and are not
		// worth to be foreseen in all their forms.
		if s.compiles() {
			return s
		}
	}
}

// fact is what the generator knows of a name.
type fact struct {
	kind Kind
	// result is the type of a constant, a variable, or a function's result, ""
	// for a function that has none.
	result     string
	parameters []string
	// of a type
	form    form
	fields  []field
	methods map[string]string // names and types of the results, without parameters
	// base is the embedded type.
	base string
	// holds is the type of an interface's first value.
	holds string
	// origin is the call that a variable got its first value from.
	origin string
}

type field struct{ name, typ string }

// form is a kind of type.
type form int

const (
	structForm form = iota
	intForm
	sliceForm
	arrayForm
	boxForm // generic, with one field
	errorForm
	interfaceForm
	aliasForm
)

type generator struct {
	rand  *rand.Rand
	scope *scope
	facts map[string]*fact
	items []Item
	count int
	// locals are names at hand in a function, by type.
	locals map[string][]string
	// hidden are package-level names that a parameter hides.
	hidden string
	// redefined are names that the cell has given another definition.
	redefined map[string]bool
	// taken are names that the cell's statements cannot define: those that it
	// declares or defines already.
	taken map[string]bool
	// seen are names that the cell's declarations use: they must compile with
	// all that the cell declares, and would not see variables of other types
	// that its statements define.
	seen map[string]bool
}

func (g *generator) chance(percent int) bool { return g.rand.IntN(100) < percent }

func (g *generator) pick(list ...string) string { return list[g.rand.IntN(len(list))] }

// add puts an item into the cell.
func (g *generator) add(i Item) {
	g.items = append(g.items, i)
	if i.Kind != Statement {
		for _, name := range i.Names {
			g.taken[name] = true
		}
	}
	switch i.Kind {
	case Statement:
	case Definition:
		i.Kind = Variable
		g.scope.declare([]Item{i})
	default:
		g.scope.declare([]Item{i})
		for _, name := range i.Names {
			delete(g.seen, name)
		}
		g.see(i.Names...)
	}
}

var stems = []string{"a", "B", "total", "Count", "größe", "Ähre", "日本", "π", "_x", "_init", "Ω", "len2", "T",
	"n", "Value", "mainly", "type_"}

// name makes a new one.
func (g *generator) name() string {
	g.count++
	return fmt.Sprintf("%s%d", stems[g.rand.IntN(len(stems))], g.count)
}

// known lists what there is, of a kind and with a result of a type.
func (g *generator) known(accept func(name string, f *fact) bool) (names []string) {
	for name, f := range g.facts {
		if g.scope.current[name] != nil && name != g.hidden && accept(name, f) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (g *generator) one(accept func(name string, f *fact) bool) string {
	if names := g.known(accept); len(names) > 0 {
		return g.pick(names...)
	}
	return ""
}

func (g *generator) variables(typ string) []string {
	return g.known(func(_ string, f *fact) bool { return f.kind == Variable && f.result == typ })
}

func (g *generator) typesOf(forms ...form) []string {
	return g.known(func(_ string, f *fact) bool { return f.kind == Type && slices.Contains(forms, f.form) })
}

// cell makes one: first what it changes, then what it adds, then its
// statements.
func (g *generator) cell(number int) {
	g.redefined, g.taken, g.seen = map[string]bool{}, map[string]bool{}, map[string]bool{}
	if number > 0 {
		for range 1 + g.rand.IntN(4) {
			g.change()
		}
	}
	additions := 1 + g.rand.IntN(4)
	if number == 0 {
		additions += 5
	}
	for range additions {
		g.addition()
	}
	for range 4 + g.rand.IntN(8) {
		g.statement()
	}
	if g.chance(5) {
		g.add(Item{Kind: Statement, Text: g.pick("panic(\"stop\")", "var p *int\n*p = 1",
			"panic(errors.New(\"bad\"))", "panic(fmt.Sprint(3))")})
		return
	}
	g.show()
}

func (g *generator) addition() {
	switch g.rand.IntN(12) {
	case 0:
		if list := g.typesOf(intForm); len(list) > 0 && g.chance(40) {
			g.typedConstant(g.name(), "‹"+g.pick(list...)+"›")
			return
		}
		g.constant(g.name())
	case 1:
		g.constantGroup()
	case 2, 3, 4:
		g.newType()
	case 5, 6:
		g.newVariable(Variable)
	case 7, 8, 9:
		g.newFunction()
	case 10:
		g.effect(g.name())
	default:
		g.newMethod()
	}
}

// change redefines something, with the same use.
func (g *generator) change() {
	name := g.one(func(name string, _ *fact) bool { return !g.redefined[name] })
	// What types use is of interest: it decides about their identity.
	if used := g.one(func(name string, f *fact) bool {
		return !g.redefined[name] && f.kind != Type &&
			g.typesUse(name)
	}); used != "" && g.chance(50) {
		name = used
	}
	if name == "" {
		return
	}
	f := g.facts[name]
	g.redefined[name] = true
	other := g.chance(35) && !g.seen[name] // another kind or type
	switch {
	case (f.kind == Constant || f.kind == Type) && g.variablesSeen(name):
	case f.kind == Constant && f.result != "int":
		g.typedConstant(name, f.result)
	case f.kind == Constant && other:
		g.declareVariable(Variable, name, "int", fmt.Sprint(g.rand.IntN(50)), g.chance(50))
	case f.kind == Constant:
		g.constant(name)
	case f.kind == Function && f.result == "":
		g.effect(name)
	case f.kind == Function && f.parameters == nil:
		// generic and variadic ones have a form of their own
		g.special(name, f.result)
	case f.kind == Function:
		g.function(name, f)
	case f.kind == Variable && other:
		t := g.pick("int", "string", "[]int")
		g.declareVariable(Variable, name, t, g.literal(t), g.chance(50))
	case f.kind == Variable:
		value := ""
		if g.chance(50) || lively(f.result) {
			value = g.literal(f.result)
		}
		g.declareVariable(Variable, name, f.result, value, false)
	case f.kind == Type:
		g.changeType(name, f)
	}
}

// typesUse tells whether a type uses a name.
func (g *generator) typesUse(name string) bool {
	return g.one(func(other string, f *fact) bool { return f.kind == Type && g.reaches(other, name) }) != ""
}

// variablesSeen tells whether the cell's declarations use a variable that might
// have to be declared again if the name had another definition.
func (g *generator) variablesSeen(name string) bool {
	for v := range g.seen {
		if f := g.facts[v]; f != nil && f.kind == Variable && g.reaches(v, name) {
			return true
		}
	}
	return false
}

// see notes what declarations of the cell use.
func (g *generator) see(names ...string) {
	for _, name := range names {
		if d := g.scope.current[name]; d != nil && !g.seen[name] {
			g.seen[name] = true
			g.see(d.uses()...)
		}
	}
}

// show prints what there is at the end of a cell.
func (g *generator) show() {
	var list []string
	for _, name := range g.known(func(_ string, f *fact) bool { return f.kind == Variable && printable(f.result) }) {
		list = append(list, "‹"+name+"›")
		if t := g.facts[name].holds; t != "" && g.scope.current[t] != nil {
			g.add(Item{Kind: Statement, Text: fmt.Sprintf("if _, ok := ‹%s›.(‹%s›); ok {\n"+
				"\tfmt.Print(\"%s is %s; \")\n}", name, t, name, t)})
		}
	}
	for len(list) > 0 {
		n := min(len(list), 4)
		g.add(Item{Kind: Statement, Text: "fmt.Println(" + strings.Join(list[:n], ", ") + ")"})
		list = list[n:]
	}
}

// printable says that a type's values print the same in every process.
func printable(typ string) bool { return !lively(typ) }

// lively types need a value before they can be used, or print differently each
// time.
func lively(typ string) bool {
	return strings.Contains(typ, "func") || strings.HasPrefix(typ, "chan") || strings.HasPrefix(typ, "*")
}
