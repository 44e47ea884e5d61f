package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	_ "github.com/gomlx/gomlx/backends/default" // registers "xla" and "go"
	"github.com/gomlx/gomlx/core/graph"
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
		if backend, openErr = open(os.Getenv(compute.ConfigEnvVar)); openErr != nil {
			panic(openErr)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("layers: opening the GoMLX backend (environment variable GOMLX_BACKEND; "+
			"`go run ./kernel setup` installs a PJRT plugin, GOMLX_BACKEND=go needs none): %w", err)
	}
	return backend, nil
})

// open opens the backend of a configuration, "" for GoMLX's default.
func open(config string) (compute.Backend, error) {
	if config != "" {
		options, device := namedPlugin(config)
		if device != "" {
			openPlugin(options)
		}
		if device == "cpu" {
			if backend, err := openCPU(options); err == nil {
				return backend, nil
			}
		}
		return compute.NewWithConfig(withoutDeadlock(config))
	}
	backend, err := compute.New()
	if err == nil && backend.Name() == goBackend {
		return compute.NewWithConfig(withoutDeadlock(goBackend))
	}
	return backend, err
}

// namedPlugin returns the options of a configuration that names XLA's plugin by
// its path, as kernelspecs do, and the plugin's device: "cpu", "cuda", or "" for
// those that are go-xla's to open.
func namedPlugin(config string) (options, device string) {
	name, options, _ := strings.Cut(config, ":")
	plugin, _, _ := strings.Cut(options, ",")
	if name != xla.BackendName || !filepath.IsAbs(plugin) {
		return options, ""
	}
	if pjrt.IsCUDAName(plugin) {
		return options, "cuda"
	}
	if strings.Contains(strings.ToLower(plugin), "cpu") {
		return options, "cpu"
	}
	return options, ""
}

// openCPU opens XLA's CPU with as many threads as there are processors. By
// itself XLA makes four devices' worth where there are fewer, which then take
// the processors from each other. XLA_FLAGS may ask for devices; those count.
func openCPU(options string) (compute.Backend, error) {
	flags := strings.TrimSpace(os.Getenv("XLA_FLAGS"))
	inFile := flags != "" && !strings.HasPrefix(flags, "-")
	if inFile || strings.Contains(flags, "xla_force_host_platform_device_count") {
		return xla.New(options)
	}
	return xla.NewWithOptions(options, pjrt.NamedValuesMap{"cpu_device_count": int64(1)})
}

// openPlugin loads XLA's plugin so that what it compiles is kept on disk and
// training steps can be prepared ahead. Whatever prevents that, the
// backend works without.
func openPlugin(options string) {
	plugin, _, _ := strings.Cut(options, ",")
	_, _ = xlaplugin.Open(plugin, compilationCache())
}

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

const goBackend = "go"

// withoutDeadlock keeps the pure-Go backend from computing several operations
// at once. Convolutions and poolings split their own work over the same pool of
// workers and wait for it; where branches of a model did so together, each held
// a worker while it waited for another one, for ever (compute v0.1.6,
// internal/gobackend/workerspool; InceptionV3 on two cores hung one time in
// six). One operation after the other still uses all cores.
func withoutDeadlock(config string) string {
	name, options, _ := strings.Cut(config, ":")
	if name != goBackend || strings.Contains(options, "ops_") {
		return config
	}
	if options != "" {
		options += ","
	}
	return goBackend + ":" + options + "ops_sequential"
}

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

// computesOnCPU tells whether a backend is XLA's on the CPU.
func computesOnCPU(backend compute.Backend) bool {
	xla, ok := backend.(interface{ IsCPU() bool })
	return ok && xla.IsCPU()
}

// computesOnGPU tells whether a backend is XLA's on an NVIDIA GPU.
func computesOnGPU(backend compute.Backend) bool {
	xla, ok := backend.(interface{ IsCUDA() bool })
	return ok && xla.IsCUDA()
}

// onCPU tells whether XLA computes a graph on the CPU.
func onCPU(g *graph.Graph) bool { return computesOnCPU(g.Backend()) }
