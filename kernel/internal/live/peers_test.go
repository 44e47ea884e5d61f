package live

import (
	"bytes"
	"errors"
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

	"github.com/gocifar/gocifar/kernel/internal/leak"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// TestConformance runs jupyter_kernel_test, which every Jupyter kernel is
// measured by (https://github.com/jupyter/jupyter_kernel_test).
func TestConformance(t *testing.T) {
	python, gopls := os.Getenv("GOCIFAR_TEST_PYTHON"), os.Getenv("GOCIFAR_TEST_GOPLS")
	if python == "" || gopls == "" {
		t.Skip("needs a Python with jupyter_kernel_test and gopls: set GOCIFAR_TEST_PYTHON and GOCIFAR_TEST_GOPLS")
	}
	data := t.TempDir()
	spec := &jupyter.Spec{Argv: []string{os.Args[0], kernelArgument, testLibrary.Get(t).Dir, "{connection_file}"},
		DisplayName: "live", Language: "go",
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

// TestSoak runs many cells in one session. It takes minutes: set
// GOCIFAR_TEST_SOAK to their number, or to how long they shall go on ("1h").
func TestSoak(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv("GOCIFAR_TEST_SOAK"))
	length, notLength := time.ParseDuration(os.Getenv("GOCIFAR_TEST_SOAK"))
	if (err != nil || count < 40) && notLength != nil {
		t.Skip("runs for minutes: set GOCIFAR_TEST_SOAK to a number of cells, such as 500, or to a duration, such as 1h")
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	c := newClient(t)
	c.check("import (\n\t\"fmt\"\n\t\"os\"\n)\ntype item struct{ v int }\nvar items []item\n"+
		"func add(v int) { items = append(items, item{v}) }\n%%\nn := 0", "")
	host, err := strconv.Atoi(strings.TrimPrefix(c.run("fmt.Sprint(os.Getpid())").result, "=> "))
	if err != nil {
		t.Fatal(err)
	}
	var own leak.Counts
	held := func() string {
		var err error
		own, err = leak.Own(temp)
		process, errHost := leak.Of(host)
		kernel, errKernel := leak.Of(c.kernel.PID())
		if err := errors.Join(err, errHost, errKernel); err != nil {
			t.Fatal(err)
		}
		of := func(h leak.Counts) string {
			return fmt.Sprintf("%.0f MB, %d descriptors, %d threads", float64(h.Resident)/1e6, h.Descriptors, h.Threads)
		}
		return fmt.Sprintf("process of the values %s; kernel %s; %d processes, %d temporary files (%.1f MB)",
			of(process), of(kernel), own.Processes, own.Temporary, float64(own.TemporaryBytes)/1e6)
	}
	before := held()
	files := own.Temporary
	t.Log("before: ", before)
	var times []time.Duration
	start, told := time.Now(), time.Now()
	for i := 0; i < count || time.Since(start) < length; i++ {
		began := time.Now()
		// A number makes each cell another one: the same cell is not compiled again.
		s := c.run(fmt.Sprintf("n += %d - %d\nadd(n)\nx := fmt.Sprint(n, len(items))\nx", i+1, i))
		times = append(times, time.Since(began))
		if want := fmt.Sprint(i+1, i+1); s.error != nil || strings.Trim(strings.TrimPrefix(s.result, "=> "), `"`) != want {
			t.Fatalf("cell %d: %s, want %s", i, s.text(), want)
		}
		if time.Since(told) > 5*time.Minute {
			told = time.Now()
			t.Logf("%v: %d cells: %s", time.Since(start).Round(time.Second), i+1, held())
		}
	}
	median := func(d []time.Duration) time.Duration {
		d = slices.Clone(d)
		slices.Sort(d)
		return d[len(d)/2]
	}
	first, last := median(times[:20]), median(times[len(times)-20:])
	t.Logf("%d cells in %v; first 20: %v, last 20: %v, %.2f times as long; before %s; after %s", len(times),
		time.Since(start).Round(time.Second),
		first, last, float64(last)/float64(first), before, held())
	if own.Temporary > files {
		t.Errorf("%d temporary files, %d before", own.Temporary, files)
	}
	c.check("n", fmt.Sprint("=> ", len(times)), "len(items)", fmt.Sprint("=> ", len(times)))
}

// measured is a kernel that a measurement compares.
type measured struct {
	*client
	name, language string
}

// measuredKernels starts kernels that a measurement compares, those of other
// languages only where they can take part.
func measuredKernels(t *testing.T, languages ...string) (kernels []measured) {
	t.Helper()
	dirs := os.Getenv("GOCIFAR_MEASURE")
	if dirs == "" {
		t.Skip("measures: set GOCIFAR_MEASURE to folders of kernelspecs, separated by colons")
	}
	for _, dir := range strings.Split(dirs, ":") {
		spec, err := jupyter.ReadSpec(dir)
		if err != nil {
			t.Fatal(err)
		}
		language := strings.ToLower(spec.Language)
		if !slices.Contains(languages, language) {
			t.Logf("%s, a kernel for %s, cannot take part", spec.DisplayName, spec.Language)
			continue
		}
		k, err := jupyter.Launch(t.Context(), jupyter.LaunchOptions{Spec: spec, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { k.Close() })
		kernels = append(kernels, measured{&client{t: t, kernel: k}, spec.DisplayName, language})
	}
	return kernels
}

// TestMeasure prints how long warm cells take on several kernels, side by side.
// It is a measurement, not a test. README.md has results.
func TestMeasure(t *testing.T) {
	kernels := measuredKernels(t, "go", "python", "rust")
	type code struct{ before, cell string }
	// %d is another number each time: an unchanged program is not linked again
	// by GoNB.
	cells := []struct {
		name string
		code map[string]code // by language
	}{
		{"hello", map[string]code{
			"go":     {"import \"fmt\"", "%%\nfmt.Println(\"hello\", %d)"},
			"python": {"import os", "print(\"hello\", %d)"},
			"rust":   {"use std::env;", "println!(\"hello {}\", %d);"},
		}},
		{"the same cell again", map[string]code{
			"go":     {"import \"fmt\"", "%%\nfmt.Println(\"hello\")"},
			"python": {"import os", "print(\"hello\")"},
			"rust":   {"use std::env;", "println!(\"hello\");"},
		}},
		{"defines a variable", map[string]code{
			"go":     {"import \"fmt\"", "%%\nv := %d\nfmt.Println(v)"},
			"python": {"import os", "v = %d\nprint(v)"},
			"rust":   {"use std::env;", "let v = %d;\nprintln!(\"{}\", v);"},
		}},
		{"cifar and layers", map[string]code{"go": {
			layersImports, strings.ReplaceAll(layersCell, "$", "%d")}}},
		{"opens the XLA backend", map[string]code{"go": {
			"import (\n\t\"fmt\"\n\t\"github.com/gomlx/compute\"\n" +
				"\t_ \"github.com/gomlx/gomlx/backends/default\"\n)",
			"%%\nbackend, err := compute.New()\nif err != nil {\n\tpanic(err)\n}\nfmt.Println(backend.Name(), %d)\n" +
				"backend.Finalize()"}}},
	}
	for _, c := range cells {
		t.Run(c.name, func(t *testing.T) {
			var before, cell []string
			var taking []measured
			for _, k := range kernels {
				if code, ok := c.code[k.language]; ok {
					taking, before, cell = append(taking, k), append(before, code.before), append(cell, code.cell)
				}
			}
			measure(t, taking, before, cell)
		})
	}
}

// measure runs each kernel's cell on it, in turn, after what comes before.
func measure(t *testing.T, kernels []measured, before, cell []string) {
	times := make([][]time.Duration, len(kernels))
	for round := range 22 {
		for i, k := range kernels {
			if round == 0 {
				k.run(before[i])
			}
			start := time.Now()
			s := k.run(strings.Replace(cell[i], "%d", strconv.Itoa(round), 1))
			if s.error != nil || s.stdout == "" {
				t.Fatalf("%s: %s", k.name, s.text())
			}
			if round >= 2 {
				times[i] = append(times[i], time.Since(start))
			}
		}
	}
	for i, k := range kernels {
		slices.Sort(times[i])
		fmt.Printf("%s on %s: median of %d %v, fastest %v (GOMAXPROCS %d)\n", t.Name(), k.name, len(times[i]),
			times[i][len(times[i])/2].Round(time.Millisecond), times[i][0].Round(time.Millisecond), runtime.GOMAXPROCS(0))
	}
}

// TestMeasureState prints what it saves that values live on: a cell trains, the
// next one evaluates, the one after it plots. Where values do not live on, a
// cell has to load what it needs.
func TestMeasureState(t *testing.T) {
	kernels := measuredKernels(t, "go")
	const before = `import (
	"context"
	"fmt"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/display"
	"github.com/janpfeifer/must"
)

var (
	ctx   = context.Background()
	data  = must.M1(cifar.Load(ctx))
	train = must.M1(data.Train.Slice(0, 2000)).Normalize(255)
	test  = data.Test.Normalize(255)
	model = layers.Sequential("model_1",
		layers.Input(32, 32, 3),
		layers.Conv2D(16, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.Conv2D(32, 3).Padding(layers.Same),
		layers.LeakyReLU(0.1),
		layers.MaxPooling2D(2),
		layers.Flatten(),
		layers.Dense(256),
		layers.LeakyReLU(0.1),
		layers.Dense(10).Activation(layers.Softmax),
	)
)
`
	cells := func(live bool) [3]string {
		train := "%%\nmust.M(model.Compile(layers.Adamax(0.005), layers.CategoricalCrossEntropy, layers.Accuracy))\n" +
			"history := must.M1(model.Fit(ctx, train, layers.Epochs(1), layers.Seed(1), layers.Run(\"measured\"), " +
			"layers.Fresh()))\nfmt.Println(len(history.Epochs))"
		evaluate, plot := "fmt.Println(must.M1(model.Evaluate(ctx, test)))", "display.Show(history.Curves(\"accuracy\"))"
		if !live {
			evaluate = "model := must.M1(layers.LoadRun(\"measured\"))\n" + evaluate
			plot = "history := must.M1(layers.LoadHistory(\"measured\"))\n" + plot
		}
		return [3]string{train, "%%\n" + evaluate, "%%\n" + plot}
	}
	times := make([][3][]time.Duration, len(kernels))
	for range 3 {
		for i, c := range kernels {
			c.run(before)
			for part, code := range cells(c.kernel.Info.Implementation == Implementation) {
				start := time.Now()
				if s := c.run(code); s.error != nil {
					t.Fatalf("%s: %s", c.name, s.text())
				}
				times[i][part] = append(times[i][part], time.Since(start))
			}
		}
	}
	for i, c := range kernels {
		var medians [3]time.Duration
		for part, list := range times[i] {
			slices.Sort(list)
			medians[part] = list[len(list)/2].Round(10 * time.Millisecond)
		}
		fmt.Printf("on %s: train %v, evaluate %v, plot %v, together %v (medians of 3)\n", c.name, medians[0], medians[1],
			medians[2], medians[0]+medians[1]+medians[2])
	}
}
