//go:build !linux

package xla

// machineMemory is the machine's memory in bytes, 0 if it is not known.
func machineMemory() uint64 { return 0 }
