package live

import (
	"fmt"
	"testing"
)

// BenchmarkCell runs cells, each another one than before, from the request to
// the end of its output.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct{ name, cell string }{
		{"hello", "%%%%\nfmt.Println(\"hello\", %d)"},
		{"definition", "v%[1]d := []int{%[1]d}\nlen(v%[1]d)"},
		{"function", "func f(n int) int { return n + %d }\n%%%%\nfmt.Println(f(1))"},
	} {
		b.Run(c.name, func(b *testing.B) {
			client := startServed(b, testLibrary.Get(b).Dir).attach()
			client.run("import \"fmt\"")
			for i := 0; b.Loop(); i++ {
				if s := client.run(fmt.Sprintf(c.cell, i)); s.error != nil {
					b.Fatal(s.text())
				}
			}
		})
	}
}
