package xla

import (
	"cmp"
	"os"
	"sync"
	"testing"

	"github.com/gocifar/gocifar/internal/peerdata"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// one is the pair of strides or distances that skip nothing.
var one = []int{1, 1}

// openBackend opens the backend of GOMLX_BACKEND once for all tests, the
// pure-Go one without it: these tests run where no PJRT plugin is.
var openBackend = sync.OnceValues(func() (compute.Backend, error) {
	return Open(cmp.Or(os.Getenv(compute.ConfigEnvVar), goBackend), "")
})

func testBackend(t testing.TB) compute.Backend {
	t.Helper()
	backend, err := openBackend()
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// formula makes numbers between -1 and 1, others for each salt, for a tensor of
// the given dimensions.
func formula(salt int, dimensions ...int) []float32 {
	return peerdata.Salted(shapes.Make(dtypes.Float32, dimensions...).Size(), salt)
}
