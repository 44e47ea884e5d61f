package xla

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/layers/xlaplugin"
	"github.com/gomlx/compute"
	goxla "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	_ "github.com/gomlx/gomlx/backends/default" // registers "xla" and "go"
	"github.com/gomlx/gomlx/core/graph"
)

// Open opens the backend of a configuration as GOMLX_BACKEND has it
// ("xla:/path/to/plugin.so", "go"), "" for GoMLX's default. Of XLA's plugins
// that the configuration names by their path, compiled programs are kept in the
// folder cache, or nowhere if it is "".
//
// It does what go-xla 0.4.5 has no options for (package xlaplugin), and keeps
// XLA and the backend in pure Go from the settings that hurt; see openCPU and
// withoutDeadlock. It may panic as compute's functions do.
func Open(config, cache string) (compute.Backend, error) {
	if config != "" {
		options, device := namedPlugin(config)
		if device != "" {
			plugin, _, _ := strings.Cut(options, ",")
			_, _ = xlaplugin.Open(plugin, cache) // the backend works without
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
// its path, as kernelspecs do, and the plugin's device: "cpu", "cuda", or ""
// for those that are go-xla's to open.
func namedPlugin(config string) (options, device string) {
	name, options, _ := strings.Cut(config, ":")
	plugin, _, _ := strings.Cut(options, ",")
	if name != goxla.BackendName || !filepath.IsAbs(plugin) {
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
// itself XLA (JAX 0.11.2) makes four devices' worth where there are fewer
// processors, and these threads then take them from each other. XLA_FLAGS may
// ask for devices; those count.
func openCPU(options string) (compute.Backend, error) {
	flags := strings.TrimSpace(os.Getenv("XLA_FLAGS"))
	inFile := flags != "" && !strings.HasPrefix(flags, "-")
	if inFile || strings.Contains(flags, "xla_force_host_platform_device_count") {
		return goxla.New(options)
	}
	return goxla.NewWithOptions(options, pjrt.NamedValuesMap{"cpu_device_count": int64(1)})
}

const goBackend = "go"

// withoutDeadlock keeps the pure-Go backend from computing several operations
// at once. Convolutions and poolings split their own work over the same pool of
// workers and wait for it. Where branches of a model did so together, each held
// a worker while it waited for another one, forever (compute 0.1.6,
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

// IsCPU tells whether a backend is XLA's on the CPU.
func IsCPU(backend compute.Backend) bool {
	xla, ok := backend.(interface{ IsCPU() bool })
	return ok && xla.IsCPU()
}

// IsGPU tells whether a backend is XLA's on an NVIDIA GPU.
func IsGPU(backend compute.Backend) bool {
	xla, ok := backend.(interface{ IsCUDA() bool })
	return ok && xla.IsCUDA()
}

// OnCPU tells whether XLA computes a graph on the CPU.
func OnCPU(g *graph.Graph) bool { return IsCPU(g.Backend()) }
