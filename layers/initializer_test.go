package layers

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestInitializersAsKeras compares limits and variances of what is drawn with
// those of Keras' formulas (keras/src/initializers/random_initializers.py).
// GoMLX's default is another one (He's normal).
func TestInitializersAsKeras(t *testing.T) {
	for _, c := range []struct {
		name            string
		init            Initializer
		shape           Shape
		variance, limit float64
	}{
		{"a kernel's default", GlorotUniform, Shape{3, 3, 16, 32}, 2.0 / (9*16 + 9*32), math.Sqrt(6.0 / (9*16 + 9*32))},
		{"a dense kernel's default", GlorotUniform, Shape{512, 256}, 2.0 / 768, math.Sqrt(6.0 / 768)},
		{"glorot_normal", GlorotNormal, Shape{512, 256}, 2.0 / 768, 2 * math.Sqrt(2.0/768) / .87962566103423978},
		{"he_uniform", HeUniform, Shape{512, 256}, 2.0 / 512, math.Sqrt(6.0 / 512)},
		{"he_normal", HeNormal, Shape{3, 3, 64, 64}, 2.0 / 576, 2 * math.Sqrt(2.0/576) / .87962566103423978},
		{"lecun_uniform", LecunUniform, Shape{512, 256}, 1.0 / 512, math.Sqrt(3.0 / 512)},
		{"lecun_normal", LecunNormal, Shape{512, 256}, 1.0 / 512, 2 * math.Sqrt(1.0/512) / .87962566103423978},
		{"random_uniform", RandomUniform(-1, 1), Shape{512, 256}, 1.0 / 3, 1},
	} {
		values := c.init.Draw(c.shape, rand.New(rand.NewPCG(1, 2)))
		sum, squares, largest := 0.0, 0.0, 0.0
		for _, v := range values {
			x := float64(v)
			sum, squares, largest = sum+x, squares+x*x, max(largest, math.Abs(x))
		}
		n := float64(len(values))
		deviation := math.Sqrt(c.variance)
		if mean := sum / n; math.Abs(mean) > 5*deviation/math.Sqrt(n) {
			t.Errorf("%s: the mean is %g", c.name, mean)
		}
		if variance := squares / n; math.Abs(variance/c.variance-1) > 0.05 {
			t.Errorf("%s: the variance is %g, want %g", c.name, variance, c.variance)
		}
		if largest > c.limit*1.000001 || largest < c.limit*0.99 {
			t.Errorf("%s: the largest value is %g, want just below %g", c.name, largest, c.limit)
		}
	}
	if l := Dense(3); l.shared.kernel.Initializer != GlorotUniform || l.shared.bias.Initializer != Zeros {
		t.Error("Dense has other defaults than Keras")
	}
	if l := Conv2D(3, 3); l.shared.kernel.Initializer != GlorotUniform || l.shared.bias.Initializer != Zeros {
		t.Error("Conv2D has other defaults than Keras")
	}
}
