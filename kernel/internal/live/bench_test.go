package live

import (
	"strconv"
	"strings"
	"testing"
)

// BenchmarkCell runs cells, each another one than before except in "again", from
// the request to the end of the output.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct{ name, cell string }{
		{"hello", "%%\nfmt.Println(\"hello\", $)"},
		{"again", "%%\nfmt.Println(\"hello\")"},
		{"definition", "v$ := []int{$}\nlen(v$)"},
		{"function", "func f(n int) int { return n + $ }\n%%\nfmt.Println(f(1))"},
	} {
		b.Run(c.name, func(b *testing.B) {
			client := startServed(b, testLibrary.Get(b).Dir).attach()
			client.run("import \"fmt\"")
			for i := 0; b.Loop(); i++ {
				if s := client.run(strings.ReplaceAll(c.cell, "$", strconv.Itoa(i))); s.error != nil {
					b.Fatal(s.text())
				}
			}
		})
	}
}
