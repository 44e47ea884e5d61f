//go:build !unix

package layers

import "time"

// processorTime is not known here.
func processorTime() time.Duration { return 0 }

// peakMemory is not known here.
func peakMemory() float64 { return 0 }
