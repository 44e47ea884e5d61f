package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPluginOutside: in a module that computes with GoMLX set-up fetches a plugin
// that can be opened, other commands say how to get one, and the kernelspec leads
// to it; another module's user hears nothing.
func TestPluginOutside(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("needs Linux and a C compiler")
	}
	goBin, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	// A plugin as far as can be seen without starting XLA.
	source, plugin := filepath.Join(base, "p.c"), filepath.Join(base, "plugin.so")
	if err := os.WriteFile(source, []byte("void *GetPjrtApi(void) { return \"\"; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, "-shared", "-fPIC", "-o", plugin, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log := filepath.Join(base, "log")
	for name, value := range map[string]string{"GOCIFAR_CACHE": filepath.Join(base, "cache"), "FAKE_LOG": log,
		"FAKE_PLUGIN": plugin, "HOME": base, "GOMLX_BACKEND": "", pluginPathVariable: filepath.Join(base, "none"),
		"GOWORK": "", "GOFLAGS": "", "GOMODCACHE": filepath.Join(base, "modules")} {
		t.Setenv(name, value)
	}
	begin := func() *machine {
		c, err := openCache()
		if err != nil {
			t.Fatal(err)
		}
		return &machine{cache: c, toolchain: toolchain{goBin: goBin, CC: cc, OS: "linux", Arch: "amd64"}}
	}
	module := func(name, text string) string {
		dir := filepath.Join(base, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	computes := module("computes", "module example.com/computes\n\ngo 1.24\n\nrequire github.com/gomlx/gomlx v0.1.0\n")
	plain := module("plain", "module example.com/plain\n\ngo 1.24\n")
	fetched := func() string {
		data, _ := os.ReadFile(log)
		return strings.Join(strings.Fields(strings.ReplaceAll(string(data), "fetch ", "")), " ")
	}

	t.Setenv("FAKE_FETCH", "cpu=good "+wheelSource()+"=opens")
	if warning := begin().pluginOutside(t.Context(), plain, true, nil); warning != "" || fetched() != "" {
		t.Errorf("a module without GoMLX: %q, fetched %q", warning, fetched())
	}
	if warning := begin().pluginOutside(t.Context(), computes, false, nil); !strings.Contains(warning,
		"`kernel setup` fetches one") {
		t.Errorf("a command that fetches nothing says %q", warning)
	}
	m := begin()
	if warning := m.pluginOutside(t.Context(), computes, true, nil); warning != "" {
		t.Errorf("set-up says %q", warning)
	}
	if got := fetched(); got != "cpu "+wheelSource() { // the first is no shared library
		t.Errorf("fetched %q", got)
	}
	dir := m.pluginDir(pluginSource{name: wheelSource()})
	if spec := m.outsideSpec(); !strings.Contains(spec.Env[pluginPathVariable], dir) ||
		spec.Env["GOMLX_NO_AUTO_INSTALL"] != "1" {
		t.Errorf("the kernelspec has %v, want %s", spec.Env, dir)
	}
	m = begin()
	if warning := m.pluginOutside(t.Context(), plain, false, nil); warning != "" || m.backend.Device != "cpu" {
		t.Errorf("later: %q, backend %+v", warning, m.backend)
	}
}

// TestPluginOutsideFails: without a network there is one sentence.
func TestPluginOutsideFails(t *testing.T) {
	fake := newFakeMachine(t)
	module := filepath.Join(filepath.Dir(fake.root), "module")
	fake.write("module/go.mod", "module "+ModulePath+"\n\ngo 1.24\n", 0o644)
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv(pluginPathVariable, filepath.Join(fake.root, "none"))
	c, err := openCache()
	if err != nil {
		t.Fatal(err)
	}
	fake.write("bin/go", "#!/bin/sh\nprintf '"+filepath.Join(module, "go.mod")+"\\n\\ngo1.26.0\\n'\n", 0o755)
	m := &machine{cache: c, toolchain: toolchain{goBin: filepath.Join(fake.bin, "go"), CC: "cc",
		OS: "linux", Arch: "amd64"}}
	warning := m.pluginOutside(t.Context(), module, true, nil)
	if !strings.HasPrefix(warning, "no PJRT plugin for XLA can be fetched: ") ||
		!strings.Contains(warning, "no such host") {
		t.Errorf("set-up says %q", warning)
	}
}
