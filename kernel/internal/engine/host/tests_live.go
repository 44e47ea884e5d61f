//go:build gocifar_live

package host

import (
	"sync"
	"sync/atomic"
	_ "unsafe" // for the linkname
)

// Package testing is made for one run in a process: it adds to these,
// or does what they guard once.
//
//go:linkname cpuList testing.cpuList
var cpuList []int

//go:linkname numFailed testing.numFailed
var numFailed atomic.Uint32

//go:linkname labelsOnce testing.labelsOnce
var labelsOnce sync.Once

func init() {
	resetTests = func() {
		labelsOnce = sync.Once{}
		cpuList = nil
		numFailed.Store(0)
	}
}
