package layers

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default" // registers "xla" and "go"
)

// Backend returns the backend that this process trains and predicts on: the
// one GOMLX_BACKEND names ("xla:/path/to/plugin.so", "go"), else GoMLX's
// default. It is opened on the first call and kept, because a plugin can be
// opened once a process and tensors cannot move between backends.
func Backend() (compute.Backend, error) {
	return processBackend()
}

var processBackend = sync.OnceValues(func() (backend compute.Backend, err error) {
	err = catch(func() {
		var openErr error
		if backend, openErr = compute.New(); openErr != nil {
			panic(openErr)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("layers: opening the GoMLX backend (environment variable GOMLX_BACKEND; "+
			"`go run ./kernel setup` installs a PJRT plugin, GOMLX_BACKEND=go needs none): %w", err)
	}
	return backend, nil
})

// catch runs f and returns what it panicked with as an error. GoMLX reports
// mistakes in graphs by panics; none may reach a user.
func catch(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	f()
	return nil
}
