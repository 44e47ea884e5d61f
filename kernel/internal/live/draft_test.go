package live

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestQuestionsBeforeImports asks about packages that no cell has imported yet.
func TestQuestionsBeforeImports(t *testing.T) {
	if os.Getenv("GOCIFAR_TEST_GOPLS") == "" {
		t.Skip("needs gopls: set GOCIFAR_TEST_GOPLS to it")
	}
	c := newClient(t)
	for _, q := range []struct{ code, want string }{
		{"%%\nstrings.Repeat", "func strings.Repeat"},
		{"strings.Repeat", "func strings.Repeat"},
		{"%%\nfmt.Println(strings.Repeat", "func strings.Repeat"},
		{"%%\nstrings", "package strings"},
		{"strings", "package strings"},
	} {
		reply, err := c.kernel.Inspect(t.Context(), q.code, utf8.RuneCountInString(q.code), 0)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := reply.Data.Text("text/markdown"); !strings.Contains(text, q.want) {
			t.Errorf("%q: %v %.200s", q.code, reply.Found, text)
		}
		if plain, _ := reply.Data.Text("text/plain"); strings.ContainsAny(plain, "\\`[") {
			t.Errorf("%q: Markdown in the plain text %.1000s", q.code, plain)
		}
	}
	start := time.Now()
	complete, err := c.kernel.Complete(t.Context(), "strings.Repe", 12)
	if err != nil || !slices.Equal(complete.Matches, []string{"Repeat"}) || complete.CursorStart != 8 {
		t.Errorf("completion %+v, %v", complete, err)
	}
	t.Log("completion took", time.Since(start))
}
