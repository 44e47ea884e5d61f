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
	"loop": `func f(n int) (x int) {
	for i := 0; i < n; i++ {
		x += i
		x ^= i << 1
		x -= i & 3
		x |= 1
	}
	return x
}
%%
sum := f(50_000_000)
_ = sum`,
	"fib": `func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}
%%
sum := fib(32)
_ = sum`,
	"sort": `type byLast []int
func (b byLast) Len() int { return len(b) }
func (b byLast) Less(i, j int) bool { return b[i]%1000 < b[j]%1000 }
func (b byLast) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
%%
list := make([]int, 300_000)
for i := range list {
	list[i] = i * 7919 % 1_000_003
}
sort.Sort(byLast(list))`,
	"buffers": `func digits(n int) int {
	buf := make([]byte, 0, 32)
	for n > 0 {
		buf = append(buf, byte(n%10))
		n /= 10
	}
	sum := 0
	for _, d := range buf {
		sum += int(d)
	}
	return sum
}
%%
all := 0
for i := range 5_000_000 {
	all += digits(i)
}`,
	"points": `type point struct{ x, y float64 }
func (p *point) move(by *point) { p.x += by.x; p.y += by.y }
func walk(n int) float64 {
	p, by := &point{}, &point{1, 2}
	for range n {
		p.move(by)
	}
	return p.x + p.y
}
%%
end := walk(50_000_000)
_ = end`,
	"matrix": `func multiply(a, b, c [][]float64) {
	for i := range a {
		for j := range b {
			var s float64
			for k := range b {
				s += a[i][k] * b[k][j]
			}
			c[i][j] = s
		}
	}
}
func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}
%%
a, b, c := square(400), square(400), square(400)
multiply(a, b, c)`,
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
	for _, name := range []string{"peano.go", "solitaire.go", "turing.go", "chan/sieve1.go",
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
