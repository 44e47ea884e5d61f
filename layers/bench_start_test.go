package layers

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startRole is the environment variable that makes this binary's
// BenchmarkFitFirstStep measure one start in its own process.
const startRole = "LAYERS_BENCH_START"

// BenchmarkFitFirstStep is the way from a call of Fit to the end of its first
// step, and to the end of its first validation, each time in a process of its
// own, as a cell of a notebook on GoNB is one: opening the backend, uploading,
// tracing, compiling, one step. In "compiled" nothing is cached, in "cached"
// the programs are. cpu-ms is the processor time of the process, which other
// work on the machine disturbs less.
func BenchmarkFitFirstStep(b *testing.B) {
	cifarBatch(b, 1) // or skip
	models := map[string]func(testing.TB) *Model{"Model1": walkthrough1, "Model2": walkthrough2, "Model3": walkthrough3}
	if name := os.Getenv(startRole); name != "" {
		benchmarkStart(b, models[name](b))
		return
	}
	for _, name := range []string{"Model1", "Model2", "Model3"} {
		cache := b.TempDir()
		b.Run(name+"/compiled", func(b *testing.B) { benchmarkStarts(b, name, "off") })
		b.Run(name+"/cached", func(b *testing.B) {
			startOnce(b, name, cache)
			benchmarkStarts(b, name, cache)
		})
	}
}

func benchmarkStarts(b *testing.B, model, cache string) {
	sums := make([]float64, 4)
	for b.Loop() {
		for i, v := range startOnce(b, model, cache) {
			sums[i] += v
		}
	}
	for i, unit := range []string{"ms/step1", "cpu-ms/step1", "ms/epoch1", "cpu-ms/epoch1"} {
		b.ReportMetric(sums[i]/float64(b.N), unit)
	}
	b.ReportMetric(0, "ns/op")
}

// startOnce starts a process that fits a model, and returns what it measured.
func startOnce(b *testing.B, model, cache string) []float64 {
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkFitFirstStep$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), startRole+"="+model, "GOCIFAR_XLA_CACHE="+cache)
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	_, line, _ := strings.Cut(string(out), "started:")
	line, _, _ = strings.Cut(line, "\n")
	var values []float64
	for field := range strings.FieldsSeq(line) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatal(err)
		}
		values = append(values, v)
	}
	if len(values) != 4 {
		b.Fatalf("wanted four numbers from the process, it says %q", out)
	}
	return values
}

// benchmarkStart prints the milliseconds from here to the end of the first step,
// and to that of an epoch of one step and a validation.
func benchmarkStart(b *testing.B, m *Model) {
	e := cifarBatch(b, 64)
	start, used := time.Now(), processorTime()
	var line []string
	note := func() {
		for _, d := range []time.Duration{time.Since(start), processorTime() - used} {
			line = append(line, strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64))
		}
	}
	if _, err := m.Fit(context.Background(), e, ValidationSplit(0.5), Verbose(Silent),
		Callbacks(afterStep{note: note})); err != nil {
		b.Fatal(err)
	}
	note()
	os.Stdout.WriteString("started: " + strings.Join(line, " ") + "\n")
	os.Exit(0)
}

// afterStep calls a function after each step.
type afterStep struct {
	CallbackBase
	note func()
}

func (afterStep) OnTrainBatchBegin(*Training, int) error       { return nil }
func (a afterStep) OnTrainBatchEnd(*Training, int, Logs) error { a.note(); return nil }
