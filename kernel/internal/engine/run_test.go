package engine

import (
	"errors"
	"strings"
	"testing"
)

// TestShielded: a mistake of the kernel is a cell's error.
func TestShielded(t *testing.T) {
	var f *Failure
	if err := shielded(func() error { panic("no such case") }); !errors.As(err, &f) || f.Name != kernelError ||
		!strings.Contains(f.Value, "no such case") {
		t.Errorf("a panic becomes %v", err)
	}
	if err := shielded(func() error { return errInterrupted }); !errors.Is(err, errInterrupted) {
		t.Errorf("an error becomes %v", err)
	}
}
