package live

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestConformance runs jupyter_kernel_test, which every Jupyter kernel is measured
// by (https://github.com/jupyter/jupyter_kernel_test).
func TestConformance(t *testing.T) {
	python, gopls := os.Getenv("GOCIFAR_TEST_PYTHON"), os.Getenv("GOCIFAR_TEST_GOPLS")
	if python == "" || gopls == "" {
		t.Skip("needs a Python with jupyter_kernel_test and gopls: set GOCIFAR_TEST_PYTHON and GOCIFAR_TEST_GOPLS")
	}
	data := t.TempDir()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, testLibrary(t).Dir, "{connection_file}"}, DisplayName: "live", Language: "go",
		InterruptMode: jupyter.InterruptByMessage, Env: map[string]string{"GOCIFAR_TEST_GOPLS": gopls}}
	if err := jupyter.WriteSpec(filepath.Join(data, "kernels"), "live-under-test", spec); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join("testdata", "conformance.py"))
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+data, "KERNEL_NAME=live-under-test")
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("No module named 'jupyter_kernel_test'")) {
		t.Skip("this Python has no jupyter_kernel_test")
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestSoak runs many cells in one session. It takes minutes: set GOCIFAR_TEST_SOAK to
// their number.
func TestSoak(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv("GOCIFAR_TEST_SOAK"))
	if err != nil || count < 40 {
		t.Skip("runs for minutes: set GOCIFAR_TEST_SOAK to a number of cells, such as 500")
	}
	c := newClient(t)
	c.check("n := 0\ntype item struct{ v int }\nvar items []item\nfunc add(v int) { items = append(items, item{v}) }", "")
	var times []time.Duration
	resident := func() string {
		s := c.run("var status, _ = os.ReadFile(\"/proc/self/status\")\nfds, _ := os.ReadDir(\"/proc/self/fd\")\nfor line := range strings.Lines(string(status)) { if strings.HasPrefix(line, \"VmRSS\") { fmt.Print(line) } }\nlen(fds)")
		return s.text()
	}
	before := resident()
	for i := range count {
		start := time.Now()
		s := c.run("n++\nadd(n)\nx := fmt.Sprint(n, len(items))\nx")
		times = append(times, time.Since(start))
		if s.error != nil {
			t.Fatalf("cell %d: %s", i, s.text())
		}
	}
	median := func(d []time.Duration) time.Duration {
		d = slices.Clone(d)
		slices.Sort(d)
		return d[len(d)/2]
	}
	t.Logf("first 20: %v, last 20: %v; host before %s, after %s", median(times[:20]), median(times[count-20:]), before, resident())
	c.check("n", fmt.Sprint("=> ", count), "len(items)", fmt.Sprint("=> ", count))
	if files, _ := filepath.Glob(filepath.Join(os.TempDir(), "gocifar_live_*", "cell*.so")); len(files) > 0 {
		t.Logf("plugins left: %d", len(files))
	}
}

// TestMeasure prints how long warm cells take on several kernels, side by side. It
// is a measurement, not a test: set GOCIFAR_MEASURE to folders of kernelspecs,
// separated by colons. README.md has results.
func TestMeasure(t *testing.T) {
	dirs := os.Getenv("GOCIFAR_MEASURE")
	if dirs == "" {
		t.Skip("measures: set GOCIFAR_MEASURE to folders of kernelspecs")
	}
	cells := []struct{ name, before, cell string }{
		{"hello", "import \"fmt\"", "%%\nfmt.Println(\"hello\")"},
		{"cifar and layers", "import (\n\t\"fmt\"\n\t\"github.com/gocifar/gocifar/cifar\"\n\t\"github.com/gocifar/gocifar/layers\"\n)\nvar _ = layers.Silent",
			"%%\nm := layers.Sequential(\"m\", layers.Input(32, 32, 3), layers.Flatten(), layers.Dense(10))\nfmt.Println(m.Name(), cifar.CurrentProfile())"},
	}
	var clients []*client
	for _, dir := range strings.Split(dirs, ":") {
		spec, err := jupyter.ReadSpec(dir)
		if err != nil {
			t.Fatal(err)
		}
		k, err := jupyter.Launch(t.Context(), jupyter.LaunchOptions{Spec: spec, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { k.Close() })
		clients = append(clients, &client{t: t, kernel: k})
	}
	for _, code := range cells {
		times := make([][]time.Duration, len(clients))
		for round := range 22 {
			for i, c := range clients {
				if round == 0 {
					c.run(code.before)
				}
				start := time.Now()
				s := c.run(code.cell)
				if s.error != nil || s.stdout == "" {
					t.Fatalf("%s: %s", c.kernel.Info.Implementation, s.text())
				}
				if round >= 2 {
					times[i] = append(times[i], time.Since(start))
				}
			}
		}
		for i, c := range clients {
			slices.Sort(times[i])
			fmt.Printf("%s on %s: median of %d %v, fastest %v (GOMAXPROCS %d)\n", code.name, c.kernel.Info.Implementation, len(times[i]),
				times[i][len(times[i])/2].Round(time.Millisecond), times[i][0].Round(time.Millisecond), runtime.GOMAXPROCS(0))
		}
	}
}
