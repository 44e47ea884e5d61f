//go:build !unix

package engine

import "errors"

// Live cells are for Linux (package kernels says so at run time); elsewhere
// there is only something to compile.
func makeFifo(string) error { return errors.ErrUnsupported }

func readNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
