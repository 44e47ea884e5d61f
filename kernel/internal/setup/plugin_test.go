package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeFetcher plays the fetching child. FAKE_FETCH holds source=behavior
// pairs; a source that it does not name cannot be reached.
func fakeFetcher(args []string) {
	source, dir := args[0], args[1]
	f, err := os.OpenFile(os.Getenv("FAKE_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(f, "fetch", source)
	f.Close()
	behavior := "unreachable"
	for _, pair := range strings.Fields(os.Getenv("FAKE_FETCH")) {
		if name, value, _ := strings.Cut(pair, "="); name == source {
			behavior = value
		}
	}
	// As a download does, leave something in the temporary folder in any case.
	if _, err := os.CreateTemp("", "download"); err != nil {
		panic(err)
	}
	fmt.Print("\x1b[?25l\r⠋ Downloading\x1b[?25h") // must not reach anybody
	switch behavior {
	case "good":
		if source == "cuda" {
			dir = filepath.Join(dir, "go-xla", "nvidia")
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			panic(err)
		}
		err := os.WriteFile(filepath.Join(dir, "pjrt_c_api_"+strings.Split(source, "-")[0]+"_plugin.so"), []byte(source),
			0o755)
		if err != nil {
			panic(err)
		}
	case "opens": // the file that FAKE_PLUGIN names
		data, err := os.ReadFile(os.Getenv("FAKE_PLUGIN"))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "pjrt_c_api_cpu_plugin.so"), data, 0o755)
		}
		if err != nil {
			panic(err)
		}
	case "full":
		fmt.Fprintln(os.Stderr, "write x:", syscall.ENOSPC)
		os.Exit(1)
	case "nothing":
	case "hang":
		time.Sleep(time.Minute)
	default:
		fmt.Fprintln(os.Stderr, "no such host")
		os.Exit(1)
	}
}

// wheelSource is the name of the first wheel's source.
func wheelSource() string { return cpuWheels[0].name() }

func TestPluginSources(t *testing.T) {
	for _, c := range []struct {
		os, arch string
		nvidia   bool
		want     string
	}{
		{"linux", "amd64", false, "cpu lammps-jax-pjrt-cpu-0.11.2-linux-amd64 xla-cpu-pjrt-0.0.1-linux-amd64"},
		{"linux", "amd64", true, "cuda cpu lammps-jax-pjrt-cpu-0.11.2-linux-amd64 xla-cpu-pjrt-0.0.1-linux-amd64"},
		{"linux", "arm64", true, "cpu xla-cpu-pjrt-0.0.1-linux-arm64"},
		{"darwin", "arm64", false, "cpu"},
		{"freebsd", "amd64", false, ""},
	} {
		var names []string
		for _, s := range pluginSources(toolchain{OS: c.os, Arch: c.arch}, c.nvidia) {
			names = append(names, s.name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s/%s, NVIDIA %v: %s, want %s", c.os, c.arch, c.nvidia, got, c.want)
		}
	}
}

func TestBackendChoice(t *testing.T) {
	const nvidiaSMI = "#!/bin/sh\necho 'GPU 0: H100 (UUID: x)'\n"
	found := `{"Config":"xla:/lib/cpu.so","Plugin":"/lib/cpu.so","Device":"cpu"}`
	for _, c := range []struct {
		name    string
		env     map[string]string
		nvidia  bool
		device  string
		source  string // part of Backend.Source
		warning string // part of Backend.Warning; "" for none
		reason  string // part of Backend.Reasons
		fetches int
	}{
		{name: "go-xla's own source", env: map[string]string{"FAKE_FETCH": "cpu=good"},
			device: "cpu", source: "go-xla's installer", fetches: 1},
		{name: "a wheel where that cannot be reached", env: map[string]string{"FAKE_FETCH": wheelSource() + "=good"},
			device: "cpu", source: "the wheel lammps-jax-pjrt-cpu", fetches: 2},
		{name: "a wheel where that leaves nothing",
			env:    map[string]string{"FAKE_FETCH": "cpu=nothing " + wheelSource() + "=good"},
			device: "cpu", source: "the wheel lammps-jax-pjrt-cpu", fetches: 2},
		{name: "pure Go where nothing can be reached",
			device: "go", source: "pure-Go", warning: "no PJRT plugin",
			reason: "wheel xla-cpu-pjrt 0.0.1: no such host", fetches: 3},
		{name: "what the machine has", env: map[string]string{"FAKE_FOUND": found},
			device: "cpu", source: "found /lib/cpu.so"},
		{name: "CUDA beside a CPU plugin", nvidia: true,
			env: map[string]string{"FAKE_FOUND": found, "FAKE_LIST": `{"Plugins":{"cpu":"/lib/cpu.so"}}`,
				"FAKE_FETCH": "cuda=good"},
			device: "cuda", source: "CUDA", fetches: 1},
		{name: "the CPU where CUDA cannot be had", env: map[string]string{"FAKE_FOUND": found}, nvidia: true,
			device: "cpu", source: "found", warning: "although a driver", reason: "CUDA plugin of go-xla's installer: no " +
				"such host", fetches: 1},
		{name: "a plugin that does not work", env: map[string]string{"FAKE_FETCH": "cpu=good " + wheelSource() + "=good",
			"FAKE_BROKEN": "xla:*/pjrt/cpu/*"},
			device: "cpu", source: "the wheel", fetches: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newFakeMachine(t)
			t.Setenv("GOMLX_BACKEND", "")
			if c.nvidia {
				m.write("bin/nvidia-smi", nvidiaSMI, 0o755)
			} else {
				m.write("bin/nvidia-smi", "#!/bin/sh\nexit 9\n", 0o755) // installed, but no driver
			}
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
			if err != nil {
				t.Fatal(err)
			}
			b := e.Backend
			if b.Device != c.device || !strings.Contains(b.Source, c.source) {
				t.Errorf("chose %+v, want %s from %s", b, c.device, c.source)
			}
			if (c.warning == "") != (b.Warning == "") || !strings.Contains(b.Warning, c.warning) {
				t.Errorf("warns %q, want %q", b.Warning, c.warning)
			}
			if got := strings.Join(b.Reasons, "\n"); !strings.Contains(got, c.reason) {
				t.Errorf("reasons %q, want %q", got, c.reason)
			}
			if n := m.calls("fetch"); n != c.fetches {
				t.Errorf("fetched %d times, want %d", n, c.fetches)
			}
			if left := m.leftovers(); left != nil {
				t.Errorf("left %q", left)
			}
			if tmp, _ := filepath.Glob(filepath.Join(e.Cache, "pjrt", "*", "tmp")); tmp != nil {
				t.Errorf("left %q", tmp)
			}
		})
	}
}

func TestBackendIsChosenOnce(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=good")
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil || m.calls("fetch") != 1 {
		t.Errorf("the second run fetched: %d in all, %v", m.calls("fetch"), err)
	}
	// A damaged plugin is fetched again.
	if err := os.WriteFile(e.Backend.Plugin, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil || m.calls("fetch") != 2 {
		t.Errorf("after damage: fetched %d times in all, %v", m.calls("fetch"), err)
	}
	// The user's word counts at once, and under another setting the first
	// choice still stands.
	t.Setenv("GOMLX_BACKEND", "go")
	if e, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil || e.Backend.Config != "go" {
		t.Errorf("with GOMLX_BACKEND=go: %+v, %v", e.Backend, err)
	}
	t.Setenv("GOMLX_BACKEND", "")
	if again, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil ||
		again.Backend.Config != e.Backend.Config || m.calls("fetch") != 2 {
		t.Errorf("without it: %+v, %v", again.Backend, err)
	}
}

func TestFetchedPluginComesBeforeOtherSources(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", wheelSource()+"=good")
	first, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	fetches := m.calls("fetch")
	t.Setenv("LD_LIBRARY_PATH", "/elsewhere") // a reason to choose again
	second, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || second.Backend.Plugin != first.Backend.Plugin || m.calls("fetch") != fetches {
		t.Errorf("chose %+v, %v after %d fetches, want %s without another one", second, err, m.calls("fetch")-fetches,
			first.Backend.Plugin)
	}
}

func TestBackendNamedByTheUser(t *testing.T) {
	m := newFakeMachine(t)
	m.write("lib/pjrt_c_api_cuda_plugin.so", "", 0o755)
	plugin := filepath.Join(filepath.Dir(m.root), "lib", "pjrt_c_api_cuda_plugin.so")
	t.Setenv("GOMLX_BACKEND", "xla:"+plugin+",preallocate")
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || e.Backend.Device != "cuda" || !e.Backend.Accelerated() || e.Backend.Plugin != plugin {
		t.Errorf("got %+v, %v", e, err)
	}

	t.Setenv("GOMLX_BACKEND", "xla:/nowhere/plugin.so")
	_, err = Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/plugin.so, which cannot be read: no such file") {
		t.Errorf("a plugin that is not there: %v", err)
	}

	t.Setenv("GOMLX_BACKEND", "bogus")
	t.Setenv("FAKE_BROKEN", "bogus")
	_, err = Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err == nil || !strings.Contains(err.Error(), "GOMLX_BACKEND=bogus does not work") {
		t.Errorf("a backend that does not open: %v", err)
	}
}

func TestBackendOnAFullDisk(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=full")
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); !errors.Is(err, errDiskFull) {
		t.Errorf("got %v, want %v", err, errDiskFull)
	}
	if m.calls("fetch") != 1 {
		t.Error("went on to other sources, which need as much space")
	}
}

// TestPluginWithoutSpace: the CUDA plugin, which takes more than all else, is
// not begun where there is no space for it.
func TestPluginWithoutSpace(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("FAKE_FETCH", "cuda=good")
	root := t.TempDir()
	if _, err := freeSpace(root); err != nil {
		t.Skip("the system does not tell the free space: ", err)
	}
	source := pluginSources(toolchain{OS: "linux", Arch: "amd64"}, true)[0]
	if source.device != "cuda" || source.space < 4<<30 {
		t.Errorf("the source %+v comes first, want cuda with its space", source)
	}
	source.space = 1 << 60
	var progress *Progress // says nothing
	_, err := (&machine{cache: cache{root: root}}).ensurePlugin(t.Context(), progress.Start("backend", ""), source)
	if err == nil || !strings.Contains(err.Error(), "GOCIFAR_CACHE") || errors.Is(err, errDiskFull) {
		t.Errorf("error %v", err)
	}
	if m.calls("fetch") != 0 {
		t.Error("fetched all the same")
	}
}

// TestBackendIsRemembered in an image, whose layers have times in whole
// seconds, too, and until the plugin's file is another one.
func TestBackendIsRemembered(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=good")
	first, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || first.Backend.Plugin == "" {
		t.Fatalf("backend %+v, error %v", first.Backend, err)
	}
	t.Setenv("FAKE_BROKEN", "*") // whoever tries the plugin again finds it broken
	info, err := os.Stat(first.Backend.Plugin)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		changed time.Time
		kept    bool
	}{
		{info.ModTime(), true},
		{info.ModTime().Truncate(time.Second), true},
		{info.ModTime().Add(time.Minute), false},
	} {
		if err := os.Chtimes(first.Backend.Plugin, c.changed, c.changed); err != nil {
			t.Fatal(err)
		}
		again, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
		if err != nil {
			t.Fatal(err)
		}
		if kept := again.Backend.Plugin == first.Backend.Plugin; kept != c.kept {
			t.Errorf("changed at %v: kept %v, want %v", c.changed, kept, c.kept)
		}
	}
}

func TestFetchInterrupted(t *testing.T) {
	for _, source := range []string{"cpu", "cuda"} {
		t.Run(source, func(t *testing.T) {
			m := newFakeMachine(t)
			t.Setenv("GOMLX_BACKEND", "")
			t.Setenv("FAKE_FETCH", source+"=hang")
			m.write("bin/nvidia-smi", "#!/bin/sh\necho 'GPU 0: x'\n", 0o755)
			if source == "cpu" {
				m.write("bin/nvidia-smi", "#!/bin/sh\nexit 9\n", 0o755)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				for range 1000 {
					if m.calls("fetch "+source) > 0 {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				cancel()
			}()
			if _, err := Ensure(ctx, Options{ModuleRoot: m.root}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			if left, _ := filepath.Glob(filepath.Join(os.Getenv("GOCIFAR_CACHE"), "pjrt", "*")); left != nil {
				t.Errorf("left %q", left)
			}
		})
	}
}

func TestGrowth(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), make([]byte, 7), 0o644); err != nil {
		t.Fatal(err)
	}
	var sizes []int64
	stalled := 0
	growth{dir: dir, every: time.Millisecond, limit: 20 * time.Millisecond}.run(t.Context(),
		func(size int64) { sizes = append(sizes, size) }, func() { stalled++ })
	if len(sizes) != 1 || sizes[0] != 7 || stalled != 1 {
		t.Errorf("saw sizes %d, stalled %d times; want 7 once, then one stall", sizes, stalled)
	}
}
