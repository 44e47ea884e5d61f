package layers

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// benchmarkTraining trains at batch 32, or LAYERS_BENCH_BATCH; one iteration is
// an epoch of 3,200 images (or of as many as LAYERS_BENCH_IMAGES says),
// compiled before the clock starts. Beside images a second it reports the
// processor time of a step, which other processes on the machine disturb less,
// and the process' largest resident memory so far. LAYERS_BENCH_DTYPE names a
// DTypePolicy, for all layers but the last. With LAYERS_BENCH_TURNS it is, for
// each line on standard input, a Fit of as many epochs, and writes how many
// seconds one of them took, so that a script can let several programs train in
// turns.
func benchmarkTraining(b *testing.B, m *Model) {
	n, batch := fromEnv(b, "LAYERS_BENCH_IMAGES", 3200), fromEnv(b, "LAYERS_BENCH_BATCH", 32)
	if p := os.Getenv("LAYERS_BENCH_DTYPE"); p != "" {
		m.DType(DTypePolicy(p))
		m.Layers()[len(m.Layers())-1].core().policy = Float32
	}
	e := cifarBatch(b, n)
	epochs := fromEnv(b, "LAYERS_BENCH_TURNS", 1)
	fit := func() {
		if _, err := m.Fit(b.Context(), e, Epochs(epochs), BatchSize(batch), Verbose(Silent)); err != nil {
			b.Fatal(err)
		}
	}
	fit()
	if os.Getenv("LAYERS_BENCH_TURNS") != "" {
		fmt.Println("ready")
		for turns := bufio.NewScanner(os.Stdin); turns.Scan(); {
			start := time.Now()
			fit()
			fmt.Println(time.Since(start).Seconds() / float64(epochs))
		}
		b.SkipNow()
	}
	used := processorTime()
	for b.Loop() {
		fit()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "img/s")
	b.ReportMetric(peakMemory()/1e6, "MB-peak")
	b.ReportMetric((processorTime()-used).Seconds()*1000/float64((n+batch-1)/batch*b.N), "cpu-ms/step")
}

// fromEnv is the number in an environment variable.
func fromEnv(b *testing.B, name string, otherwise int) int {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// The walkthrough's models; Model 1 is walkthrough1.

func walkthrough2(tb testing.TB) *Model {
	m := Sequential("model_2", Input(32, 32, 3),
		Conv2D(16, 3).Padding(Same), LeakyReLU(0.1), Dropout(0.2), Conv2D(32, 3).Padding(Same), LeakyReLU(0.1), Dropout(0.2),
		MaxPooling2D(2), Flatten(), Dense(256), LeakyReLU(0.1), Dropout(0.5), Dense(10).Activation(Softmax))
	if err := m.Compile(Adamax(0.005), CategoricalCrossEntropy, Accuracy); err != nil {
		tb.Fatal(err)
	}
	return m
}

func walkthrough3(tb testing.TB) *Model {
	m := Sequential("model_3", Input(32, 32, 3),
		Conv2D(16, 3).Padding(Same), LeakyReLU(0.1), Conv2D(32, 3).Padding(Same), LeakyReLU(0.1),
		MaxPooling2D(2), Dropout(0.25),
		Conv2D(32, 3).Padding(Same), LeakyReLU(0.1), Conv2D(64, 3).Padding(Same), LeakyReLU(0.1),
		MaxPooling2D(2), Dropout(0.25),
		Flatten(), Dense(256), LeakyReLU(0.1), Dropout(0.5), Dense(10).Activation(Softmax))
	if err := m.Compile(Adamax(0.001), CategoricalCrossEntropy, Accuracy); err != nil {
		tb.Fatal(err)
	}
	return m
}

func BenchmarkModel1(b *testing.B) { benchmarkTraining(b, walkthrough1(b)) }
func BenchmarkModel2(b *testing.B) { benchmarkTraining(b, walkthrough2(b)) }
func BenchmarkModel3(b *testing.B) { benchmarkTraining(b, walkthrough3(b)) }
