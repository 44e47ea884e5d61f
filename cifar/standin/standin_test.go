package standin

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"
)

// TestDrawings: the built-in set never changes, is balanced and shuffled.
func TestDrawings(t *testing.T) {
	train, test := Draw(10, 4000, 0), Draw(10, 1000, 4000)
	// Processors that fuse multiplication and addition round differently.
	if got, want := fmt.Sprintf("%.8x %.8x", sha256.Sum256(train.Bytes),
		sha256.Sum256(test.Bytes)), drawingsHash; runtime.GOARCH == "amd64" && got != want {
		t.Errorf("the drawings changed: hash %q, want %q", got, want)
	}
	for at := 0; at < train.Len(); at += 10 {
		seen := map[int32]bool{}
		for _, label := range train.Labels[at : at+10] {
			seen[label] = true
		}
		if len(seen) != 10 {
			t.Fatalf("pictures %d to %d show %d classes, want 10", at, at+9, len(seen))
		}
	}
	same := 0
	for i := range 100 {
		if train.Labels[10*i] == train.Labels[0] {
			same++
		}
	}
	if same > 30 {
		t.Errorf("%d of 100 blocks begin with the same class", same)
	}
}

const drawingsHash = "63a8213825f12fb4 dfe332379ebaf1f7"

// TestDrawingsCanBeLearned: the nearest neighbor among training drawings has
// the right class far more often than chance, but not always, so that there
// is something to learn and something to learn it from.
func TestDrawingsCanBeLearned(t *testing.T) {
	train, test := Draw(10, 4000, 0), Draw(10, 1000, 4000)
	right := 0
	const tests = 100
	for i := range tests {
		picture := test.Bytes[i*imageBytes : (i+1)*imageBytes]
		best, label := 1<<62, int32(-1)
		for j := 0; j < 1000; j++ {
			distance := 0
			other := train.Bytes[j*imageBytes : (j+1)*imageBytes]
			for k := range picture {
				d := int(picture[k]) - int(other[k])
				distance += d * d
			}
			if distance < best {
				best, label = distance, train.Labels[j]
			}
		}
		if label == test.Labels[i] {
			right++
		}
	}
	t.Logf("nearest neighbor: %d of %d", right, tests)
	if right < 30 || right > 98 {
		t.Errorf("nearest neighbor is right %d times of %d, want 30 to 98", right, tests)
	}
}
