package layers

import (
	"math"
	"slices"
	"testing"
)

// TestAugmentationInFit trains behind layers that choose and distort, within the
// compiled step: losses are finite and follow from the seed, and predictions
// see the images as they are.
func TestAugmentationInFit(t *testing.T) {
	images := smallImages(40)
	train := func(seed int64) (losses, predictions []float32) {
		m := Sequential("augmented", Input(images.Shape...),
			Pipeline(RandomFlip(Horizontal), RandomPerspective(1).Scale(0.3)),
			RandAugment(0.4).ValueRange(0, 255), AugMix(0.3).Chains(2, 2).ValueRange(0, 255),
			RandomElasticTransform(1).ValueRange(0, 255),
			Flatten(), Dense(images.Classes).Activation(Softmax))
		if err := m.Seed(1).Compile(SGD(0), SparseCategoricalCrossEntropy); err != nil {
			t.Fatal(err)
		}
		h, err := m.Fit(t.Context(), images, Epochs(2), BatchSize(16), Seed(seed), Verbose(Silent))
		if err != nil {
			t.Fatal(err)
		}
		for _, loss := range h.Metrics["loss"] {
			if losses = append(losses, float32(loss)); math.IsNaN(loss) || math.IsInf(loss, 0) {
				t.Errorf("the loss is %g", loss)
			}
		}
		out, err := m.Predict(t.Context(), images)
		if err != nil {
			t.Fatal(err)
		}
		return losses, slices.Concat(out...)
	}
	a, before := train(3)
	again, _ := train(3)
	other, after := train(4)
	if !slices.Equal(a, again) {
		t.Errorf("the same seed gives the losses %v and %v", a, again)
	}
	if slices.Equal(a, other) || a[0] == a[1] {
		t.Errorf("other seeds and epochs give the same losses: %v, %v", a, other)
	}
	if !slices.Equal(before, after) {
		t.Error("predictions depend on the seed of the fit")
	}
}
