// Probe opens the GoMLX backend that GOMLX_BACKEND names, computes one number
// on it and reports as JSON what answered. It is built by the same linker with
// the same flags as notebook cells, so when it works, cells will.
//
// With -find it looks where go-xla looks for PJRT plugins (the folders of
// PJRT_PLUGIN_LIBRARY_PATH, or its default ones) and reports the best one, or
// an empty report if there is none. With -list it only lists them.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/go-xla/pjrt"
	_ "github.com/gomlx/gomlx/backends/default"
)

// report is what goes to stdout.
type report struct {
	Config      string // value for GOMLX_BACKEND
	Plugin      string // absolute path of the PJRT plugin, if -find found one
	Device      string // the plugin's name as go-xla reads it from the file name: "cpu", "cuda", …
	Description string // the backend about itself
	Devices     int    // how many it offers

	Plugins map[string]string // with -list: the paths of what go-xla finds, by its names
}

func main() {
	find := flag.Bool("find", false, "look for a plugin instead of using GOMLX_BACKEND")
	list := flag.Bool("list", false, "list the plugins that go-xla finds by name, and open none")
	flag.Parse()
	r, err := probe(*find, *list)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func probe(find, list bool) (r report, err error) {
	// GoMLX panics on an unknown backend name, go-xla on a damaged plugin.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if list {
		r.Plugins = pjrt.AvailablePlugins()
		return r, nil
	}
	if find {
		r.Device, r.Plugin = bestPlugin(pjrt.AvailablePlugins())
		if r.Plugin == "" {
			return r, nil
		}
		r.Config = "xla:" + r.Plugin
	} else {
		r.Config = os.Getenv(compute.ConfigEnvVar)
	}
	backend, err := compute.NewWithConfig(r.Config)
	if err != nil {
		return r, err
	}
	defer backend.Finalize()
	r.Description, r.Devices = backend.Description(), backend.NumDevices()

	got, err := sum(backend, 41, 1)
	if err != nil {
		return r, err
	}
	if got != 42 {
		return r, fmt.Errorf("the backend %s computed 41 + 1 = %v", r.Config, got)
	}
	return r, nil
}

// sum compiles and runs a program that adds two numbers. It does without GoMLX's
// graphs, which take longer to compile on a fresh machine than all else here but
// the backends.
func sum(backend compute.Backend, a, b float32) (float32, error) {
	builder := backend.Builder("probe")
	main := builder.Main()
	scalar := shapes.Make(dtypes.Float32)
	x, err := main.Parameter("x", scalar, nil)
	if err != nil {
		return 0, err
	}
	y, err := main.Constant([]float32{b})
	if err != nil {
		return 0, err
	}
	total, err := main.Add(x, y)
	if err != nil {
		return 0, err
	}
	if err := main.Return([]compute.Value{total}, nil); err != nil {
		return 0, err
	}
	program, err := builder.Compile()
	if err != nil {
		return 0, err
	}
	defer program.Finalize()
	input, err := backend.BufferFromFlatData(0, []float32{a}, scalar)
	if err != nil {
		return 0, err
	}
	outputs, err := program.Execute([]compute.Buffer{input}, nil, 0)
	if err != nil {
		return 0, err
	}
	result := []float32{0}
	err = outputs[0].ToFlatData(result)
	return result[0], err
}

// bestPlugin prefers accelerators, as go-xla does, and among versions of one
// plugin ("cpu", "cpu_v0.83.1") the unversioned, then the newest name.
func bestPlugin(plugins map[string]string) (device, path string) {
	names := make([]string, 0, len(plugins))
	for name := range plugins {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Reverse(names)
	for _, device := range []string{"cuda", "rocm", "cpu"} {
		if path, ok := plugins[device]; ok {
			return device, path
		}
		for _, name := range names {
			if strings.HasPrefix(name, device+"_") {
				return device, plugins[name]
			}
		}
	}
	return "", ""
}
