package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/layers/internal/xla"
	"github.com/gomlx/compute"
)

// Backend returns the backend that this process trains and predicts on: the
// one GOMLX_BACKEND names ("xla:/path/to/plugin.so", "go"), else GoMLX's
// default. It is opened on the first call and kept, because a plugin can be
// opened once a process and tensors cannot move between backends.
func Backend() (compute.Backend, error) {
	return processBackend()
}

var processBackend = sync.OnceValues(func() (backend compute.Backend, err error) {
	err = xla.Catch(func() {
		var openErr error
		if backend, openErr = xla.Open(os.Getenv(compute.ConfigEnvVar), compilationCache()); openErr != nil {
			panic(openErr)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("layers: opening the GoMLX backend (environment variable GOMLX_BACKEND; "+
			"`go run ./kernel setup` installs a PJRT plugin, GOMLX_BACKEND=go needs none): %w", err)
	}
	return backend, nil
})

// compilationCache is the folder for compiled programs: the one that
// GOCIFAR_XLA_CACHE names, "" if that is "off", else xla below GOCIFAR_CACHE or
// in gocifar in the user's cache folder.
func compilationCache() string {
	switch dir := os.Getenv("GOCIFAR_XLA_CACHE"); dir {
	case "":
		root, err := cachedir.Root()
		if err != nil {
			return ""
		}
		return filepath.Join(root, "xla")
	case "off":
		return ""
	default:
		return dir
	}
}
