package host

import "testing"

// BenchmarkMeter is what every cell pays for being measured.
func BenchmarkMeter(b *testing.B) {
	for b.Loop() {
		startMeter().stop()
	}
}
