package engine

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/profile"
)

// busy is a cell that works for a while, in functions with names.
const busy = `func inner(n int) (s float64) {
	for i := range n { s += math.Sqrt(float64(i)) }
	return s
}
func outer(n int) (s float64) {
	for range n { s += inner(100_000) }
	return s
}
func allocates(n int) (list [][]byte) {
	for range n { list = append(list, make([]byte, 1000)) }
	return list
}`

// topRow is a line of pprof's: "0.21s 84.00% 84.00% 0.21s 84.00%  main.inner".
var topRow = regexp.MustCompile(`^\s*(\S+)\s+\S+%\s+\S+%\s+(\S+)\s+\S+%\s+(.+)$`)

// pprofTop is what `go tool pprof -top` says of a profile: flat and cum as text
// in the given unit, by function.
func pprofTop(t *testing.T, file, index, unit string) map[string]string {
	out, err := exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-nodefraction=0", "-nodecount=100000",
		"-sample_index="+index, "-unit="+unit, file).CombinedOutput()
	if err != nil {
		t.Fatalf("go tool pprof: %v\n%s", err, out)
	}
	rows := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		if m := topRow.FindStringSubmatch(lines.Text()); m != nil && m[1] != "flat" {
			rows[strings.TrimSuffix(m[3], " (inline)")] = m[1] + " " + m[2]
		}
	}
	return rows
}

// TestProfEqualsPprof compares our numbers with those of Go's own tool for the
// same profile.
func TestProfEqualsPprof(t *testing.T) {
	n := newNotebook(t)
	n.must(busy)
	for _, c := range []struct {
		cell, index, unit string
		scale             float64
		main              string // who has most
	}{
		{"%prof -o cpu.pprof\ntotal := 0.0\nfor start := time.Now(); time.Since(start) < 1500*time.Millisecond; { total += outer(10) }",
			"cpu", "ms", 1e6, "main.inner"},
		{"%prof -mem -o mem.pprof\nkept := allocates(20_000)", "alloc_space", "B", 1, "main.allocates"},
	} {
		shows := n.run(c.cell)
		file := filepath.Join(n.home, c.cell[strings.Index(c.cell, "-o ")+3:strings.Index(c.cell, "\n")])
		p, err := profile.Read(file, c.index)
		if err != nil {
			t.Fatalf("%v\n%s", err, shows)
		}
		ours := map[string]string{}
		for _, r := range p.Functions() {
			text := func(v int64) string {
				s := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", float64(v)/c.scale), "0"), ".") + c.unit
				if v == 0 {
					s = "0"
				}
				return s
			}
			ours[strings.ReplaceAll(r.Name, "()", "")] = text(r.Flat) + " " + text(r.Cum)
		}
		theirs := pprofTop(t, file, c.index, c.unit)
		for name, want := range theirs {
			theirs[name] = regexp.MustCompile(`(\d)\.00(\D)`).ReplaceAllString(want, "$1$2")
		}
		if !maps.Equal(ours, theirs) {
			for _, name := range slices.Sorted(maps.Keys(theirs)) {
				if ours[name] != theirs[name] {
					t.Errorf("%s: %s has %q, pprof says %q", c.index, name, ours[name], theirs[name])
				}
			}
			t.Errorf("%s: %d functions, pprof has %d", c.index, len(ours), len(theirs))
		}
		if rows := p.Functions(); len(rows) == 0 || rows[0].Name != c.main {
			t.Errorf("%s: most is in %+v", c.index, rows[:min(3, len(rows))])
		}
		if !strings.Contains(shows, "cell[1] "+strings.TrimPrefix(c.main, "main.")) || !strings.Contains(shows, "cell[1] line ") {
			t.Errorf("%s shows %s", c.index, shows)
		}
	}
	if got := n.run("len(kept)"); got != "=> 20000" {
		t.Errorf("afterwards: %s", got)
	}
}

// TestProfMemoryIsExact: it has each object, whatever the runtime samples.
func TestProfMemoryIsExact(t *testing.T) {
	n := newNotebook(t)
	n.must(busy)
	n.must("earlier := allocates(5000)")
	n.run("%prof -mem -o exact.pprof\nlater := allocates(1234)")
	p, err := profile.Read(filepath.Join(n.home, "exact.pprof"), "alloc_objects")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Functions() {
		// The list itself grows some times, too.
		if r.Name == "main.allocates" && (r.Flat < 1234 || r.Flat > 1300) {
			t.Errorf("1234 objects were allocated, the profile has %d", r.Flat)
		}
	}
}

// page returns what a cell shows as HTML.
func (n *notebook) page(code string) string {
	front := &pageFront{notebook: n}
	n.Engine.options.Front = front
	defer func() { n.Engine.options.Front = n }()
	n.number++
	n.Run(n.t.Context(), Cell{Code: code, Number: n.number})
	return front.html
}

type pageFront struct {
	*notebook
	html string
}

func (f *pageFront) Show(d Display) {
	if page, ok := d.Data["text/html"].(string); ok {
		f.html += page
	}
}

// TestProfPage: the flame graph is XML, its calls are in their callers, and as
// wide as their numbers.
func TestProfPage(t *testing.T) {
	n := newNotebook(t)
	n.must(busy)
	page := n.page("%prof\nfor start := time.Now(); time.Since(start) < 500*time.Millisecond; { outer(10) }")
	svg, _, ok := strings.Cut(page, "</svg>")
	if !ok || !strings.HasPrefix(svg, "<svg ") {
		t.Fatalf("the page is %.500s", page)
	}
	titles := 0
	for d := xml.NewDecoder(strings.NewReader(svg + "</svg>")); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "title" {
			titles++
		}
	}
	if titles < 3 || !strings.Contains(svg, "<title>cell[1] inner: ") || !strings.Contains(svg, "<title>all: ") ||
		!strings.Contains(page, "cell[2]") {
		t.Errorf("the picture has %d calls: %.2000s", titles, page)
	}
}

func TestTrace(t *testing.T) {
	n := newNotebook(t)
	n.must("func worker(c chan int) { for range c {} }\nfunc sleeper() { time.Sleep(30 * time.Millisecond) }")
	got := n.run("%trace -o run.trace\nc := make(chan int)\nfor range 4 { go worker(c) }\ngo sleeper()\nfor i := range 1000 { c <- i }\n" +
		"close(c)\ntime.Sleep(60 * time.Millisecond)\nruntime.GC()")
	if !regexp.MustCompile(`(?m)^the cell +1 (?s:.*)^worker +\d .*chan receive`).MatchString(got) || !strings.Contains(got, "sleeper") ||
		!strings.Contains(got, "the garbage collector ran") {
		t.Errorf("the trace shows\n%s", got)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "tool", "trace", "-d=wire", filepath.Join(n.home, "run.trace")).CombinedOutput(); err != nil {
		t.Errorf("go tool trace: %v\n%.500s", err, out)
	}
}

// TestProfBadInput has cells that fail, are interrupted, or ask for nonsense.
func TestProfBadInput(t *testing.T) {
	n := newNotebook(t)
	n.must(busy)
	for _, c := range []struct{ cell, want string }{
		{"%prof -x\n1", "MagicError: %prof [-mem] [-o FILE]"},
		{"%prof -o\n1", "MagicError: %prof [-mem] [-o FILE]"},
		{"%prof\n%trace\n1", "MagicError: a cell has one of"},
		{"%prof\n1 +", "ParseError"},
		{"%prof", ""},
		{"%prof\n%%bash\necho no", ""},
		{"%prof\nx := 1", ""}, // too short for a sample
		{"%prof\nouter(1000)\npanic(\"ends\")", "Panic: ends"},
		{"%trace\nos.Exit(3)", "exit status 3"},
		{"%prof -mem\npanic(\"ends\")", "Panic: ends"},
		{"%prof -o /nowhere/file\nouter(3000)", ""},
	} {
		got, stderr := n.both(c.cell)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s\ngives %s (%s), want %s", c.cell, got, stderr, c.want)
		}
		if strings.Contains(c.cell, "nowhere") && !strings.Contains(stderr, "/nowhere/file") {
			t.Errorf("a file that cannot be written: %s", stderr)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	time.AfterFunc(700*time.Millisecond, n.Interrupt)
	n.number++
	if outcome := n.Run(ctx, Cell{Code: "%prof\nfor { outer(1) }", Number: n.number}); outcome.Failure == nil || outcome.Failure.Name != interruptedError {
		t.Errorf("an interrupted cell: %+v", outcome)
	}
	if got := n.run("%prof\nouter(5000) > 0"); !strings.Contains(got, "cell[1] inner") || !strings.HasSuffix(got, "=> true") {
		t.Errorf("afterwards: %s", got)
	}
}
