package host

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
)

// Profile asks for a record of what a cell does.
type Profile struct {
	// Kind is one of those below.
	Kind string
	// File takes the record. A MemoryProfile also has BaseFile, which is how
	// memory was before.
	File, BaseFile string
}

// Kinds of profiles.
const (
	CPUProfile    = "cpu"    // which code runs, a hundred times a second
	MemoryProfile = "memory" // which code allocates: each object
	Trace         = "trace"  // what goroutines do: package runtime/trace
)

// start begins the record, which ends when stop is called for the first time.
func (p *Profile) start() (stop func() error, err error) {
	if p == nil {
		return func() error { return nil }, nil
	}
	f, err := os.Create(p.File)
	if err != nil {
		return nil, err
	}
	var finish func() error
	switch p.Kind {
	case CPUProfile:
		err = pprof.StartCPUProfile(f)
		finish = func() error { pprof.StopCPUProfile(); return nil }
	case Trace:
		err = trace.Start(f)
		finish = func() error { trace.Stop(); return nil }
	case MemoryProfile:
		finish, err = p.startMemory(f)
	default:
		err = fmt.Errorf("there is no profile of the kind %q", p.Kind)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return sync.OnceValue(func() error { return errors.Join(finish(), f.Close()) }), nil
}

// startMemory records every object from here on. The runtime usually records one
// for each half a megabyte, and its numbers are estimates: with a rate of 1 it
// writes down what it has seen, so that the difference of two records is what
// has been allocated between them.
func (p *Profile) startMemory(after *os.File) (finish func() error, err error) {
	rate := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	write := func(f *os.File) error {
		runtime.GC() // until then what was allocated is not in the record
		runtime.GC()
		return pprof.Lookup("allocs").WriteTo(f, 0)
	}
	before, err := os.Create(p.BaseFile)
	if err == nil {
		err = errors.Join(write(before), before.Close())
	}
	if err != nil {
		runtime.MemProfileRate = rate
		return nil, err
	}
	return func() error {
		defer func() { runtime.MemProfileRate = rate }()
		return write(after)
	}, nil
}
