package layers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

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
			w, slots := o.Update(OptimizerStep{LearningRate: in[0], Iteration: in[1]}, in[2], in[3], in[4:])
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
		worst := 0.0
		for i, want := range golden.Optimizers[name].Weights {
			worst = max(worst, math.Abs(float64(got[i]-want))/max(math.Abs(float64(got[i])), math.Abs(float64(want))))
			if !near(float64(got[i]), float64(want), 1e-5) {
				t.Errorf("%s: weight %d is %v, Keras has %v", name, i, got[i], want)
			}
		}
		t.Logf("%s: largest relative difference of a weight after 20 steps: %.2g", name, worst)
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
