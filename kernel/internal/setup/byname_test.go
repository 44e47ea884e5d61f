package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nvidiaSMI answers where there is a GPU, and does not where there is none.
var nvidiaSMI = map[bool]string{
	true:  "#!/bin/sh\necho 'GPU 0: H100 (UUID: x)'\n",
	false: "#!/bin/sh\nexit 9\n",
}

// TestPluginsByName: whatever the chosen backend, kernels find by name the
// plugins that set-up has, and those of the user's folders before them.
func TestPluginsByName(t *testing.T) {
	for _, c := range []struct {
		name    string
		nvidia  bool
		earlier string // FAKE_FETCH of a set-up before this one, "" for none
		fetch   string // FAKE_FETCH of this one
		env     map[string]string
		found   string // what go-xla finds itself: device=file below base
		want    string // the folders, "" if the variable is left alone; "defaults" for go-xla's own
		fetches int    // by this set-up
	}{
		{name: "a fetched one", fetch: "cpu=good", want: "CACHE/pjrt/cpu defaults", fetches: 1},
		{name: "nothing to be had", want: "", fetches: 3},
		{name: "the machine's own", found: "cpu=lib/pjrt_c_api_cpu_plugin.so", want: "BASE/lib defaults"},
		{name: "the machine's own versioned", found: "cpu_v0.83.1=lib/pjrt_c_api_cpu_v0.83.1_plugin.so",
			want: "BASE/lib defaults"},
		{name: "one in the user's folder", found: "cpu=own/pjrt_c_api_cpu_plugin.so",
			env: map[string]string{pluginPathVariable: "BASE/own"}}, // stays as he has set it
		{name: "an empty folder of the user's", fetch: "cpu=good",
			env:  map[string]string{pluginPathVariable: "BASE/own"},
			want: "CACHE/pjrt/cpu", fetches: 1},
		{name: "pure Go by the user's word with a plugin from before", earlier: "cpu=good",
			env:  map[string]string{"GOMLX_BACKEND": "go"},
			want: "CACHE/pjrt/cpu defaults"},
		{name: "pure Go by the user's word", env: map[string]string{"GOMLX_BACKEND": "go"}, fetch: "cpu=good"},
		{name: "CUDA with the CPU's for notebooks that ask", nvidia: true, fetch: "cuda=good cpu=good",
			want: "CACHE/pjrt/cuda/go-xla/nvidia CACHE/pjrt/cpu defaults", fetches: 2},
		{name: "CUDA alone where there is no other", nvidia: true, fetch: "cuda=good",
			want: "CACHE/pjrt/cuda/go-xla/nvidia defaults", fetches: 4},
		{name: "CUDA beside the machine's own", nvidia: true, fetch: "cuda=good", found: "cpu=lib/pjrt_c_api_cpu_plugin.so",
			want: "CACHE/pjrt/cuda/go-xla/nvidia BASE/lib defaults", fetches: 1},
		{name: "CUDA that does not work", nvidia: true, fetch: "cuda=good cpu=good",
			env:  map[string]string{"FAKE_BROKEN": "*/cuda/*"},
			want: "CACHE/pjrt/cpu defaults", fetches: 2},
		{name: "a plugin of a name that go-xla does not know", earlier: "cpu=good",
			env: map[string]string{"GOMLX_BACKEND": "xla:BASE/lib/xla_cpu_pjrt.so"}, want: "CACHE/pjrt/cpu defaults"},
		{name: "by path with options", env: map[string]string{"GOMLX_BACKEND": "xla:BASE/lib/pjrt_plugin_cpu.so,tf32=false"},
			want: "BASE/lib defaults"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newFakeMachine(t)
			base := filepath.Dir(m.root)
			for _, file := range []string{"xla_cpu_pjrt.so", "pjrt_plugin_cpu.so"} {
				m.write("lib/"+file, "a plugin", 0o755)
			}
			t.Setenv("GOMLX_BACKEND", "")
			m.write("bin/nvidia-smi", nvidiaSMI[c.nvidia], 0o755)
			if c.earlier != "" {
				t.Setenv("FAKE_FETCH", c.earlier)
				if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
					t.Fatal(err)
				}
			}
			before := m.calls("fetch")
			t.Setenv("FAKE_FETCH", c.fetch)
			if c.found != "" {
				name, file, _ := strings.Cut(c.found, "=")
				m.write(file, "a plugin", 0o755)
				path := filepath.Join(base, file)
				t.Setenv("FAKE_LIST", fmt.Sprintf(`{"Plugins":{%q:%q}}`, name, path))
				t.Setenv("FAKE_FOUND", fmt.Sprintf(`{"Config":"xla:%s","Plugin":%q,"Device":"cpu"}`, path, path))
			}
			for name, value := range c.env {
				t.Setenv(name, strings.ReplaceAll(value, "BASE", base))
			}
			e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want != "" {
				home := filepath.Join(os.Getenv("HOME"), ".local", "lib", "go-xla")
				defaults := []string{home, home + "/nvidia", "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia"}
				want = strings.NewReplacer("CACHE", e.Cache, "BASE", base, " ", ":",
					"defaults", strings.Join(defaults, ":")).Replace(want)
				want = pluginPathVariable + "=" + c.env[pluginPathVariable] + ":" + want
				want = strings.ReplaceAll(want, "=BASE", "="+base)
			}
			got := ""
			for _, pair := range e.Kernels[0].Env {
				if strings.HasPrefix(pair, pluginPathVariable+"=") {
					got = pair
				}
			}
			if got != want {
				t.Errorf("kernels get\n%s, want\n%s", got, want)
			}
			if n := m.calls("fetch") - before; n != c.fetches {
				t.Errorf("fetched %d times, want %d", n, c.fetches)
			}
			m2, err := inspect(t.Context(), m.root)
			if err != nil || !m2.backendReady() {
				t.Errorf("not ready after set-up: %v", err)
			}
		})
	}
}

// TestBackendByName: GOMLX_BACKEND=xla:cpu of the user's own takes the plugin
// that set-up has fetched, or fetches, and keeps its options.
func TestBackendByName(t *testing.T) {
	const (
		cpu  = "xla:CACHE/pjrt/cpu/pjrt_c_api_cpu_plugin.so"
		cuda = "xla:CACHE/pjrt/cuda/go-xla/nvidia/pjrt_c_api_cuda_plugin.so"
	)
	for i, c := range []struct {
		config, fetch string
		broken        string // what the probe cannot open, "" for what is named
		nvidia        bool
		want          string // Backend.Config
		device        string
		err           string
	}{
		{config: "xla:cpu", fetch: "cpu=good", want: cpu, device: "cpu"},
		{config: "xla:cpu,shared_buffers,tf32=false", fetch: "cpu=good", device: "cpu",
			want: cpu + ",shared_buffers,tf32=false"},
		{config: "xla", fetch: "cpu=good", want: cpu, device: "cpu"},
		{config: "stablehlo:cpu", fetch: "cpu=good", want: cpu, device: "cpu"},
		{config: "xla", fetch: "cpu=good cuda=good", nvidia: true, want: cuda, device: "cuda"},
		{config: "xla:cuda", fetch: "cpu=good cuda=good", nvidia: true, want: cuda, device: "cuda"},
		{config: "xla:cpu", fetch: "cpu=good cuda=good", nvidia: true, want: cpu, device: "cpu"},
		// Where go-xla finds one, that is the user's.
		{config: "xla:cpu", broken: "nothing", want: "xla:cpu", device: "cpu"},
		{config: "xla:cuda", fetch: "cpu=good cuda=good", err: "GOMLX_BACKEND=xla:cuda does not work"},
		{config: "xla:tpu", fetch: "cpu=good", err: "set-up knows no plugin of that name"},
		{config: "xla:cpu", err: "CPU plugin of go-xla's installer: no such host"},
		{config: "bogus", fetch: "cpu=good", err: "GOMLX_BACKEND=bogus does not work"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			m := newFakeMachine(t)
			t.Setenv("GOMLX_BACKEND", c.config)
			t.Setenv("FAKE_FETCH", c.fetch)
			if c.broken == "" {
				c.broken = c.config
			}
			t.Setenv("FAKE_BROKEN", c.broken)
			m.write("bin/nvidia-smi", nvidiaSMI[c.nvidia], 0o755)
			e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%s: got %v, want %q", c.config, err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(c.want, "CACHE", e.Cache)
			if b := e.Backend; b.Config != want || b.Device != c.device {
				t.Errorf("%s: chose %+v, want %s on %s", c.config, b, want, c.device)
			}
		})
	}
}

// TestDamagedPluginIsNotFoundByName: go-xla crashes when it meets one on its
// way to another.
func TestDamagedPluginIsNotFoundByName(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("FAKE_FETCH", "cpu=good")
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMLX_BACKEND", "go") // a choice that does not need the plugin itself
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || len(e.Backend.ByName) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := os.Truncate(e.Backend.ByName[0].Path, 1); err != nil {
		t.Fatal(err)
	}
	e, err = Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || len(e.Backend.ByName) != 0 || m.calls("fetch") != 1 {
		t.Errorf("after damage: %+v, %v", e, err)
	}
}
