package fuzzsession

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// constant declares one. It may use others that were declared before.
func (g *generator) constant(name string) {
	value := fmt.Sprint(1 + g.rand.IntN(6))
	if other := g.usable(name, Constant); other != "" && g.chance(30) {
		value += " + ‹" + other + "›"
	}
	g.facts[name] = &fact{kind: Constant, result: "int"}
	g.add(Item{Kind: Constant, Names: []string{name}, Text: fmt.Sprintf("const ‹%s› = %s", name, value)})
}

// usable is something of a kind that does not itself use name.
func (g *generator) usable(name string, kind Kind) string {
	return g.one(func(other string, f *fact) bool {
		return f.kind == kind && !g.reaches(other, name) && (f.kind != Constant || f.result == "int")
	})
}

// reaches tells whether from uses a name, itself or through others.
func (g *generator) reaches(from, name string) bool {
	seen := map[string]bool{}
	var visit func(n string) bool
	visit = func(n string) bool {
		if n == name {
			return true
		}
		d := g.scope.current[n]
		if seen[n] || d == nil {
			return false
		}
		seen[n] = true
		return slices.ContainsFunc(d.uses(), visit)
	}
	return visit(from)
}

// typedConstant declares one of a named type.
func (g *generator) typedConstant(name, typ string) {
	if g.reaches(marked(typ)[0], name) {
		return
	}
	g.facts[name] = &fact{kind: Constant, result: typ}
	g.add(Item{Kind: Constant, Names: []string{name}, Text: fmt.Sprintf("const ‹%s› %s = %d", name, typ,
		g.rand.IntN(9))})
}

func (g *generator) constantGroup() {
	names := []string{g.name(), g.name(), g.name()}
	for _, name := range names {
		g.facts[name] = &fact{kind: Constant, result: "int"}
	}
	g.add(Item{Kind: Constant, Names: names, Text: fmt.Sprintf(
		"const (\n\t‹%s› = iota + %d\n\t‹%s›\n\t‹%s›\n)",
		names[0], 1+g.rand.IntN(4), names[1], names[2])})
}

// newVariable declares one of a random type.
func (g *generator) newVariable(kind Kind) {
	typ := g.someType()
	value := g.expression(typ, 2)
	if kind == Variable && g.chance(20) && !lively(typ) && typ != "map[string]int" {
		value = ""
	}
	g.declareVariable(kind, g.name(), typ, value, g.chance(60))
}

func (g *generator) someType() string {
	list := []string{"int", "int", "string", "any", "any", "any", "any", "[]any", "[]int", "map[string]int",
		"float64", "bool", "error", "func(int) int", "chan int"}
	for _, name := range g.typesOf(structForm, intForm, sliceForm, arrayForm) {
		list = append(list, "‹"+name+"›", "‹"+name+"›", "[]‹"+name+"›", "map[string]‹"+name+"›")
	}
	for _, name := range g.typesOf(intForm, arrayForm) {
		list = append(list, "map[‹"+name+"›]int")
	}
	for _, name := range g.typesOf(structForm) {
		list = append(list, "*‹"+name+"›", "*‹"+name+"›")
	}
	for _, name := range g.typesOf(aliasForm) {
		list = append(list, "‹"+name+"›")
	}
	if g.adder() != "" {
		list = append(list, "func(int)")
	}
	for _, name := range g.typesOf(boxForm) {
		list = append(list, "‹"+name+"›[int]", "‹"+name+"›[string]")
	}
	return g.pick(list...)
}

func (g *generator) declareVariable(kind Kind, name, typ, value string, bare bool) {
	// A literal's type must be the variable's for the short form.
	bare = bare && value != ""
	g.facts[name] = &fact{kind: Variable, result: typ}
	if names := marked(value); strings.HasPrefix(value, "any(‹") && g.facts[names[0]].kind == Type {
		g.facts[name].holds = names[0]
	}
	g.add(Item{Kind: kind, Names: []string{name}, Type: typ, Text: value, Bare: bare})
}

// newFunction declares one without effects.
func (g *generator) newFunction() {
	name := g.name()
	results := []string{"int", "int", "string", "bool", "any", "any"}
	for _, t := range g.typesOf(structForm, intForm) {
		results = append(results, "‹"+t+"›")
	}
	if g.chance(25) {
		g.special(name, g.pick("int", "string"))
		return
	}
	f := &fact{kind: Function, result: g.pick(results...), parameters: []string{}}
	for range g.rand.IntN(3) {
		f.parameters = append(f.parameters, g.pick("int", "string", "int"))
	}
	g.function(name, f)
}

// inside makes a text within a function whose parameters are given, which must
// not use any of names.
func (g *generator) inside(names []string, locals map[string][]string, make func() string) string {
	outer, hidden := g.locals, map[string]*fact{}
	g.locals = locals
	// What uses the names stays away, so that no function calls itself for
	// ever.
	for other, f := range g.facts {
		if slices.ContainsFunc(names, func(name string) bool { return g.reaches(other, name) }) {
			hidden[other] = f
			delete(g.facts, other)
		}
	}
	text := make()
	maps.Copy(g.facts, hidden)
	g.locals = outer
	return text
}

func (g *generator) function(name string, f *fact) {
	locals, list := map[string][]string{}, []string{}
	for i, typ := range f.parameters {
		p := string(rune('p' + i))
		// A parameter may have the name of something at package level.
		if i == 0 && g.chance(20) {
			// Not a type's: the body may have to name it.
			if hidden := g.one(func(other string, f *fact) bool { return other != name && f.kind != Type }); hidden != "" {
				g.hidden, p = hidden, "«"+hidden+"»"
			}
		}
		locals[typ] = append(locals[typ], p)
		list = append(list, p+" "+typ)
	}
	body := g.inside([]string{name}, locals, func() string {
		typ := f.result
		for _, n := range marked(typ) {
			if g.facts[n] == nil {
				return ""
			}
		}
		if g.hidden != "" && slices.Contains(marked(typ), g.hidden) {
			return ""
		}
		if typ == "any" && !avoidLocals && g.chance(40) {
			return fmt.Sprintf("type local struct{ v int }\n\treturn local{%s}", g.expression("int", 2))
		}
		switch g.rand.IntN(4) {
		case 0:
			return fmt.Sprintf("if %s {\n\t\treturn %s\n\t}\n\treturn %s", g.expression("bool", 2),
				g.expression(typ, 2), g.expression(typ, 2))
		case 1:
			return fmt.Sprintf("sum := 0\n\tfor i := range 3 {\n\t\tsum += i * %s\n\t}\n\tif sum > 9 {\n"+
				"\t\treturn %s\n\t}\n\treturn %s",
				g.expression("int", 1), g.expression(typ, 1), g.expression(typ, 2))
		case 2:
			return fmt.Sprintf("made := func() %s { return %s }\n\treturn made()", typ, g.expression(typ, 3))
		}
		return "return " + g.expression(typ, 3)
	})
	g.hidden = ""
	if body == "" {
		return
	}
	g.facts[name] = f
	g.add(Item{Kind: Function, Names: []string{name}, Text: fmt.Sprintf("func ‹%s›(%s) %s {\n\t%s\n}", name,
		strings.Join(list, ", "), f.result, body)})
}

// special declares a generic or a variadic function of two or more values.
func (g *generator) special(name, typ string) {
	var text string
	switch g.rand.IntN(3) {
	case 0:
		text = g.inside([]string{name}, map[string][]string{"int": {"i"}}, func() string {
			return fmt.Sprintf("func ‹%s›(list ...%s) (r %s) {\n\tfor i, v := range list {\n\t\tif i < %s {\n"+
				"\t\t\tr += v\n\t\t}\n\t}\n\treturn\n}",
				name, typ, typ, g.expression("int", 2))
		})
	case 1:
		text = g.inside([]string{name}, map[string][]string{}, func() string {
			return fmt.Sprintf("func ‹%s›[E ~int | ~string](a, b E) E {\n\tif %s {\n\t\treturn a + b\n\t}\n"+
				"\treturn b\n}", name, g.expression("bool", 2))
		})
	default:
		text = fmt.Sprintf("func ‹%s›[E any](a, b E) E {\n\t_ = any(a).(%s)\n\treturn b\n}", name, typ)
	}
	g.facts[name] = &fact{kind: Function, result: typ}
	g.add(Item{Kind: Function, Names: []string{name}, Text: text})
}

// effect declares a function that changes variables.
func (g *generator) effect(name string) {
	numbers, lists := g.changeable(name, "int"), g.changeable(name, "[]int")
	if len(numbers) == 0 {
		return
	}
	text := g.inside([]string{name}, map[string][]string{"int": {"d"}}, func() string {
		body := fmt.Sprintf("‹%s› += %s", g.pick(numbers...), g.expression("int", 2))
		if len(lists) > 0 && g.chance(50) {
			list := g.pick(lists...)
			body += fmt.Sprintf("\n\t‹%s› = append(‹%s›, d)", list, list)
		}
		if g.chance(30) {
			body = "defer fmt.Println(\"done\", d)\n\t" + body
		}
		return body
	})
	g.facts[name] = &fact{kind: Function, parameters: []string{"int"}}
	g.add(Item{Kind: Function, Names: []string{name}, Text: fmt.Sprintf("func ‹%s›(d int) {\n\t%s\n}", name, text)})
}

// changeable are variables that a function can have.
func (g *generator) changeable(name, typ string) []string {
	return slices.DeleteFunc(g.variables(typ), func(v string) bool { return g.reaches(v, name) })
}
