package setup

import (
	"os"
	"runtime"
)

// hugePages lets glibc's allocator ask Linux for pages of 2 MiB where it takes
// memory from the system (Linux must offer them: transparent_hugepage is
// "madvise" or "always", else nothing changes). XLA's CPU backend takes and
// frees some 30 MB a training step, and the system fills each page with zeros
// at its first use: in pages of 4 KiB that was a tenth of a step's processor
// time. Memory did not grow. (.ci/experiments.md)
const hugePages = "glibc.malloc.hugetlb=1"

// tunables returns what GLIBC_TUNABLES should be for kernels, "" to leave it
// alone. Settings of the user's own stand. A C library that does not know the
// setting passes over it.
func (m *machine) tunables() string {
	if runtime.GOOS != "linux" || m.backend.Device != "cpu" || os.Getenv("GLIBC_TUNABLES") != "" {
		return ""
	}
	return hugePages
}
