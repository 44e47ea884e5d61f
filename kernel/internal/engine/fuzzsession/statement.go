package fuzzsession

import (
	"fmt"
	"strings"
)

// statement adds a random one to the cell.
func (g *generator) statement() {
	if g.chance(25) {
		g.definition()
		return
	}
	makers := []func() string{g.print, g.assign, g.increase, g.loop, g.choice, g.typeSwitch, g.assertion, g.all,
		g.assertion, g.as, g.together,
		g.channels, g.put, g.recovered, g.deferred, g.names, g.effects, g.method, g.labels, g.interfaces,
		g.sequence, g.block,
		g.pointer, g.receive, g.equal, g.again}
	if text := makers[g.rand.IntN(len(makers))](); text != "" {
		g.add(Item{Kind: Statement, Text: text})
	}
}

// definition defines a variable, or one that exists again.
func (g *generator) definition() {
	again := g.one(func(name string, f *fact) bool { return f.kind == Variable && !g.taken[name] })
	if name := again; name != "" && g.chance(35) {
		f := g.facts[name]
		typ := f.result
		if g.chance(40) && !g.seen[name] {
			typ = g.pick("int", "string", "[]int")
		}
		g.declareVariable(Definition, name, typ, g.expression(typ, 2), g.chance(80))
		return
	}
	if call := g.call("any", 1); call != "" && g.chance(30) {
		name := g.name()
		g.declareVariable(Definition, name, "any", call, true)
		g.facts[name].origin = call
		return
	}
	g.newVariable(Definition)
}

// again compares the value of a call with that of the same call in another
// cell.
func (g *generator) again() string {
	name := g.one(func(_ string, f *fact) bool { return f.origin != "" })
	if name == "" {
		return ""
	}
	origin := g.facts[name].origin
	for _, used := range marked(origin) {
		if f := g.facts[used]; g.scope.current[used] == nil || f.kind == Function && f.parameters == nil {
			return ""
		}
	}
	return fmt.Sprintf("func() {\n\tdefer func() { fmt.Println(recover()) }()\n"+
		"\tfmt.Println(\"again\", ‹%s› == %s)\n}()", name, origin)
}

func (g *generator) print() string {
	return fmt.Sprintf("fmt.Println(%s, %s, %s)", g.expression("int", 3), g.expression("string", 2),
		g.expression(g.pick("any", "[]int", "bool"), 3))
}

// variable is one of a basic type, "" if there is none.
func (g *generator) variable(types ...string) string {
	name := g.one(func(_ string, f *fact) bool {
		for _, t := range types {
			if f.kind == Variable && f.result == t {
				return true
			}
		}
		return false
	})
	if name == "" {
		return ""
	}
	return "‹" + name + "›"
}

func (g *generator) assign() string {
	name := g.one(func(_ string, f *fact) bool { return f.kind == Variable })
	if name == "" {
		return ""
	}
	// A function value may not call itself through its variable.
	if typ := g.facts[name].result; !lively(typ) {
		return fmt.Sprintf("‹%s› = %s", name, g.expression(typ, 3))
	}
	return ""
}

func (g *generator) increase() string {
	v := g.variable("int")
	if v == "" {
		return ""
	}
	return v + g.pick("++", "--", " += "+g.expression("int", 2), " ^= 5")
}

func (g *generator) loop() string {
	v := g.variable("int")
	if v == "" {
		v = "_"
	}
	return fmt.Sprintf("for i, v := range %s {\n\t%s = i + v + %s\n\tfmt.Print(i, v, \" \")\n}\nfmt.Println()",
		g.loopList(), v, g.expression("int", 1))
}

// loopList is a list that may stand in front of a block.
func (g *generator) loopList() string { return "(" + g.expression("[]int", 2) + ")" }

func (g *generator) choice() string {
	if g.chance(50) {
		return fmt.Sprintf("if x := %s; x > 20 {\n\tfmt.Println(\"large\", x)\n} else {\n"+
			"\tfmt.Println(\"small\", %s)\n}", g.expression("int", 2), g.expression("string", 2))
	}
	return fmt.Sprintf("switch x := (%s); {\ncase x > 50:\n\tfmt.Println(\"a\")\n\tfallthrough\ncase x > %s:\n"+
		"\tfmt.Println(\"b\")\ndefault:\n\tfmt.Println(\"c\", x)\n}",
		g.expression("int", 2), g.expression("int", 1))
}

// mystery is a value in an interface.
func (g *generator) mystery() string {
	if v := g.variable("[]any"); v != "" && g.chance(30) {
		return "append(" + v + ", nil)[0]"
	}
	if v := g.variable("any"); v != "" && g.chance(80) {
		return v
	}
	return g.expression("any", 3)
}

func (g *generator) typeSwitch() string {
	text := fmt.Sprintf("switch v := (%s).(type) {\n", g.mystery())
	for _, name := range g.typesOf(structForm, intForm, arrayForm, errorForm) {
		text += fmt.Sprintf("case ‹%s›:\n\tfmt.Println(\"is %s\", v)\n", name, name)
	}
	return text + "case int, string:\n\tfmt.Printf(\"%T\\n\", v)\ndefault:\n\tfmt.Printf(\"other %T\\n\", v)\n}"
}

func (g *generator) assertion() string {
	list := g.typesOf(structForm, intForm, arrayForm)
	if len(list) == 0 {
		return ""
	}
	t := "‹" + g.pick(list...) + "›"
	if g.chance(30) {
		return fmt.Sprintf("func() {\n\tdefer func() { fmt.Println(recover()) }()\n\tfmt.Println((%s).(%s))\n"+
			"}()", g.mystery(), t)
	}
	return fmt.Sprintf("if v, ok := (%s).(%s); ok {\n\tfmt.Printf(\"%%v %%T\\n\", v, v)\n} else {\n"+
		"\tfmt.Println(\"not\", v)\n}", g.mystery(), t)
}

// all tells what is in the interfaces that there are.
func (g *generator) all() string {
	text := ""
	for _, name := range g.variables("any") {
		for _, t := range g.typesOf(structForm, intForm, arrayForm, sliceForm) {
			if g.chance(50) {
				text += fmt.Sprintf("if v, ok := ‹%s›.(‹%s›); ok {\n\tfmt.Printf(\"%s: %%+v\\n\", v)\n}\n",
					name, t, name)
			}
		}
	}
	return strings.TrimSuffix(text, "\n")
}

func (g *generator) as() string {
	list := g.typesOf(errorForm)
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("func() {\n\tvar e *‹%s›\n\tif errors.As(%s, &e) {\n\t\tfmt.Println(\"as\", e.Code, e)\n"+
		"\t}\n}()", g.pick(list...), g.expression("error", 3))
}

func (g *generator) together() string {
	v := g.variable("int")
	if v == "" {
		return ""
	}
	return fmt.Sprintf("func() {\n\tvar wg sync.WaitGroup\n\tvar mu sync.Mutex\n\tfor i := range 4 {\n"+
		"\t\twg.Go(func() {\n\t\t\tmu.Lock()\n\t\t\tdefer mu.Unlock()\n\t\t\t%s += i\n\t\t})\n\t}\n\twg.Wait()\n"+
		"}()", v)
}

func (g *generator) channels() string {
	return fmt.Sprintf("func() {\n\tc := make(chan int, 2)\n\tc <- %s\n\tclose(c)\n\tselect {\n"+
		"\tcase v, ok := <-c:\n\t\tfmt.Println(v, ok)\n\t}\n\tfor v := range c {\n\t\tfmt.Println(v)\n\t}\n}()",
		g.expression("int", 3))
}

func (g *generator) put() string {
	if v := g.variable("map[string]int"); v != "" {
		return fmt.Sprintf("%s[%s] = %s\nfmt.Println(%s)", v, g.expression("string", 1), g.expression("int", 2), v)
	}
	if v := g.variable("[]int"); v != "" {
		return fmt.Sprintf("%s = append(%s, %s)", v, v, g.expression("int", 2))
	}
	return ""
}

func (g *generator) recovered() string {
	act := g.pick("panic("+g.expression("any", 2)+")", "var m map[string]int\n\tm[\"a\"] = 1",
		"panic("+g.expression("error", 2)+")",
		"list := "+g.expression("[]int", 1)+"\n\tfmt.Println(list[len(list)+3])", "var p *int\n\t*p = 3")
	return "func() {\n\tdefer func() { fmt.Println(\"recovered\", recover()) }()\n\t" + act + "\n}()"
}

func (g *generator) deferred() string {
	return fmt.Sprintf("defer fmt.Println(\"at the end\", %s)", g.expression(g.pick("int", "string"), 2))
}

func (g *generator) names() string {
	name := g.one(func(_ string, f *fact) bool { return f.kind == Variable && printable(f.result) })
	if name == "" {
		return ""
	}
	e := "‹" + name + "›"
	return fmt.Sprintf("fmt.Printf(\"%%T %%v %%+v %%v\\n\", %s, %s, %s, reflect.TypeOf(&%s))", e, e, e, e)
}

func (g *generator) effects() string {
	name := g.one(func(_ string, f *fact) bool { return f.kind == Function && f.result == "" })
	if name == "" {
		return ""
	}
	return fmt.Sprintf("‹%s›(%s)", name, g.expression("int", 2))
}

// adder is a variable whose type has the method Add.
func (g *generator) adder() string {
	return g.one(func(_ string, f *fact) bool {
		if f.kind != Variable || !strings.HasPrefix(f.result, "‹") {
			return false
		}
		_, ok := g.facts[marked(f.result)[0]].methods["Add"]
		return ok
	})
}

func (g *generator) method() string {
	if f := g.variable("func(int)"); f != "" && g.chance(60) {
		return f + "(" + g.expression("int", 2) + ")"
	}
	name := g.adder()
	if name == "" {
		return ""
	}
	return fmt.Sprintf("‹%s›.Add(%s)\nfmt.Printf(\"%%+v\\n\", ‹%s›)", name, g.expression("int", 2), name)
}

// pointer changes a variable through a pointer.
func (g *generator) pointer() string {
	name := g.one(func(_ string, f *fact) bool { return f.kind == Variable && strings.HasPrefix(f.result, "*") })
	if name == "" {
		return ""
	}
	typ := strings.TrimPrefix(g.facts[name].result, "*")
	return fmt.Sprintf("*‹%s› = %s\nfmt.Printf(\"%%v %%T\\n\", *‹%s›, ‹%s›)",
		name, g.expression(typ, 2), name, name)
}

// receive takes the next value of a goroutine that lives on.
func (g *generator) receive() string {
	c := g.variable("chan int")
	if c == "" {
		return ""
	}
	return "fmt.Println(<-" + c + ")"
}

// equal compares interfaces, which may not be possible.
func (g *generator) equal() string {
	return fmt.Sprintf("func() {\n\tdefer func() { fmt.Println(recover()) }()\n\tfmt.Println(%s == %s)\n}()",
		g.mystery(), g.mystery())
}

func (g *generator) labels() string {
	g.count++
	return fmt.Sprintf("outer%d:\nfor i := range 4 {\n\tfor j := 0; j < 4; j++ {\n\t\tif j == 2 {\n"+
		"\t\t\tcontinue outer%d\n\t\t}\n\t\tif i*j > %s {\n\t\t\tbreak outer%d\n\t\t}\n"+
		"\t\tfmt.Print(i, j, \" \")\n\t}\n}\nfmt.Println()",
		g.count, g.count, g.expression("int", 1), g.count)
}

func (g *generator) interfaces() string {
	list := g.typesOf(interfaceForm)
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("if v, ok := (%s).(‹%s›); ok {\n\tfmt.Println(\"sum\", v.Sum())\n}", g.mystery(),
		g.pick(list...))
}

func (g *generator) sequence() string {
	return fmt.Sprintf("for v := range func(yield func(string) bool) {\n\t_ = yield(%s) && yield(%s)\n} {\n"+
		"\tfmt.Println(v)\n}", g.expression("string", 2), g.expression("string", 2))
}

// block has variables of its own, and a function value that outlives it.
func (g *generator) block() string {
	f := g.variable("func(int) int")
	if f == "" {
		return ""
	}
	return fmt.Sprintf("{\n\tkept := %s\n\tadd := %s\n\t%s = func(d int) int { kept++; return kept + d + add }\n"+
		"}", g.expression("int", 2), g.expression("int", 1), f)
}
