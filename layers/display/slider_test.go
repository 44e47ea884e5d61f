package display

import (
	"context"
	"testing"
	"time"
)

// TestSlideWithoutFrontEnd: where nobody can move a slider nothing is shown and
// nothing waits.
func TestSlideWithoutFrontEnd(t *testing.T) {
	moved, err := Slide(context.Background(), 0, 9, time.Hour, func(int) Bundle {
		t.Error("asked for a picture")
		return Bundle{}
	})
	if moved || err != nil {
		t.Errorf("moved %v, error %v", moved, err)
	}
}
