//go:build !unix

package host

import "time"

// processorTime is not known.
func processorTime() time.Duration { return 0 }
