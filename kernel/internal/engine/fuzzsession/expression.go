package fuzzsession

import (
	"fmt"
	"strings"
)

// literal is a value that uses nothing but types.
func (g *generator) literal(typ string) string {
	n := g.rand.IntN(90)
	switch typ {
	case "int":
		return fmt.Sprint(n)
	case "string":
		return fmt.Sprintf("%q", g.pick("x", "héllo", "日", "", "a b")+fmt.Sprint(n))
	case "float64":
		return fmt.Sprintf("%d.5", n)
	case "bool":
		return g.pick("true", "false")
	case "[]int":
		return fmt.Sprintf("[]int{%d, %d}", n, n+1)
	case "map[string]int":
		return fmt.Sprintf("map[string]int{\"k\": %d}", n)
	case "any":
		return fmt.Sprintf("any(%s)", g.pick("1", `"s"`, "2.5", "nil"))
	case "chan int":
		return fmt.Sprintf("func() chan int {\n\tc := make(chan int)\n\tgo func() {\n\t\tfor i := range 1000 {\n"+
			"\t\t\tc <- i * %d\n\t\t}\n\t}()\n\treturn c\n}()", n)
	case "func(int)":
		return "func(d int) { fmt.Println(d) }"
	case "func(int) int":
		return fmt.Sprintf("func(d int) int { return d * %d }", n)
	case "error":
		return fmt.Sprintf("error(errors.New(\"e%d\"))", n)
	}
	if elem, ok := strings.CutPrefix(typ, "[]"); ok {
		return fmt.Sprintf("%s{%s}", typ, g.literal(elem))
	}
	if elem, ok := strings.CutPrefix(typ, "map[string]"); ok {
		return fmt.Sprintf("%s{\"k\": %s}", typ, g.literal(elem))
	}
	if elem, ok := strings.CutPrefix(typ, "*"); ok {
		return "&" + g.literal(elem)
	}
	if elem, ok := strings.CutPrefix(typ, "map["); ok {
		key, _, _ := strings.Cut(elem, "]")
		return fmt.Sprintf("%s{%s: %d}", typ, g.literal(key), n)
	}
	return g.named(typ, func(t string) string { return g.literal(t) })
}

// named is a value of a type of the session.
func (g *generator) named(typ string, value func(typ string) string) string {
	name := marked(typ)[0]
	f := g.facts[name]
	switch f.form {
	case intForm:
		return fmt.Sprintf("%s(%s)", typ, value("int"))
	case sliceForm:
		return fmt.Sprintf("%s{%s, %s}", typ, value("int"), value("int"))
	case arrayForm:
		return fmt.Sprintf("%s{0: %s}", typ, value("int"))
	case boxForm:
		_, argument, _ := strings.Cut(typ, "[")
		return fmt.Sprintf("%s{V: %s}", typ, value(strings.TrimSuffix(argument, "]")))
	case interfaceForm:
		return fmt.Sprintf("%s(nil)", typ)
	case aliasForm:
		return value("‹" + f.base + "›")
	}
	var parts []string
	for _, field := range f.fields {
		if field.typ != "any" && !g.chance(25) {
			parts = append(parts, field.name+": "+value(field.typ))
		}
	}
	return fmt.Sprintf("%s{%s}", typ, strings.Join(parts, ", "))
}

// expression is a value of a type that has no effects, and that no order of
// evaluation changes.
func (g *generator) expression(typ string, depth int) string {
	if list := g.locals[typ]; len(list) > 0 && g.chance(35) {
		return g.pick(list...)
	}
	if depth <= 0 || g.chance(15) {
		return g.literal(typ)
	}
	if list := g.variables(typ); len(list) > 0 && g.chance(40) {
		return "‹" + g.pick(list...) + "›"
	}
	if elem, ok := strings.CutPrefix(typ, "*"); ok {
		if list := g.variables(elem); len(list) > 0 {
			return "&‹" + g.pick(list...) + "›"
		}
	}
	if typ == "func(int)" {
		if v := g.adder(); v != "" {
			return "‹" + v + "›.Add"
		}
	}
	if k := g.one(func(_ string, f *fact) bool { return f.kind == Constant && f.result == typ }); k != "" &&
		g.chance(20) {
		return "‹" + k + "›"
	}
	if g.chance(50) {
		if call := g.call(typ, depth); call != "" {
			return call
		}
	}
	switch typ {
	case "int":
		return g.integer(depth)
	case "string":
		switch g.rand.IntN(3) {
		case 0:
			return g.expression("string", depth-1) + " + " + g.expression("string", depth-1)
		case 1:
			return "fmt.Sprint(" + g.expression("int", depth-1) + ")"
		}
		return "strings.ToUpper(" + g.expression("string", depth-1) + ")"
	case "float64":
		return "float64(" + g.expression("int", depth-1) + ") / 2"
	case "bool":
		return g.expression("int", depth-1) + g.pick(" < ", " == ", " >= ") + g.expression("int", depth-1)
	case "[]int":
		return "append([]int{" + g.expression("int", depth-1) + "}, " + g.expression("[]int", depth-1) + "...)"
	case "any":
		if list := g.typesOf(structForm, intForm, errorForm, arrayForm); len(list) > 0 && g.chance(80) {
			return "any(" + g.expression("‹"+g.pick(list...)+"›", depth-1) + ")"
		}
		return "any(" + g.expression(g.pick("int", "string", "[]int"), depth-1) + ")"
	case "error":
		if list := g.typesOf(errorForm); len(list) > 0 {
			e := "&" + g.expressionLiteral("‹"+g.pick(list...)+"›", depth-1)
			if g.chance(50) {
				return "fmt.Errorf(\"wrapped: %w\", " + e + ")"
			}
			return "error(" + e + ")"
		}
	case "func(int) int":
		// A function value that calls another one through its variable might
		// come to call itself.
		body := g.inside(g.variables(typ), map[string][]string{"int": {"d"}},
			func() string { return g.expression("int", depth-1) })
		return "func(d int) int { return d + " + body + " }"
	}
	if strings.HasPrefix(typ, "‹") {
		return g.expressionLiteral(typ, depth)
	}
	return g.literal(typ)
}

func (g *generator) expressionLiteral(typ string, depth int) string {
	return g.named(typ, func(t string) string { return g.expression(t, depth-1) })
}

// call is a call of a function with that result, "" if there is none.
func (g *generator) call(typ string, depth int) string {
	name := g.one(func(_ string, f *fact) bool { return f.kind == Function && f.result == typ })
	if name == "" {
		return ""
	}
	f := g.facts[name]
	if f.parameters == nil {
		return fmt.Sprintf("‹%s›(%s, %s)", name, g.expression(typ, depth-1), g.expression(typ, depth-1))
	}
	var arguments []string
	for _, p := range f.parameters {
		arguments = append(arguments, g.expression(p, depth-1))
	}
	return fmt.Sprintf("‹%s›(%s)", name, strings.Join(arguments, ", "))
}

func (g *generator) integer(depth int) string {
	switch g.rand.IntN(9) {
	case 0, 1:
		if name := g.one(func(_ string, f *fact) bool {
			return f.kind == Constant &&
				f.result == "int"
		}); name != "" {
			return "‹" + name + "›"
		}
	case 2:
		return "len(" + g.expression(g.pick("[]int", "string"), depth-1) + ")"
	case 3, 4:
		if e := g.part("int"); e != "" {
			return e
		}
	case 5:
		if list := g.typesOf(intForm); len(list) > 0 {
			return "int(" + g.expression("‹"+g.pick(list...)+"›", depth-1) + ")"
		}
	case 6:
		if list := g.variables("map[string]int"); len(list) > 0 {
			return "‹" + g.pick(list...) + "›[\"k\"]"
		}
	case 7:
		if list := g.variables("func(int) int"); len(list) > 0 {
			return "‹" + g.pick(list...) + "›(" + g.expression("int", depth-1) + ")"
		}
	}
	return "(" + g.expression("int", depth-1) + g.pick(" + ", " - ", " * ") + g.expression("int", depth-1) + ")"
}

// part is a field or the result of a method of a variable, "" if there is none.
func (g *generator) part(typ string) string {
	name := g.one(func(_ string, f *fact) bool {
		return f.kind == Variable && strings.HasPrefix(strings.TrimPrefix(f.result, "*"), "‹")
	})
	if name == "" {
		return ""
	}
	t := g.facts[marked(g.facts[name].result)[0]]
	if t.form == aliasForm {
		t = g.facts[t.base]
	}
	var parts []string
	for _, f := range t.fields {
		if f.typ == typ && !strings.HasPrefix(f.name, "‹") {
			parts = append(parts, f.name)
		}
	}
	for _, m := range sortedKeys(t.methods) {
		if t.methods[m] == typ && t.form != interfaceForm {
			parts = append(parts, m+"()")
		}
	}
	if t.form == boxForm && strings.HasSuffix(g.facts[name].result, "["+typ+"]") {
		parts = append(parts, "V", "Get()")
	}
	if len(parts) == 0 {
		return ""
	}
	return "‹" + name + "›." + g.pick(parts...)
}
