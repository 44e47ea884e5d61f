package setup

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/leak"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

func TestEnsureMakesEverythingOnce(t *testing.T) {
	m := newFakeMachine(t)
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := jupyter.ReadSpec(e.Kernels[0].SpecDir)
	if err != nil || filepath.Base(spec.Argv[0]) != "gonb" || !exists(spec.Argv[0]) {
		t.Errorf("the kernelspec is %+v, %v", spec, err)
	}
	if !exists(filepath.Join(filepath.Dir(spec.Argv[0]), "goimports")) {
		t.Error("there is no goimports beside GoNB")
	}
	if m.calls("build -v -ldflags=-s -w -o "+os.Getenv("GOCIFAR_CACHE")+"/gopls") != 0 {
		t.Error("gopls was built though nobody asked for it")
	}
	if e.Kernels[0].JupyterDir != "" {
		t.Errorf("there is no Jupyter, but a kernelspec went to %s", e.Kernels[0].JupyterDir)
	}
	if e.Backend.Config != "go" || len(e.Warnings) != 0 {
		t.Errorf("GOMLX_BACKEND=go gave %+v with warnings %q", e.Backend, e.Warnings)
	}

	builds := m.calls("build")
	again, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	if m.calls("build") != builds || m.calls("list") != 1 {
		t.Error("the second run built again")
	}
	if again.Kernels[0].SpecDir != e.Kernels[0].SpecDir {
		t.Errorf("the second run came to %+v, the first to %+v", again, e)
	}
}

func TestEnsureBuildsAgainWhenAPinChanges(t *testing.T) {
	m := newFakeMachine(t)
	first, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(){
		func() { m.write("checkout/go.mod", "module "+ModulePath+"\n\ngo 1.26.5\n\n// changed\n", 0o644) },
		func() { m.answer("go1.27.0") },
	} {
		change()
		next, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
		if err != nil {
			t.Fatal(err)
		}
		if next.Kernels[0].SpecDir == first.Kernels[0].SpecDir {
			t.Errorf("still %s", next.Kernels[0].SpecDir)
		}
		first = next
	}
}

func TestEnsureByManyAtOnce(t *testing.T) {
	m := newFakeMachine(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	// The probe, the libraries, gonb with goimports, a cell.
	if n := m.calls("build"); n != 4 {
		t.Errorf("%d builds, want 4", n)
	}
}

func TestEnsureSaysWhatDoesNotBuild(t *testing.T) {
	for _, pkg := range []string{"golang.org/x/tools/cmd/goimports", "./kernel/internal/setup/probe",
		ModulePath + "/layers"} {
		t.Run(pkg, func(t *testing.T) {
			m := newFakeMachine(t)
			t.Setenv("FAKE_FAIL", pkg)
			_, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
			if err == nil || !strings.Contains(err.Error(), pkg+"/x.go:1:2: undefined: x") {
				t.Fatalf("got %v, want the compiler's words", err)
			}
			if left := m.leftovers(); left != nil {
				t.Errorf("left %q", left)
			}
			t.Setenv("FAKE_FAIL", "")
			if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root}); err != nil {
				t.Errorf("once it builds: %v", err)
			}
		})
	}
}

func TestEnsureOnAFullDisk(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("FAKE_FAIL", "golang.org/x/tools/cmd/goimports")
	t.Setenv("FAKE_WORDS", syscall.ENOSPC.Error())
	_, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if !errors.Is(err, errDiskFull) {
		t.Errorf("got %v, want %v", err, errDiskFull)
	}
}

func TestEnsureInterrupted(t *testing.T) {
	m := newFakeMachine(t)
	t.Setenv("FAKE_HANG", "golang.org/x/tools/cmd/goimports")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // once the build hangs
		for range 1000 {
			if data, err := os.ReadFile(m.log + ".pid"); err == nil && strings.Count(string(data), "\n") == 2 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	_, err := Ensure(ctx, Options{ModuleRoot: m.root})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if left := m.leftovers(); left != nil {
		t.Errorf("left %q", left)
	}
	data, err := os.ReadFile(m.log + ".pid")
	if err != nil {
		t.Fatal("the build never hung")
	}
	for _, word := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		if !leak.Gone(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
}

func TestEnsureForJupyter(t *testing.T) {
	m := newFakeMachine(t)
	if err := os.Mkdir(os.Getenv("JUPYTER_DATA_DIR"), 0o755); err != nil {
		t.Fatal(err)
	}
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(os.Getenv("JUPYTER_DATA_DIR"), "kernels", kernels.GoNB.Name)
	if e.Kernels[0].JupyterDir != want || !exists(filepath.Join(want, "kernel.json")) {
		t.Errorf("the kernelspec went to %q, want %q", e.Kernels[0].JupyterDir, want)
	}

	// Where it cannot be written, our own runner goes on, but `setup -jupyter`
	// fails.
	if err := os.RemoveAll(filepath.Dir(want)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(want), nil, 0o644); err != nil { // a file where the folder belongs
		t.Fatal(err)
	}
	e, err = Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil || len(e.Warnings) != 1 || e.Kernels[0].JupyterDir != "" {
		t.Errorf("got %+v, %v, want a warning", e, err)
	}
	if _, err := Ensure(t.Context(), Options{ModuleRoot: m.root, Jupyter: true}); err == nil {
		t.Error("no error although the user asked for the kernelspec")
	}
}

func TestKernelspec(t *testing.T) {
	m := newFakeMachine(t)
	e, err := Ensure(t.Context(), Options{ModuleRoot: m.root})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(e.Kernels[0].SpecDir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	argv := got["argv"].([]any)
	if want := "-go_work=" + e.ModuleRoot; argv[2] != want {
		t.Errorf("argv[2] = %v, want %s", argv[2], want)
	}
	env := got["env"].(map[string]any)
	own := strings.SplitN(env["PATH"].(string), ":", 3)
	if !exists(filepath.Join(own[0], shimName)) {
		t.Errorf("there is no go command in %s, which PATH begins with", own[0])
	}
	path := own[0] + ":" + own[1] + ":" + m.bin + ":" + m.bin + ":"
	for name, want := range map[string]string{
		"PATH":                  path + "${PATH}",
		"GOFLAGS":               `-buildvcs=false '-ldflags=-w -linkmode=internal'`,
		"GOMLX_BACKEND":         "go",
		"GOMLX_NO_AUTO_INSTALL": "1",
		"GOWORK":                "",
	} {
		if env[name] != want {
			t.Errorf("%s = %q, want %q", name, env[name], want)
		}
	}
	// Environment.Env is the same, expanded as Jupyter would.
	if want := "PATH=" + path + os.Getenv("PATH"); !slices.Contains(e.Kernels[0].Env, want) {
		t.Errorf("%q lacks %q", e.Kernels[0].Env, want)
	}
}

func TestUserJupyterDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("PATH", home)
	t.Setenv("JUPYTER_DATA_DIR", "")
	t.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
	if dir, present := userJupyterDir(); present {
		t.Errorf("%s is said to be there", dir)
	}
	t.Setenv("JUPYTER_DATA_DIR", home)
	if dir, present := userJupyterDir(); dir != home || !present {
		t.Errorf("got %s, %v, want %s", dir, present, home)
	}
	t.Setenv("JUPYTER_DATA_DIR", filepath.Join(home, "none"))
	if err := os.WriteFile(filepath.Join(home, "jupyter"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, present := userJupyterDir(); !present {
		t.Error("a jupyter command in PATH is not taken as a sign of Jupyter")
	}
}
