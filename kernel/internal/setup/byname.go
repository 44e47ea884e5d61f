package setup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gomlx/go-xla/installer"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Kernelspecs name the chosen plugin by its path. Other people's notebooks name
// one as "xla:cpu" or "xla:cuda", which go-xla looks for in the folders of
// PJRT_PLUGIN_LIBRARY_PATH, or without that in folders of its own, by the names
// that files have. So kernels get that variable, with the folders of what
// set-up has found and fetched.

// pluginPathVariable holds the folders in which go-xla looks for plugins.
const pluginPathVariable = "PJRT_PLUGIN_LIBRARY_PATH"

// namedPluginFile is what go-xla takes for a plugin, see searchPlugins in its
// package pjrt.
var namedPluginFile = regexp.MustCompile(`^pjrt(_c_api_.+_plugin|[-_]plugin[-_].+)\.(so|dylib|dll)$`)

func goXLAKnows(path string) bool { return namedPluginFile.MatchString(filepath.Base(path)) }

// byName lists, best first, the plugins that kernels are to find by name when b
// is the chosen backend. All of them have been opened, under b's flags for XLA:
// one that does not work would be worse than none, and go-xla crashes when it
// meets a damaged one on its way to another.
func (m *machine) byName(ctx context.Context, task *Task, b Backend) []seal.File {
	// go-xla would crash in kernels as it does here; what it finds then is
	// nothing.
	report, _ := m.probe(ctx, "", nil, "-list")
	have := map[string]bool{b.Device: goXLAKnows(b.Plugin)}
	paths := []string{b.Plugin}
	for _, name := range slices.Sorted(maps.Keys(report.Plugins)) {
		have[deviceOf(report.Plugins[name])] = true
		if os.Getenv(pluginPathVariable) == "" { // else kernels look there anyway
			paths = append(paths, report.Plugins[name])
		}
	}
	for _, source := range m.fetchedFirst(pluginSources(m.toolchain, hasNVIDIA(ctx))) {
		if have[source.device] || ctx.Err() != nil {
			continue
		}
		dir := m.pluginDir(source)
		if _, wrong := readPlugin(dir, false); wrong != nil && !(b.Accelerated() && source.device == "cpu") {
			continue // only notebooks on a GPU are likely to ask for what is not here
		}
		path, err := m.ensurePlugin(ctx, task, source)
		if err != nil {
			continue // kernels go on without, as they would have without us
		}
		var env []string
		if b.XLAFlags != "" {
			env = append(env, "XLA_FLAGS="+b.XLAFlags)
		}
		if _, err := m.probe(ctx, "xla:"+path, env); err == nil {
			have[source.device] = true
			paths = append(paths, path)
		}
	}
	var plugins []seal.File
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && goXLAKnows(path) {
			plugins = append(plugins, seal.File{Path: filepath.ToSlash(path), Size: info.Size()})
		}
	}
	return plugins
}

// pluginPath is the value of PJRT_PLUGIN_LIBRARY_PATH for kernelspecs; "" to
// leave it alone. Folders of the user's come first.
func (m *machine) pluginPath() string {
	const separator = ":" // go-xla's, on every system
	own := strings.Split(os.Getenv(pluginPathVariable), separator)
	var folders []string
	add := func(dir string) {
		if !slices.Contains(own, dir) && !slices.Contains(folders, dir) && !strings.Contains(dir, separator) {
			folders = append(folders, dir)
		}
	}
	for _, plugin := range m.backend.ByName {
		add(filepath.Dir(filepath.FromSlash(plugin.Path)))
	}
	if len(folders) == 0 {
		return ""
	}
	if os.Getenv(pluginPathVariable) == "" {
		// The variable hides go-xla's own folders, in which a plugin may come
		// to be.
		libs := []string{"/usr/local/lib"}
		if home, err := installer.DefaultHomeLibPath(); err == nil {
			libs = append([]string{home}, libs...)
		}
		for _, lib := range libs {
			add(filepath.Join(lib, "go-xla"))
			add(filepath.Join(lib, "go-xla", "nvidia"))
		}
	}
	// Where it is not set, Jupyter leaves the reference as it stands: a folder
	// that is not there.
	return "${" + pluginPathVariable + "}" + separator + literal(strings.Join(folders, separator))
}

// asksByName reports whether a value of GOMLX_BACKEND leaves it to go-xla to
// find XLA's plugin, by all names under which that is registered with GoMLX.
func asksByName(config string) bool {
	backend, rest, _ := strings.Cut(config, ":")
	plugin, _, _ := strings.Cut(rest, ",")
	return slices.Contains([]string{"xla", "stablehlo", "hlo", "shlo"}, backend) && !filepath.IsAbs(plugin)
}

// fetchedByName is the backend for a configuration that asks by name where
// go-xla finds nothing: with a plugin that set-up has fetched, or fetches.
func (m *machine) fetchedByName(ctx context.Context, task *Task, config string) (Backend, error) {
	_, rest, _ := strings.Cut(config, ":")
	name, options, some := strings.Cut(rest, ",")
	if some {
		options = "," + options
	}
	var failed []error
	for _, source := range m.fetchedFirst(pluginSources(m.toolchain, hasNVIDIA(ctx))) {
		if name != "" && name != source.device {
			continue
		}
		b, err := m.sourceBackend(ctx, task, source, options)
		if ctx.Err() != nil {
			return Backend{}, context.Cause(ctx)
		}
		if err == nil {
			b.Source = "GOMLX_BACKEND=" + config + ", which is the " + b.Source
			return b, nil
		}
		failed = append(failed, fmt.Errorf("%s: %w", source.what, err))
	}
	if len(failed) == 0 {
		return Backend{}, errors.New("set-up knows no plugin of that name for this machine")
	}
	return Backend{}, errors.Join(failed...)
}
