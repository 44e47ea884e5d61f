package layers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func init() {
	if os.Getenv("GOMLX_BACKEND") == "" {
		_ = os.Setenv("GOMLX_BACKEND", "go") // what every machine has
	}
}

// trainingFormula is make_golden_training.py's.
func trainingFormula(n, salt int) []float32 {
	out := make([]float32, n)
	for i := range out {
		x := uint64(i) + uint64(salt*1000003)
		x = x * 2654435761 & 0xFFFFFFFF
		x ^= x >> 15
		x = x * 2246822519 & 0xFFFFFFFF
		x ^= x >> 13
		out[i] = float32(float64(x)/(1<<31) - 1)
	}
	return out
}

// setFormula gives kernels the golden script's first values.
func setFormula(t testing.TB, m *Model) {
	t.Helper()
	if err := m.Initialize(); err != nil {
		t.Fatal(err)
	}
	for salt, v := range m.Variables() {
		n := len(v.Shape)
		if n < 2 {
			continue
		}
		fan := float64(v.Shape[n-2] + v.Shape[n-1])
		for _, d := range v.Shape[:n-2] {
			fan *= float64(d)
		}
		scale := float32(math.Sqrt(6 / fan))
		values := trainingFormula(v.Shape.Size(), salt+1)
		for i := range values {
			values[i] *= scale
		}
		if err := v.SetFlat(values); err != nil {
			t.Fatal(err)
		}
	}
}

// smallImages are the golden script's.
func smallImages(n int) *Examples {
	e := &Examples{Shape: []int{8, 8, 3}, Classes: 4}
	noise := trainingFormula(n*192, 77)
	for i := range n {
		class := i * 7 % 4
		e.Labels = append(e.Labels, int32(class))
		for r := range 8 {
			for q := range 8 {
				for c := range 3 {
					v := (noise[i*192+r*24+q*3+c] + 1) * 80
					if r/4 == class/2 && q/4 == class%2 {
						v += 40
					}
					e.Bytes = append(e.Bytes, uint8(v))
				}
			}
		}
	}
	return e.Normalize(255)
}

func smallModel(t testing.TB, batchNorm bool) *Model {
	conv := Conv2D(4, 3).Padding(Same)
	stack := []Layer{Input(8, 8, 3), conv}
	if batchNorm {
		conv.WithoutBias() // see the golden script
		stack = append(stack, BatchNormalization())
	}
	stack = append(stack, LeakyReLU(0.1), MaxPooling2D(2), Flatten(), Dense(8), LeakyReLU(0.1), Dense(4).Activation(Softmax))
	m := Sequential("small", stack...)
	setFormula(t, m)
	if err := m.Compile(Adamax(0.005), CategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

type goldenFit struct {
	History    map[string][]float64 `json:"history"`
	StepLosses []float64            `json:"step_losses"`
}

var golden = func() (g struct {
	Optimizers map[string]struct {
		Weights []float32      `json:"weights"`
		Config  map[string]any `json:"config"`
	} `json:"optimizers"`
	Fit         goldenFit                  `json:"fit"`
	FitWeighted goldenFit                  `json:"fit_class_weight"`
	FitNorm     goldenFit                  `json:"fit_batch_norm"`
	Callbacks   map[string]json.RawMessage `json:"callbacks"`
	Model1      []float64                  `json:"model1_step_losses"`
	LogLines    []struct {
		Steps   int               `json:"steps"`
		Seconds float64           `json:"seconds"`
		Values  map[string]string `json:"values"`
		Line    string            `json:"line"`
	} `json:"log_lines"`
}) {
	data, err := os.ReadFile("testdata/golden_training.json")
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		panic(err)
	}
	return g
}()

func TestOptimizersAsKeras(t *testing.T) {
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Optimizer{
		"adamax": Adamax(0.005), "adam": Adam(0.01),
		"adam_amsgrad": Adam(0.01).Betas(0.8, 0.99).Epsilon(1e-4).AMSGrad(),
		"sgd":          SGD(0.05), "sgd_momentum": SGD(0.05).Momentum(0.9), "sgd_nesterov": SGD(0.05).Momentum(0.9).Nesterov(),
		"rmsprop": RMSprop(0.01), "rmsprop_centered_momentum": RMSprop(0.01).Rho(0.8).Momentum(0.5).Centered(),
	} {
		e, err := graph.NewExec(backend, func(in []*graph.Node) []*graph.Node {
			w, slots := o.Update(OptimizerStep{in[0], in[1]}, in[2], in[3], in[4:])
			return append([]*graph.Node{w}, slots...)
		})
		if err != nil {
			t.Fatal(err)
		}
		state := []any{trainingFormula(6, 1)}
		for range o.Slots() {
			state = append(state, make([]float32, 6))
		}
		for step := range 20 {
			if step == 10 {
				o.SetLearningRate(o.LearningRate() / 2)
			}
			g := trainingFormula(6, 10+step)
			for i := range g {
				g[i] *= 0.3
			}
			args := append([]any{float32(o.LearningRate()), float32(step + 1), state[0], g}, state[1:]...)
			out, err := e.Call(args...)
			if err != nil {
				t.Fatal(err)
			}
			for i := range out {
				state[i] = out[i]
			}
		}
		got := tensors.MustCopyFlatData[float32](state[0].(*tensors.Tensor))
		for i, want := range golden.Optimizers[name].Weights {
			if !near(float64(got[i]), float64(want), 1e-5) {
				t.Errorf("%s: weight %d is %v, Keras has %v", name, i, got[i], want)
			}
		}
		for key, want := range golden.Optimizers[name].Config {
			have, ok := o.Config()[key]
			if n, isName := want.(string); isName {
				want = strings.TrimRight(n, "_123") // Keras numbers the second of a class
			}
			a, b := fmt.Sprint(have), fmt.Sprint(want)
			x, err1 := strconv.ParseFloat(a, 64)
			y, err2 := strconv.ParseFloat(b, 64)
			if !ok || a != b && (err1 != nil || err2 != nil || !near(x, y, 1e-6)) {
				t.Errorf("%s: config %s is %v, Keras has %v", name, key, have, want)
			}
		}
	}
}

func near(a, b, relative float64) bool {
	return math.Abs(a-b) <= relative*max(math.Abs(a), math.Abs(b))
}

// stepLosses recovers each batch's loss from the running means.
type stepLosses struct {
	CallbackBase
	batch, n    int
	total, seen float64
	losses      []float64
}

func (c *stepLosses) OnEpochBegin(*Training, int) error      { c.total, c.seen = 0, 0; return nil }
func (c *stepLosses) OnTrainBatchBegin(*Training, int) error { return nil }
func (c *stepLosses) OnTrainBatchEnd(_ *Training, b int, l Logs) error {
	seen := float64(min((b+1)*c.batch, c.n))
	total := l["loss"] * seen
	c.losses = append(c.losses, (total-c.total)/(seen-c.seen))
	c.total, c.seen = total, seen
	return nil
}

// TestFitAsKeras trains with Keras' weights, order and data, the last batch of
// each epoch being partial.
func TestFitAsKeras(t *testing.T) {
	for name, c := range map[string]struct {
		want    goldenFit
		norm    bool
		options []Option
	}{
		"plain":         {golden.Fit, false, nil},
		"class weights": {golden.FitWeighted, false, []Option{ClassWeights(map[int]float64{0: 2, 2: 0.25})}},
		"batch norm":    {golden.FitNorm, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := smallModel(t, c.norm)
			steps := &stepLosses{batch: 16, n: 90}
			h, err := m.Fit(t.Context(), smallImages(100), append(c.options, BatchSize(16), Epochs(3), ValidationSplit(0.1),
				Shuffle(false), Verbose(Silent), Callbacks(steps))...)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want.StepLosses {
				if math.Abs(steps.losses[i]-want) > 1e-4 {
					t.Errorf("step %d: loss %v, Keras has %v", i, steps.losses[i], want)
				}
			}
			for key, want := range c.want.History {
				for i := range want {
					if math.Abs(h.Metrics[key][i]-want[i]) > 2e-4 {
						t.Errorf("epoch %d: %s %v, Keras has %v", i+1, key, h.Metrics[key][i], want[i])
					}
				}
			}
		})
	}
}

func TestLogLinesAsKeras(t *testing.T) {
	for _, c := range golden.LogLines {
		logs := Logs{}
		var names []string
		for name, text := range c.Values {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			logs[name], names = v, append(names, name)
		}
		if got := logLine(Keras3Log, c.Steps, time.Duration(c.Seconds*1e9), logs, names); got != c.Line {
			t.Errorf("got  %q\nwant %q", got, c.Line)
		}
	}
	logs := Logs{"loss": 1.3549, "accuracy": 0.5161, "val_loss": 1.0402, "val_accuracy": 0.6304}
	order := []string{"loss", "accuracy", "val_loss", "val_accuracy"}
	want := "1407/1407 - 39s - loss: 1.3549 - accuracy: 0.5161 - val_loss: 1.0402 - val_accuracy: 0.6304"
	if got := logLine(Keras2Log, 1407, 39*time.Second, logs, order); got != want {
		t.Errorf("got %q, the walkthrough has %q", got, want)
	}
	if got := logLine(Keras2TimedLog, 180, 289*time.Second, Logs{"loss": 1.242}, order[:1]); got != "180/180 - 289s - loss: 1.2420 - 289s/epoch - 2s/step" {
		t.Errorf("got %q", got)
	}
}

func TestCallbacksAsKeras(t *testing.T) {
	var values []float64
	read := func(key string, v any) {
		if err := json.Unmarshal(golden.Callbacks[key], v); err != nil {
			t.Fatal(key, err)
		}
	}
	read("val_loss", &values)
	start := func(c Callback) *Training {
		tr := &Training{Optimizer: SGD(0.1), names: []string{"val_loss"}, History: &History{}, print: func(string) {}}
		if err := c.OnTrainBegin(tr); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	for name, c := range map[string]*EarlyStoppingCallback{
		"early_stopping_patience_2": EarlyStopping("val_loss").Patience(2), "early_stopping_patience_0": EarlyStopping("val_loss"),
		"early_stopping_min_delta": EarlyStopping("val_loss").Patience(2).MinDelta(0.05),
		"early_stopping_baseline":  EarlyStopping("val_loss").Patience(3).Baseline(0.795),
		"early_stopping_start":     EarlyStopping("val_loss").Patience(1).StartFromEpoch(4),
	} {
		var want struct {
			Stopped   *int `json:"stopped"`
			BestEpoch int  `json:"best_epoch"`
		}
		read(name, &want)
		tr, stopped := start(c), -1
		for epoch, v := range values {
			if err := c.OnEpochEnd(tr, epoch, Logs{"val_loss": v}); err != nil {
				t.Fatal(err)
			}
			if tr.stop {
				stopped = epoch
				break
			}
		}
		if wantStop := want.Stopped; wantStop == nil && stopped != -1 || wantStop != nil && *wantStop != stopped || c.BestEpoch() != want.BestEpoch {
			t.Errorf("%s: stopped %d, best %d; Keras %v", name, stopped, c.BestEpoch(), string(golden.Callbacks[name]))
		}
	}
	for name, c := range map[string]*ReduceLROnPlateauCallback{
		"reduce_patience_2": ReduceLROnPlateau("val_loss").Factor(0.5).Patience(2),
		"reduce_cooldown":   ReduceLROnPlateau("val_loss").Factor(0.1).Patience(1).Cooldown(2).MinLR(0.0005),
	} {
		var want []float64
		read(name, &want)
		tr := start(c)
		for epoch, v := range values {
			if err := c.OnEpochEnd(tr, epoch, Logs{"val_loss": v}); err != nil {
				t.Fatal(err)
			}
			if got := tr.Optimizer.LearningRate(); !near(got, want[epoch], 1e-6) {
				t.Errorf("%s: epoch %d has rate %v, Keras %v", name, epoch, got, want[epoch])
			}
		}
	}
}

// dropoutModel has random numbers in its steps.
func dropoutModel(t testing.TB) *Model {
	m := Sequential("small", Input(8, 8, 3), Flatten(), Dense(8), Dropout(0.3), BatchNormalization(), Dense(4).Activation(Softmax))
	if err := m.Compile(Adam(0.01), SparseCategoricalCrossEntropy, Accuracy); err != nil {
		t.Fatal(err)
	}
	return m
}

func flat(t testing.TB, m *Model) []float32 {
	w, err := m.weights(nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(w...)
}

func TestSameSeedSameRun(t *testing.T) {
	run := func(seed int64) []float32 {
		m := dropoutModel(t)
		if _, err := m.Fit(t.Context(), smallImages(50), Epochs(2), BatchSize(16), Seed(seed), Verbose(Silent)); err != nil {
			t.Fatal(err)
		}
		return flat(t, m)
	}
	a := run(42)
	if !slices.Equal(a, run(42)) {
		t.Error("the same seed gave another run")
	}
	if slices.Equal(a, run(43)) {
		t.Error("another seed gave the same run")
	}
}

func resumable(m *Model, more ...Option) (*History, error) {
	return m.Fit(context.Background(), smallImages(100), append([]Option{Epochs(4), BatchSize(8), ValidationSplit(0.1), Seed(7), Verbose(Silent),
		SaveEverySteps(3), Callbacks(EarlyStopping("val_loss").Patience(50).RestoreBestWeights(), ReduceLROnPlateau("val_loss").Patience(1))}, more...)...)
}

// killer ends the process the hard way in the middle of an epoch.
type killer struct{ CallbackBase }

func (killer) OnTrainBatchBegin(*Training, int) error { return nil }
func (killer) OnTrainBatchEnd(t *Training, b int, _ Logs) error {
	if len(t.History.Epochs) == 1 && b == 7 {
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		time.Sleep(time.Minute)
	}
	return nil
}

func TestResumeAfterKill(t *testing.T) {
	if os.Getenv("LAYERS_TEST_KILL") == "1" {
		_, err := resumable(dropoutModel(t), Run("killed"), Callbacks(killer{}))
		t.Fatal("not killed", err)
	}
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	cmd := exec.Command(os.Args[0], "-test.run=^TestResumeAfterKill$")
	cmd.Env = append(os.Environ(), "LAYERS_TEST_KILL=1")
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child should have been killed: %v\n%s", err, out)
	}
	var log bytes.Buffer
	resumed, whole := dropoutModel(t), dropoutModel(t)
	h1, err := resumable(resumed, Run("killed"), LogTo(&log), Verbose(Lines))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "goes on at epoch 2, step 7") {
		t.Errorf("it did not resume in the middle of epoch 2:\n%s", log.String())
	}
	h2, err := resumable(whole)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, resumed), flat(t, whole)) {
		t.Error("the resumed run's weights differ")
	}
	for name := range h2.Metrics {
		if !slices.Equal(h1.Metrics[name], h2.Metrics[name]) {
			t.Errorf("%s: %v after resuming, %v without", name, h1.Metrics[name], h2.Metrics[name])
		}
	}
	loaded, err := LoadModel("killed")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(t, loaded), flat(t, whole)) {
		t.Error("LoadModel's weights differ")
	}
	if h, err := LoadHistory("killed"); err != nil || len(h.Epochs) != 4 {
		t.Errorf("LoadHistory: %v, %v", h, err)
	}
	if _, err := resumable(dropoutModel(t), Run("killed"), BatchSize(4)); !errors.Is(err, ErrRunConfig) {
		t.Errorf("another batch size: %v", err)
	}
	log.Reset()
	if _, err := resumable(dropoutModel(t), Run("killed"), LogTo(&log), Verbose(Lines)); err != nil || !strings.Contains(log.String(), "complete") {
		t.Errorf("a finished run: %v, %s", err, log.String())
	}
	path := filepath.Join(os.Getenv("GOCIFAR_RUNS"), "killed", stateFile)
	data, _ := os.ReadFile(path)
	data[len(data)-5] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel("killed"); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a damaged run: %v", err)
	}
}

func TestInterruptThenResume(t *testing.T) {
	t.Setenv("GOCIFAR_RUNS", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	stop := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error {
		if epoch == 1 {
			cancel()
		}
		return nil
	})
	m := dropoutModel(t)
	o := []Option{Epochs(3), BatchSize(8), Verbose(Silent), Run("i")}
	h, err := m.Fit(ctx, smallImages(60), append(o, Callbacks(stop))...)
	if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) || len(h.Epochs) != 2 {
		t.Fatalf("got %v and %v", h, err)
	}
	if h, err = dropoutModel(t).Fit(t.Context(), smallImages(60), o...); err != nil || len(h.Epochs) != 3 {
		t.Errorf("resuming: %v, %v", h, err)
	}
}

func TestBadInput(t *testing.T) {
	good := func() *Examples { return smallImages(20) }
	for name, c := range map[string]struct {
		change func(*Examples)
		option Option
		want   string
	}{
		"label":       {func(e *Examples) { e.Labels[3] = 9 }, nil, "label 3 is 9, outside of 0 to 3"},
		"empty":       {func(e *Examples) { e.Bytes, e.Labels = nil, nil }, nil, "no examples"},
		"labels":      {func(e *Examples) { e.Labels = e.Labels[:5] }, nil, "5 labels for 20 examples"},
		"shape":       {func(e *Examples) { e.Shape = []int{8, 4, 6} }, nil, "wants examples of shape"},
		"classes":     {func(e *Examples) { e.Classes = 5 }, nil, "Dense(5)"},
		"batch":       {func(*Examples) {}, BatchSize(0), "BatchSize"},
		"split":       {func(*Examples) {}, ValidationSplit(0.999), "leaves 0 to train on"},
		"monitor":     {func(*Examples) {}, Callbacks(EarlyStopping("val_loss")), "ValidationSplit"},
		"run name":    {func(*Examples) {}, Run("../x"), "name"},
		"large batch": {func(*Examples) {}, BatchSize(500), ""},
	} {
		e := good()
		c.change(e)
		option := c.option
		if option == nil {
			option = Epochs(1)
		}
		_, err := smallModel(t, false).Fit(t.Context(), e, option, Verbose(Silent))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := Sequential("x", Input(4), Dense(2)).Fit(t.Context(), good()); err == nil || !strings.Contains(err.Error(), "not compiled") {
		t.Errorf("not compiled: %v", err)
	}
}

func TestNaNLossKeepsGoodWeights(t *testing.T) {
	m := smallModel(t, false)
	before := flat(t, m)
	e := smallImages(40)
	for _, b := range e.Bytes {
		e.Floats = append(e.Floats, float32(b))
	}
	e.Bytes = nil
	e.Floats[20*192] = float32(math.NaN())
	_, err := m.Fit(t.Context(), e, BatchSize(8), Shuffle(false), Verbose(Silent))
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "step 3 of 5") {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(before, flat(t, m)) {
		t.Error("the good weights were lost")
	}
}

func TestPredictAnySizeAndEvaluate(t *testing.T) {
	m, e := smallModel(t, false), smallImages(70)
	all, err := m.Predict(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := e.Slice(69, 70)
	single, err := m.Predict(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range single[0] {
		if math.Abs(float64(v-all[69][i])) > 1e-6 {
			t.Errorf("alone %v, among others %v", single[0], all[69])
		}
	}
	logs, err := m.Evaluate(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	loss := 0.0
	for i, p := range all {
		loss -= math.Log(float64(p[e.Labels[i]])) / 70
	}
	if math.Abs(loss-logs["loss"]) > 1e-5 {
		t.Errorf("evaluate has loss %v, the predictions give %v", logs["loss"], loss)
	}
}

func TestTwentyEpochsKeepMemory(t *testing.T) {
	resident := func() int {
		data, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skip("no /proc here")
		}
		pages, _ := strconv.Atoi(strings.Fields(string(data))[1])
		return pages * os.Getpagesize()
	}
	m := Sequential("wide", Input(8, 8, 3), Flatten(), Dense(1024), Dense(4).Activation(Softmax))
	_ = m.Compile(Adamax(0.001), CategoricalCrossEntropy)
	sizes := map[int]int{}
	watch := OnEpochEnd(func(_ *Training, epoch int, _ Logs) error { sizes[epoch] = resident(); return nil })
	if _, err := m.Fit(t.Context(), smallImages(128), Epochs(25), Callbacks(watch), Verbose(Silent)); err != nil {
		t.Fatal(err)
	}
	// A step's weights and slots are 2.4 MB: one leaked set a step would be 190 MB.
	if grown := sizes[24] - sizes[4]; grown > 48<<20 {
		t.Errorf("20 epochs grew resident memory by %d MiB", grown>>20)
	}
}

func TestCurves(t *testing.T) {
	h := &History{Model: "a", Metrics: map[string][]float64{}}
	for i := range 5 {
		h.add(i+1, 1, Logs{"accuracy": 0.5 + 0.1*float64(i), "val_accuracy": 0.5 + 0.05*float64(i)}, []string{"accuracy", "val_accuracy"})
	}
	b := h.Curves().Display()
	for _, want := range []string{"Model Accuracy", "Epoch", "Train", "Validation"} {
		if !strings.Contains(b.SVG, want) {
			t.Errorf("the plot lacks %q", want)
		}
	}
	if !bytes.HasPrefix(b.PNG, []byte("\x89PNG")) || !strings.Contains(b.Text, "0.9000") {
		t.Error("a form is missing")
	}
	if path := os.Getenv("LAYERS_TEST_PNG"); path != "" {
		_ = os.WriteFile(path, b.PNG, 0o644)
	}
}

func FuzzSafetensors(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x")
	if err := writeSafetensors(path, []savedTensor{{"weights/a", []int{2}, []float32{1, 2}}}, nil); err != nil {
		f.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	f.Add(data)
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := parseSafetensors(data)
		if err != nil {
			return
		}
		for _, s := range list {
			if Shape(s.shape).Size() != len(s.values) {
				t.Errorf("%v has %d values", s.shape, len(s.values))
			}
		}
	})
}
