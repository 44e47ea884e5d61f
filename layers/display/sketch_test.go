package display

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func TestSketch(t *testing.T) {
	many := Line{Label: "loss <", Color: "#0072b2"}
	for i := range 100_000 {
		many.X, many.Y = append(many.X, float64(i)), append(many.Y, 1/float64(i+1))
	}
	many.Y[7] = math.NaN()
	for name, lines := range map[string][]Line{
		"none": nil, "a point": {{Label: "a", Color: "red", X: []float64{1}, Y: []float64{2}}},
		"no numbers": {{Label: "a", Color: "red", X: []float64{1, 2}, Y: []float64{math.NaN(), math.Inf(1)}}}, "many": {many},
	} {
		svg := Sketch(lines)
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := decoder.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v in %.300s", name, err, svg)
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || len(svg) > 20_000 {
			t.Errorf("%s: %d bytes: %.300s", name, len(svg), svg)
		}
	}
}

func BenchmarkSketch(b *testing.B) {
	l := Line{Label: "loss", Color: "red", X: make([]float64, 5000), Y: make([]float64, 5000)}
	for i := range l.X {
		l.X[i], l.Y[i] = float64(i), math.Sin(float64(i)/100)
	}
	for b.Loop() {
		Sketch([]Line{l, l, l})
	}
}

// TestButtonWithoutFrontEnd returns at once.
func TestButtonWithoutFrontEnd(t *testing.T) {
	start := time.Now()
	Button(t.Context(), "stop", func() { t.Error("pressed by nobody") })
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}
