package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestReadUses(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // the cursor is at |
		{"strings.Repeat|", "strings(Repeat|)"},
		{"strings|.Repeat(rand.Int())", "rand(Int) strings(Repeat |)"},
		{"strings.Rep|", "strings(Rep|)"},
		{"strings.|", "strings(|)"},
		{"strings|", "strings 1(|)"},
		{"x := strings.Fields(s); strings.Re|", "s 1() strings(Fields Re|) x 1()"},
		{"list := f(); list.Le|", "f 1() list 1(Le|)"},
		{"a.b.c.d|", "a(b)"},
		{"f().strings.x|", "f 1()"},
		{"\"strings.x\" // fmt.y|", ""},
		{"fmt.\nPrintln|", "fmt(Println|)"},
	} {
		text := strings.Replace(c.text, "|", "", 1)
		uses := map[string]*packageUse{}
		readUses(text, strings.IndexByte(c.text, '|'), uses)
		var got []string
		for _, name := range slices.Sorted(maps.Keys(uses)) {
			use := uses[name]
			selected := slices.Sorted(maps.Keys(use.exported))
			if use.asked {
				selected = append(selected, use.typed+"|")
			}
			if use.alone > 0 {
				name += fmt.Sprintf(" %d", use.alone)
			}
			got = append(got, name+"("+strings.Join(selected, " ")+")")
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestImportedNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"import \"math/rand\"\nimport s \"strings\"\nfunc {", "rand s"},
		{"import (\n\t\"fmt\"\n\t\"os\"", "fmt os"},
		{"import \"", ""},
		{"func f() {}", ""},
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(importedNames(c.text))), " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// FuzzUses: whatever stands in a cell, and wherever the cursor is, it can be
// read.
func FuzzUses(f *testing.F) {
	f.Add("import \"a\"\nstrings.Re", 20)
	f.Add("a.\x00.b.", 3)
	f.Add("\"", -1)
	f.Fuzz(func(t *testing.T, text string, place int) {
		uses := map[string]*packageUse{}
		readUses(text, place, uses)
		for name, use := range uses {
			if use.asked && place < 0 || name == "" {
				t.Errorf("%q: %+v", name, use)
			}
		}
		importedNames(text)
	})
}
