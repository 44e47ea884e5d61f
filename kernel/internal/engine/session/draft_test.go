package session_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/internal/engine/session"
	"github.com/gocifar/gocifar/kernel/internal/gocell"
)

var draftImport = regexp.MustCompile(`(?m)^import (\w+) "([^"]+)"$`)

// TestDraftImports: a draft imports what the cell would import if it ran, and
// nothing that it would not.
func TestDraftImports(t *testing.T) {
	for _, c := range []struct{ before, code, want string }{ // the cursor is at |
		{"", "%%\nstrings.Repeat|", "strings"},
		{"", "strings.Repeat|", "strings"},
		{"", "%%\nstrings.Rep|", "strings"},
		{"", "%%\nstrings.|", "strings"},
		{"", "%%\nstrings|", "strings"},
		{"", "func f() string { return strings.Rep| }", "strings"},
		{"", "%%\nfmt.Println(strings.Repeat(os.Args[0], 2|))", "fmt os strings"},
		{"", "%%\nhttp.Noth|", ""},
		{"", "%%\nstrings.NoSuch(fmt.Spr|", "fmt"},
		{"", "import \"strings\"\n%%\nstrings.Rep|", ""},
		{"", "import \"strings\"\nfunc f() { strings.Rep|", ""},
		{"", "%%\nstrings := list()\nstrings.Le|", ""},
		{"var strings []int", "%%\nstrings.Le|", ""},
		{"type strings struct{}", "%%\nstrings.Le|", ""},
		{"import strings \"bytes\"", "%%\nstrings.Repeat|", "bytes"},
		{"", "%%\nx.strings.Rep|", ""},
		{"", "%%\nstr|", ""},
		{"", "%%\nerror.Err|", ""},
	} {
		s := session.New(testTools(t))
		before, err := s.Prepare(1, gocell.Parse(c.before).Sort(), c.before)
		if err != nil {
			t.Fatal(err)
		}
		s.Commit(before)
		offset := strings.IndexByte(c.code, '|')
		code := strings.Replace(c.code, "|", "", 1)
		file, place, ok := s.Draft(code, offset)
		if !ok {
			t.Errorf("%q is no draft", c.code)
			continue
		}
		var got []string
		for _, m := range draftImport.FindAllStringSubmatch(file, -1) {
			got = append(got, m[2])
		}
		slices.Sort(got)
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%q after %q imports %q, want %q", c.code, c.before, got, c.want)
		}
		if last := code[offset-1 : offset]; place < 1 || file[place-1:place] != last {
			t.Errorf("%q: the cursor is behind %q", c.code, file[:place])
		}
	}
}
