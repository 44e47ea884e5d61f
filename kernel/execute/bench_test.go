package execute

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// BenchmarkThousandCells runs 1,000 cells on ipykernel, whose path is in
// GOCIFAR_TEST_PYTHON. It reports the time of a cell, of it what passes between
// the end of a cell and the next request ("own", which includes what is saved),
// and the heap in use after 100 and after 1,000 cells.
func BenchmarkThousandCells(b *testing.B) {
	spec := pythonSpec(b)
	const cells = 1000
	for b.Loop() {
		nb := document(strings.Split(strings.Repeat("print(1)\x00", cells-1)+"print(1)", "\x00")...)
		opts := Options{}
		opts.Observer = func(e Event) {
			if e, ok := e.(CellComplete); ok && (e.Number == 100 || e.Number == cells) {
				unit := "heap-kB-at-100"
				if e.Number == cells {
					unit = "heap-kB-at-1000"
				}
				b.ReportMetric(heapKB(), unit)
			}
		}
		result, err := runPeer(b, spec, nb, opts)
		if err != nil {
			b.Fatal(err)
		}
		var own, all time.Duration
		for i := 1; i < cells; i++ {
			own += result.Cells[i].Timing.Started.Sub(result.Cells[i-1].Timing.Ended)
		}
		all = result.Cells[cells-1].Timing.Ended.Sub(result.Cells[0].Timing.Started)
		b.ReportMetric(float64(all.Microseconds())/cells/1000, "ms/cell")
		b.ReportMetric(float64(own.Microseconds())/(cells-1)/1000, "own-ms/cell")
		b.ReportMetric(float64(len(nb.Encode()))/1000, "document-kB")
	}
}

func heapKB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1000
}

// BenchmarkStream assembles 50 MB of output in lines of 80 characters.
func BenchmarkStream(b *testing.B) {
	text := strings.Repeat(strings.Repeat("x", 79)+"\n", 625_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var s StreamText
		s.Write(text)
		nbformat.NewStream("stdout", s.String())
	}
}
