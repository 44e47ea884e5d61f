package gocell

import (
	"strings"
	"testing"
)

func TestReplay(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"statements leave nothing": {"%%\nfmt.Println(1)", ""},
		"declarations stay": {"const n = 1\n\nfunc f() int { return n }\n%%\nf()",
			"const n = 1\n\nfunc f() int { return n }"},
		"main goes":            {"var x = 1\nfunc main() { fmt.Println(x) }", "var x = 1"},
		"a method called main": {"type T int\nfunc (T) main() {}", "type T int\n\nfunc (T) main() {}"},
		"settings stay": {"%env A=b\n%args -x\n!ls\n!*go mod edit -x\n%goflags -race\n%help",
			"%env A=b\n!*go mod edit -x\n%goflags -race"},
		"as comments":           {"//gonb:%env A=b\n//gonb:%%\nf()", "%env A=b"},
		"continued":             {"!*go get \\\n  x@v1\n%%\nf()", "!*go get    x@v1"},
		"main with arguments":   {"%main -x\nf()", ""},
		"%exec runs a function": {"func f() {}\n%exec f", "func f() {}"},
		"imports": {"import (\n\tx \"fmt\"\n\t\"os\"\n)\n%%\nx.Println()",
			"import x \"fmt\"\nimport \"os\""},
		"shell cells":                {"%%bash\nls", ""},
		"files that cells write":     {"%%writefile a.txt\nconst x = 1", ""},
		"commands in the statements": {"%%\nf()\n%env A=b\ng()", "%env A=b"},
		"a test cell":                {"%test\nfunc TestX(t *testing.T) {}", "func TestX(t *testing.T) {}"},
		"no Go at all":               {"const = ", "const ="},
		"commands in strings": {"const c = `\n%env A=b\n!*ls\npackage x\n%%\n`\n%env C=d\n%%\nf()",
			"%env C=d\nconst c = `\n%env A=b\n!*ls\npackage x\n%%\n`"},
		"package": {"package main\nconst x = 1", "const x = 1"},
	} {
		if got := Parse(c.source).Replay(); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestReplaysPutsCellsTogether(t *testing.T) {
	var cells []*Cell
	for _, source := range []string{
		"import \"fmt\"\nconst a = 1", "%%\nfmt.Println(a)", "import \"fmt\"\nconst b = 2\nfunc init() {}",
		"func init() {}\nvar _ = 1",
		"const a = 3", "%reset\nconst c = 1", "const = broken", "type T int\nfunc (t *T) m() {}",
		"func (T) m() {}\nvar _, d = 1, 2",
	} {
		cells = append(cells, Parse(source))
	}
	var got []string
	for _, p := range Replays(cells) {
		got = append(got, strings.Join(strings.Fields(p.Source), " "))
	}
	want := []string{
		`import "fmt" const a = 1 const b = 2 func init() {} func init() {} var _ = 1`,
		"const a = 3", "%reset const c = 1", "const = broken", "type T int func (t *T) m() {}",
		"func (T) m() {} var _, d = 1, 2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
