// Package stub is the part of every cell that registers it with the runtime;
// package module says why there is one.
package stub

// The linker adds these two to every plugin by itself, but then without the
// sums of their versions, which the host compares.
import (
	_ "runtime"
	_ "runtime/cgo"
)
