package live

import (
	"cmp"
	"strconv"
	"strings"
	"testing"
)

// layersCell uses packages of this module, of which it mentions generic types.
const (
	layersImports = "import (\n\t\"fmt\"\n\t\"github.com/gocifar/gocifar/cifar\"\n" +
		"\t\"github.com/gocifar/gocifar/layers\"\n)\nvar _ = layers.Silent"
	layersCell = "%%\nm := layers.Sequential(\"m\", layers.Input(32, 32, 3), layers.Flatten(), layers.Dense(10))\n" +
		"fmt.Println(m.Name(), cifar.CurrentProfile(), $)"
)

// BenchmarkCell runs cells, each another one than before except in "again", from
// the request to the end of the output.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct{ name, cell, before string }{
		{name: "hello", cell: "%%\nfmt.Println(\"hello\", $)"},
		{name: "again", cell: "%%\nfmt.Println(\"hello\")"},
		{name: "definition", cell: "v$ := []int{$}\nlen(v$)"},
		{name: "function", cell: "func f(n int) int { return n + $ }\n%%\nfmt.Println(f(1))"},
		{name: "layers", cell: layersCell, before: layersImports},
	} {
		b.Run(c.name, func(b *testing.B) {
			client := startServed(b, testLibrary.Get(b).Dir).attach()
			if s := client.run(cmp.Or(c.before, "import \"fmt\"")); s.error != nil {
				b.Fatal(s.text())
			}
			for i := 0; b.Loop(); i++ {
				if s := client.run(strings.ReplaceAll(c.cell, "$", strconv.Itoa(i))); s.error != nil {
					b.Fatal(s.text())
				}
			}
		})
	}
}
