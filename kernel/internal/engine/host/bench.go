package host

import (
	"fmt"
	"testing"
)

// B is a benchmark, under a name that a notebook cannot hide.
type B = testing.B

// Bench measures what %bench is given, as `go test -bench -benchmem` does, and
// prints a line of its form.
func Bench(loop func(*B)) {
	resetTests()
	var failed any
	ended := false
	r := testing.Benchmark(func(b *B) {
		ended = false
		defer func() {
			if failed = recover(); failed != nil {
				b.FailNow()
			}
		}()
		b.ReportAllocs()
		loop(b)
		ended = true
	})
	switch {
	case stopping():
		goexit()
	case failed != nil:
		panic(failed)
	case !ended:
		panic("what is measured ends its goroutine, so that it cannot be repeated")
	}
	fmt.Println(r.String() + "\t" + r.MemString())
}
