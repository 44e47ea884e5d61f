package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// Backend is what GoMLX computes on.
type Backend struct {
	Config      string   // value of GOMLX_BACKEND: "xla:/abs/plugin.so", "go"
	Device      string   // "cpu", "cuda", "rocm", …; "go" for the pure-Go backend
	Plugin      string   // absolute path of the PJRT plugin; empty if GoMLX resolves it
	XLAFlags    string   // value of XLA_FLAGS; empty to leave it as it is
	Source      string   // where it came from, for people
	Description string   // what the backend says about itself
	Warning     string   // one sentence if this is not what the machine could have
	Reasons     []string // why better ones were passed over, one each
	// ByName are the plugins, by absolute paths, that kernels find by name.
	ByName []seal.File
}

// Accelerated reports whether the backend computes on a GPU or the like.
func (b Backend) Accelerated() bool {
	return b.Device != "cpu" && b.Device != "go" && b.Device != ""
}

// pureGo is the backend that needs no plugin.
var pureGo = Backend{Config: "go", Device: "go", Source: "GoMLX's pure-Go backend"}

// backendRecord is a chosen backend, kept so that the next run need not probe.
type backendRecord struct {
	Backend
	Size    int64     // the plugin file's, bytes
	Changed time.Time // the plugin file's
	Chosen  time.Time
}

// retryPlugin is how long a machine without a plugin goes on without looking
// for one again.
const retryPlugin = 15 * time.Minute

// backendPath names the record of the choice made under the same settings, of
// the same flags for XLA.
func (m *machine) backendPath() string {
	gpu, _ := filepath.Glob("/dev/nvidia[0-9]*")
	k := key(os.Getenv("GOMLX_BACKEND"), os.Getenv("XLA_FLAGS"), os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"),
		os.Getenv("LD_LIBRARY_PATH"), os.Getenv("HOME"), strings.Join(gpu, ","),
		strings.Join(offeredXLAFlags("cpu", true), ","), strings.Join(offeredXLAFlags("cuda", false), ","))
	return filepath.Join(m.buildDir(), "backend-"+k+".json")
}

// cachedBackend returns an earlier choice that still holds.
func (m *machine) cachedBackend() (Backend, bool) {
	var r backendRecord
	if seal.ReadJSON(m.backendPath(), &r) != nil || r.Config == "" || seal.Check("", r.ByName, false) != nil {
		return Backend{}, false
	}
	if r.Plugin == "" {
		return r.Backend, r.Warning == "" || time.Since(r.Chosen) < retryPlugin
	}
	info, err := os.Stat(r.Plugin)
	// In whole seconds: the layers of an image and many archives keep no more.
	return r.Backend, err == nil && info.Size() == r.Size && info.ModTime().Unix() == r.Changed.Unix()
}

// ensureBackend chooses a backend that has been seen to work, fetching a plugin
// if the machine has none, and remembers it.
func (m *machine) ensureBackend(ctx context.Context, progress *Progress) (Backend, error) {
	if b, ok := m.cachedBackend(); ok {
		return b, nil
	}
	task := progress.Start("backend", "looking for a PJRT plugin")
	err := checkNamedPlugin(os.Getenv("GOMLX_BACKEND"))
	if err == nil && m.awaitProbe != nil {
		m.fetchAhead(ctx, task)
		task.Update("waiting for live cells")
		err = m.awaitProbe(ctx)
	}
	var b Backend
	if err == nil {
		b, err = m.chooseBackend(ctx, task)
	}
	if err == nil {
		b.XLAFlags = m.xlaFlags(ctx, b)
		b.ByName = m.byName(ctx, task, b)
		err = context.Cause(ctx) // of what was cut short nothing is remembered
	}
	task.End(b.Source, err)
	if err != nil {
		return Backend{}, err
	}
	record := backendRecord{Backend: b, Chosen: time.Now()}
	if info, err := os.Stat(b.Plugin); err == nil {
		record.Size, record.Changed = info.Size(), info.ModTime()
	}
	return b, writeJSON(m.backendPath(), record)
}

// fetchAhead fetches the plugin that chooseBackend is likely to take, while the
// probe waits for what it is made of. What goes wrong, goes wrong there again.
func (m *machine) fetchAhead(ctx context.Context, task *Task) {
	if os.Getenv("GOMLX_BACKEND") != "" || pluginElsewhere() != "" {
		return
	}
	for _, source := range m.fetchedFirst(pluginSources(m.toolchain, hasNVIDIA(ctx))) {
		if _, err := m.ensurePlugin(ctx, task, source); err == nil || ctx.Err() != nil {
			break
		}
	}
}

// chooseBackend tries, in this order: what GOMLX_BACKEND names, plugins where
// go-xla looks for them, a plugin that we fetched earlier, fetching one, and
// the pure-Go backend.
func (m *machine) chooseBackend(ctx context.Context, task *Task) (Backend, error) {
	if config := os.Getenv("GOMLX_BACKEND"); config != "" {
		return m.namedBackend(ctx, task, config)
	}
	found, err := m.findPlugin(ctx)
	if ctx.Err() != nil {
		return Backend{}, context.Cause(ctx)
	}
	reasons := []error{err}
	if found.Accelerated() {
		return found, nil
	}
	sources := m.fetchedFirst(pluginSources(m.toolchain, hasNVIDIA(ctx)))
	for i, source := range sources {
		if found.Config != "" && source.device == found.Device {
			return withReasons(found, sources[:i], reasons), nil
		}
		b, err := m.sourceBackend(ctx, task, source, "")
		if ctx.Err() != nil {
			return Backend{}, context.Cause(ctx)
		}
		if errors.Is(err, errDiskFull) {
			return Backend{}, err
		}
		if err == nil {
			return withReasons(b, sources[:i], reasons), nil
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", source.what, err))
	}
	if found.Config != "" {
		return found, nil
	}
	b := pureGo
	b.Reasons = texts(reasons)
	b.Warning = pureGoWarning
	return b, nil
}

// pureGoWarning says what it costs: training steps of a network of Model 1's
// size, batch 32, did 12 to 14 images a second there and 494 to 514 on XLA's
// CPU plugin of the first wheel (2 cores, 2026-11-24).
const pureGoWarning = "no PJRT plugin for XLA could be found or fetched (`go run ./kernel doctor` says why): " +
	"computing with GoMLX's pure-Go backend, which trains a network like Model 1 about 40 times slower; " +
	"run `go run ./kernel setup` again when the network is there, " +
	"or name a plugin of your own by GOMLX_BACKEND=xla:/path/to/pjrt_c_api_cpu_plugin.so"

// withReasons adds a warning to b if an accelerator was passed over for it.
func withReasons(b Backend, tried []pluginSource, reasons []error) Backend {
	for _, source := range tried {
		if source.device != b.Device {
			b.Reasons = texts(reasons)
			b.Warning = fmt.Sprintf("computing on the %s, although a driver of an accelerator answers "+
				"(`go run ./kernel doctor` says why)", b.Device)
			break
		}
	}
	return b
}

// texts puts each error into one line.
func texts(reasons []error) []string {
	var lines []string
	for _, err := range reasons {
		if err != nil {
			lines = append(lines, strings.Join(strings.Fields(err.Error()), " "))
		}
	}
	return lines
}

// splitConfig takes a value of GOMLX_BACKEND apart.
func splitConfig(config string) (name, plugin string) {
	name, rest, _ := strings.Cut(config, ":")
	plugin, _, _ = strings.Cut(rest, ",")
	return name, plugin
}

// checkNamedPlugin sees whether there is the plugin that the user names by a
// path.
func checkNamedPlugin(config string) error {
	name, plugin := splitConfig(config)
	if name == "go" || !filepath.IsAbs(plugin) {
		return nil
	}
	if _, err := os.Stat(plugin); err != nil {
		return fmt.Errorf("GOMLX_BACKEND names the plugin %s, which cannot be read: %w; "+
			"correct it, or unset it to let set-up find one", plugin, errors.Unwrap(err))
	}
	return nil
}

// namedBackend takes the user's word, but sees whether it works.
func (m *machine) namedBackend(ctx context.Context, task *Task, config string) (Backend, error) {
	b := Backend{Config: config, Source: "GOMLX_BACKEND=" + config}
	name, plugin := splitConfig(config)
	switch {
	case name == "go":
		b.Device = "go"
	case filepath.IsAbs(plugin):
		b.Plugin, b.Device = plugin, deviceOf(plugin)
	default:
		b.Device = deviceOf(plugin)
	}
	r, err := m.probe(ctx, config, nil)
	if err != nil && asksByName(config) && ctx.Err() == nil {
		fetched, missing := m.fetchedByName(ctx, task, config)
		if missing == nil || ctx.Err() != nil {
			return fetched, missing
		}
		err = fmt.Errorf("%w, and no plugin for it can be fetched: %w", err, missing)
	}
	if err != nil {
		return Backend{}, fmt.Errorf("GOMLX_BACKEND=%s does not work: %w; "+
			"correct it, or unset it to let set-up find a backend", config, err)
	}
	b.Description = r.Description
	return b, nil
}

// findPlugin lets go-xla look in its folders.
func (m *machine) findPlugin(ctx context.Context) (Backend, error) {
	r, err := m.probe(ctx, "", nil, "-find")
	if err != nil {
		return Backend{}, fmt.Errorf("a plugin of this machine does not work: %w", err)
	}
	if r.Plugin == "" {
		if path := os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"); path != "" {
			return Backend{}, fmt.Errorf("no plugin in PJRT_PLUGIN_LIBRARY_PATH=%s", path)
		}
		return Backend{}, nil
	}
	return Backend{Config: r.Config, Device: r.Device, Plugin: r.Plugin, Description: r.Description,
		Source: "found " + r.Plugin}, nil
}

// sourceBackend uses a plugin that came from source earlier, or fetches it.
// options are what follows its path in GOMLX_BACKEND.
func (m *machine) sourceBackend(ctx context.Context, task *Task, source pluginSource, options string) (Backend, error) {
	path, err := m.ensurePlugin(ctx, task, source)
	if err != nil {
		return Backend{}, err
	}
	task.Update("trying the plugin")
	config := "xla:" + path + options
	r, err := m.probe(ctx, config, nil)
	if err != nil {
		return Backend{}, fmt.Errorf("fetched, but it does not work here: %w", err)
	}
	return Backend{Config: config, Device: source.device, Plugin: path, Description: r.Description,
		Source: source.what}, nil
}

// probeReport mirrors the report of kernel/internal/setup/probe.
type probeReport struct {
	Config, Plugin, Device, Description string
	Devices                             int
	Plugins                             map[string]string
}

// probeLimit is ample even where a GPU's driver initializes slowly.
const probeLimit = 2 * time.Minute

// probe opens a backend in a process of its own, since a plugin that does not
// fit the machine may crash it. env are KEY=value pairs for that process.
func (m *machine) probe(ctx context.Context, config string, env []string, args ...string) (r probeReport, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeLimit,
		fmt.Errorf("no answer from the backend within %s", probeLimit))
	defer cancel()
	cmd := newCommand(ctx, m.build.probePath(), args...)
	cmd.Env = slices.Concat(os.Environ(), []string{"GOMLX_NO_AUTO_INSTALL=1", "GOMLX_BACKEND=" + config}, env)
	out, err := output(cmd)
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("the probe answered something that is not JSON: %w", err)
	}
	return r, nil
}

// deviceOf guesses the device from a plugin's name or path, as go-xla does.
func deviceOf(plugin string) string {
	name := strings.ToLower(filepath.Base(plugin))
	for _, device := range []string{"cuda", "rocm", "cpu", "tpu", "metal"} {
		if strings.Contains(name, device) {
			return device
		}
	}
	if name == "" || name == "." {
		return "cpu"
	}
	return name
}
