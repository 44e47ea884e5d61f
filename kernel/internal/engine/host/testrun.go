package host

import (
	"errors"
	"io"
	"reflect"
	"regexp"
	"runtime/pprof"
	"sync"
	"time"
)

// testRun is what the main function that `go test` writes gives package
// testing: it has the methods of testing.testDeps of the Go version that go.mod
// asks for.
type testRun struct{}

func (testRun) ImportPath() string { return "main" }
func (testRun) ModulePath() string { return "" }

// lastPattern is compiled once for all names.
var lastPattern struct {
	sync.Mutex
	text     string
	compiled *regexp.Regexp
}

func (testRun) MatchString(pattern, name string) (bool, error) {
	lastPattern.Lock()
	defer lastPattern.Unlock()
	if lastPattern.compiled == nil || lastPattern.text != pattern {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return false, err
		}
		lastPattern.text, lastPattern.compiled = pattern, compiled
	}
	return lastPattern.compiled.MatchString(name), nil
}

func (testRun) StartCPUProfile(w io.Writer) error { return pprof.StartCPUProfile(w) }
func (testRun) StopCPUProfile()                   { pprof.StopCPUProfile() }

func (testRun) WriteProfileTo(name string, w io.Writer, debug int) error {
	return pprof.Lookup(name).WriteTo(w, debug)
}

// The rest is for the go command's cache, fuzzing and coverage.

func (testRun) SetPanicOnExit0(bool)   {}
func (testRun) StartTestLog(io.Writer) {}
func (testRun) StopTestLog() error     { return nil }
func (testRun) ResetCoverage()         {}
func (testRun) SnapshotCoverage()      {}

func (testRun) InitRuntimeCoverage() (string, func(string, string) (string, error), func() float64) {
	return "", nil, nil
}

// seed is testing's corpusEntry.
type seed = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

var errNoFuzzing = errors.New("a live cell only runs the seeds of fuzz tests")

func (testRun) CoordinateFuzzing(time.Duration, int64, time.Duration, int64, int, []seed, []reflect.Type,
	string, string) error {
	return errNoFuzzing
}
func (testRun) RunFuzzWorker(func(seed) error) error { return errNoFuzzing }

// ReadCorpus has nothing beside what the test adds: a cell has no folder
// testdata.
func (testRun) ReadCorpus(string, []reflect.Type) ([]seed, error) { return nil, nil }

func (testRun) CheckCorpus(values []any, kinds []reflect.Type) error {
	if len(values) != len(kinds) {
		return errors.New("wrong number of values in a seed")
	}
	for i, value := range values {
		if reflect.TypeOf(value) != kinds[i] {
			return errors.New("a value of a seed has another type than the fuzz test's argument")
		}
	}
	return nil
}
