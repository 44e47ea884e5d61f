package fuzzsession

import (
	"fmt"
	"slices"
	"strings"
)

// newType declares a type, an error with its method.
func (g *generator) newType() {
	name := g.name()
	f := &fact{kind: Type, form: form(g.rand.IntN(7)), methods: map[string]string{}}
	if g.chance(30) {
		f.form = structForm
	}
	if list := g.typesOf(structForm, intForm); len(list) > 0 && g.chance(8) {
		f.form, f.base = aliasForm, g.pick(list...)
	}
	switch f.form {
	case structForm:
		if base := g.typesOf(structForm, intForm); len(base) > 0 && g.chance(35) {
			f.base = g.pick(base...)
			f.fields = append(f.fields, field{"‹" + f.base + "›", "‹" + f.base + "›"})
		}
		for range 1 + g.rand.IntN(3) {
			f.fields = append(f.fields, g.newField(name, f))
		}
	case errorForm:
		f.fields = []field{{"Code", "int"}}
	case boxForm:
		f.fields = []field{{"V", "E"}}
	case arrayForm:
		f.fields = nil
	}
	g.declareType(name, f)
	switch f.form {
	case errorForm:
		text := g.inside([]string{name}, map[string][]string{"int": {"e.Code"}},
			func() string { return g.expression("string", 2) })
		g.addMethod(name, fmt.Sprintf("func (e *‹%s›) Error() string {\n"+
			"\treturn fmt.Sprint(\"code \", e.Code, %s)\n}", name, text))
	case boxForm:
		g.addMethod(name, fmt.Sprintf("func (b *‹%s›[E]) Get() E {\n\treturn b.V\n}", name))
	case interfaceForm, aliasForm:
	default:
		if g.chance(60) {
			g.methodOf(name)
		}
	}
}

func (g *generator) addMethod(name, text string) {
	g.add(Item{Kind: Method, Names: []string{name}, Text: text})
}

// newField is a field that name can have. It may be called as something at
// package level is.
func (g *generator) newField(name string, f *fact) field {
	n := fmt.Sprintf("%s%d", g.pick("x", "Y", "ß", "_f"), len(f.fields))
	if g.chance(20) {
		other := g.one(func(other string, _ *fact) bool { return other != f.base })
		if other != "" && !slices.ContainsFunc(f.fields, func(f field) bool { return f.name == "«"+other+"»" }) {
			n = "«" + other + "»"
		}
	}
	typ := g.pick("int", "int", "string", "[]int", "any", "bool")
	if other := g.one(func(other string, f *fact) bool {
		return f.kind == Type && (f.form == structForm || f.form == intForm || f.form == arrayForm) &&
			!g.reaches(other, name)
	}); other != "" && g.chance(20) {
		typ = "‹" + other + "›"
	}
	return field{n, typ}
}

// declareType writes the declaration of what is known of a type.
func (g *generator) declareType(name string, f *fact) {
	head := "type ‹" + name + "› "
	var text string
	switch f.form {
	case intForm:
		if f.base == "" {
			f.base = "int"
		}
		text = head + f.base
	case sliceForm:
		text = head + "[]int"
	case arrayForm:
		length := fmt.Sprint(1 + g.rand.IntN(4))
		if k := g.usable(name, Constant); k != "" {
			length = "‹" + k + "›"
		}
		text = head + "[" + length + "]int"
	case aliasForm:
		text = head + "= ‹" + f.base + "›"
	case interfaceForm:
		text = head + "interface{ Sum() int }"
	default:
		parameter := ""
		if f.form == boxForm {
			parameter = "[E any]"
		}
		text = "type ‹" + name + "›" + parameter + " struct {\n"
		for _, field := range f.fields {
			if strings.HasPrefix(field.name, "‹") {
				text += "\t" + field.typ + "\n"
				continue
			}
			text += "\t" + field.name + " " + field.typ + "\n"
		}
		text += "}"
	}
	g.facts[name] = f
	g.add(Item{Kind: Type, Names: []string{name}, Text: text})
}

// changeType gives a type another memory, another method, or declares it as it
// is.
func (g *generator) changeType(name string, f *fact) {
	d := g.scope.current[name]
	same := Item{Kind: Type, Names: []string{name}, Text: d.Text}
	switch {
	case g.chance(20):
		g.add(same)
	case g.chance(50) && (f.form == structForm || f.form == intForm):
		g.methodOf(name)
	case f.form == structForm || f.form == errorForm:
		changed := *f
		changed.fields = append(slices.Clone(f.fields), field{fmt.Sprintf("more%d", len(f.fields)),
			g.pick("int", "string")})
		g.declareType(name, &changed)
	case f.form == boxForm:
		changed := *f
		changed.fields = append(slices.Clone(f.fields), field{fmt.Sprintf("W%d", len(f.fields)), "E"})
		g.declareType(name, &changed)
	case f.form == intForm:
		changed := *f
		changed.base = map[string]string{"int": "int64", "int64": "int32", "int32": "int"}[f.base]
		g.declareType(name, &changed)
	case f.form == arrayForm:
		g.declareType(name, f)
	default:
		g.add(same)
	}
}

func (g *generator) newMethod() {
	if list := g.typesOf(structForm, intForm, sliceForm, arrayForm); len(list) > 0 {
		g.methodOf(g.pick(list...))
	}
}

// methodOf gives a type a method, a new one or one in place of another.
func (g *generator) methodOf(name string) {
	f := g.facts[name]
	number := "0"
	switch f.form {
	case intForm:
		number = "int(t)"
	case sliceForm, arrayForm:
		number = "len(t)"
	default:
		for _, field := range f.fields {
			if field.typ == "int" {
				number = "t." + field.name
			}
		}
	}
	kind := g.rand.IntN(4)
	text := g.inside([]string{name}, map[string][]string{"int": {number}}, func() string {
		switch kind {
		case 0:
			return fmt.Sprintf("func (t ‹%s›) Sum() int {\n\treturn %s + %s\n}", name, number, g.expression("int", 2))
		case 1:
			return fmt.Sprintf("func (t ‹%s›) Name() string {\n\treturn %s\n}", name, g.expression("string", 2))
		case 2:
			return fmt.Sprintf("func (t ‹%s›) String() string {\n\treturn \"<\" + %s + \">\"\n}", name,
				g.expression("string", 2))
		}
		if f.form != structForm || number == "0" {
			return ""
		}
		return fmt.Sprintf("func (t *‹%s›) Add(d int) {\n\t%s += d + %s\n}", name, number, g.expression("int", 1))
	})
	method := []string{"Sum", "Name", "String", "Add"}[kind]
	if text == "" || g.taken[name+"."+method] {
		return
	}
	g.taken[name+"."+method] = true
	if f.methods == nil {
		f.methods = map[string]string{}
	}
	f.methods[method] = []string{"int", "string", "string", ""}[kind]
	g.addMethod(name, text)
}
