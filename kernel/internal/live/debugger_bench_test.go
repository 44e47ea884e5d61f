package live

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine"
)

// silent is a front without a user.
type silent struct{}

func (silent) Print(string, string) {}
func (silent) Show(engine.Display)  {}
func (silent) Input(context.Context, string, bool) (string, error) {
	return "", context.Canceled
}

// debuggedPrograms are cells that take some processor time.
var debuggedPrograms = map[string]string{
	"loop": "func f(n int) (x int) {\n\tfor i := 0; i < n; i++ {\n\t\tx += i\n\t\tx ^= i << 1\n\t\tx -= i & 3\n\t\tx |= 1\n\t}\n" +
		"\treturn x\n}\n%%\nsum := f(50_000_000)\n_ = sum",
	"fib": "func fib(n int) int {\n\tif n < 2 {\n\t\treturn n\n\t}\n\treturn fib(n-1) + fib(n-2)\n}\n%%\nsum := fib(32)\n_ = sum",
	"sort": "type byLast []int\nfunc (b byLast) Len() int { return len(b) }\nfunc (b byLast) Less(i, j int) bool { return b[i]%1000 < b[j]%1000 }\n" +
		"func (b byLast) Swap(i, j int) { b[i], b[j] = b[j], b[i] }\n%%\nlist := make([]int, 300_000)\nfor i := range list {\n" +
		"\tlist[i] = i * 7919 % 1_000_003\n}\nsort.Sort(byLast(list))",
	"buffers": "func digits(n int) int {\n\tbuf := make([]byte, 0, 32)\n\tfor n > 0 {\n\t\tbuf = append(buf, byte(n%10))\n\t\tn /= 10\n\t}\n" +
		"\tsum := 0\n\tfor _, d := range buf {\n\t\tsum += int(d)\n\t}\n\treturn sum\n}\n%%\nall := 0\nfor i := range 5_000_000 {\n\tall += digits(i)\n}",
	"points": "type point struct{ x, y float64 }\nfunc (p *point) move(by *point) { p.x += by.x; p.y += by.y }\n" +
		"func walk(n int) float64 {\n\tp, by := &point{}, &point{1, 2}\n\tfor range n {\n\t\tp.move(by)\n\t}\n\treturn p.x + p.y\n}\n" +
		"%%\nend := walk(50_000_000)\n_ = end",
	"matrix": "func multiply(a, b, c [][]float64) {\n\tfor i := range a {\n\t\tfor j := range b {\n\t\t\tvar s float64\n\t\t\tfor k := range b {\n" +
		"\t\t\t\ts += a[i][k] * b[k][j]\n\t\t\t}\n\t\t\tc[i][j] = s\n\t\t}\n\t}\n}\nfunc square(n int) [][]float64 {\n\tm := make([][]float64, n)\n" +
		"\tfor i := range m {\n\t\tm[i] = make([]float64, n)\n\t}\n\treturn m\n}\n%%\na, b, c := square(400), square(400), square(400)\nmultiply(a, b, c)",
}

// BenchmarkDebugger compares the processor time of cells with a debugger
// attached, which has no breakpoint, with what they take without. Some are
// programs that test the Go distribution.
func BenchmarkDebugger(b *testing.B) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	programs := debuggedPrograms
	for _, name := range []string{"peano.go", "solitaire.go", "turing.go", "chan/sieve1.go", "ken/sibling.go", "stackobj.go",
		"typeparam/orderedmap.go", "map.go", "append.go"} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "test", filepath.FromSlash(name)))
		if err == nil {
			programs[name] = string(text)
		}
	}
	l := testLibrary.Get(b)
	for name, code := range programs {
		b.Run(name, func(b *testing.B) {
			var cpu [2]time.Duration
			for i, attached := range []bool{false, true} {
				e, err := engine.Open(b.Context(), engine.Options{Library: l.Dir, Front: silent{}})
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				if attached {
					if err := e.Debug(b.Context(), true); err != nil {
						b.Fatal(err)
					}
				}
				for range b.N {
					outcome := e.Run(b.Context(), engine.Cell{Code: code})
					if outcome.Failure != nil {
						b.Skip(outcome.Failure.Value)
					}
					cpu[i] += outcome.Costs.CPU
				}
			}
			b.ReportMetric(float64(cpu[0].Microseconds())/float64(b.N)/1000, "plain-ms/op")
			b.ReportMetric(float64(cpu[1].Microseconds())/float64(b.N)/1000, "attached-ms/op")
			b.ReportMetric(cpu[1].Seconds()/cpu[0].Seconds(), "times")
			b.ReportMetric(0, "ns/op")
		})
	}
}
