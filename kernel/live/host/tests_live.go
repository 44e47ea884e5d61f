//go:build gocifar_live

package host

import _ "unsafe" // for the linkname

// The testing package fills its list of GOMAXPROCS values in M.Run only, which
// ends the process.
//
//go:linkname parseCpuList testing.parseCpuList
func parseCpuList()

func init() { prepareTests = parseCpuList }
