package fuzzsession

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func run(t *testing.T, sessions ...*Session) [][]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(Build(sessions)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return Outputs(string(out))
}

// TestRedefinitions shows what a program makes of definitions that follow each
// other.
func TestRedefinitions(t *testing.T) {
	function := func(value string) Item {
		return Item{Kind: Function, Names: []string{"f"}, Text: "func ‹f›() int { return " + value + " }"}
	}
	s := &Session{Suffix: "_1", Cells: [][]Item{
		{
			function("1"),
			{Kind: Function, Names: []string{"g"}, Text: "func ‹g›() int { return 10 * ‹f›() }"},
			{Kind: Type, Names: []string{"T"}, Text: "type ‹T› struct{ n int }"},
			{Kind: Variable, Names: []string{"x"}, Type: "‹T›", Text: "‹T›{n: 3}"},
			{Kind: Definition, Names: []string{"old"}, Type: "func() int", Text: "‹g›", Bare: true},
			{Kind: Definition, Names: []string{"a"}, Type: "any", Text: "any(‹x›)", Bare: true},
		},
		{
			function("2"),
			{Kind: Method, Names: []string{"T"}, Text: "func (t ‹T›) String() string {\n\treturn fmt.Sprint(\"T\", t.n)\n}"},
			{Kind: Statement, Text: "_, ok := ‹a›.(‹T›)\nfmt.Printf(\"%v %v %v %v %v %T\", ‹old›(), ‹g›(), ‹a›, ‹x›, ok, ‹x›)"},
		},
	}}
	got := run(t, s)[0]
	want := []string{"", "10 20 {3} T3 false main.T_1"}
	for i := range got {
		got[i] = Same(got[i])
	}
	if !slices.Equal(got, want) {
		t.Errorf("prints %q, want %q", got, want)
	}
}

// TestWithout looks for the one item that a failure needs.
func TestWithout(t *testing.T) {
	item := func(text string) Item { return Item{Kind: Statement, Text: text} }
	s := &Session{Cells: [][]Item{{item("a"), item("b")}, {item("c")}, {item("d"), item("e")}}}
	small := s.Without(2, func(*Session) bool { return false })
	if len(small.Cells) != 3 {
		t.Errorf("%d cells are left, want all", len(small.Cells))
	}
	small = s.Without(1, func(c *Session) bool {
		return slices.ContainsFunc(c.Cells, func(items []Item) bool { return slices.Contains(texts(items), "c") })
	})
	if len(small.Cells) != 1 || !slices.Equal(texts(small.Cells[0]), []string{"c"}) {
		t.Errorf("left is %v", small.Cells)
	}
}

func texts(items []Item) (list []string) {
	for _, i := range items {
		list = append(list, i.Text)
	}
	return list
}
