package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/go-xla/installer"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// A module that is not this one may compute with GoMLX, too. Then `kernel setup`
// fetches XLA's PJRT plugin, as it does here, and the kernelspec tells where it
// is. Other commands fetch nothing: they say once how to get it.

// pluginUsers are modules whose packages load PJRT plugins.
var pluginUsers = []string{ModulePath, "github.com/gomlx/gomlx", "github.com/gomlx/go-xla"}

// fetchedPlugin is the best of the plugins in the cache, "" if there is none.
func (m *machine) fetchedPlugin(nvidia bool) string {
	for _, source := range m.fetchedFirst(pluginSources(m.toolchain, nvidia)) {
		dir := m.pluginDir(source)
		if r, wrong := readPlugin(dir, false); wrong == nil {
			return r.path(dir)
		}
	}
	return ""
}

// useFetchedPlugin lets kernels find a plugin that is in the cache.
func (m *machine) useFetchedPlugin(nvidia bool) {
	path := m.fetchedPlugin(nvidia)
	info, err := os.Stat(path)
	if err != nil || !goXLAKnows(path) {
		return
	}
	m.backend = Backend{Config: "xla:" + path, Device: deviceOf(path), Plugin: path, Source: "fetched by set-up",
		ByName: []seal.File{{Path: filepath.ToSlash(path), Size: info.Size()}}}
}

// pluginOutside sees to the plugin for the module around dir. It returns a
// sentence for the user, if there is something to say.
func (m *machine) pluginOutside(ctx context.Context, dir string, fetch bool, progress *Progress) (warning string) {
	if os.Getenv("GOMLX_BACKEND") != "" {
		return "" // the user has decided
	}
	nvidia := hasNVIDIA(ctx)
	m.useFetchedPlugin(nvidia)
	if m.backend.Plugin != "" {
		return ""
	}
	module, err := library.FindModule(ctx, m.toolchain.goBin, dir)
	if err != nil || !module.Requires(pluginUsers...) || pluginElsewhere() != "" {
		return ""
	}
	if !fetch {
		return "this module computes with GoMLX and there is no PJRT plugin for XLA: `kernel setup` fetches one"
	}
	task := progress.Start("backend", "looking for a PJRT plugin")
	var reasons []string
	for _, source := range pluginSources(m.toolchain, nvidia) {
		path, err := m.ensurePlugin(ctx, task, source)
		if err == nil {
			if err = m.tryPlugin(ctx, path); err != nil {
				_ = os.RemoveAll(m.pluginDir(source)) // nobody can use it
			}
		}
		if err == nil {
			task.End(source.what, nil)
			m.useFetchedPlugin(nvidia)
			return ""
		}
		if ctx.Err() != nil {
			break
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", source.what, err))
	}
	err = errors.New("no PJRT plugin for XLA can be fetched: " + strings.Join(reasons, "; "))
	task.End("", err)
	return err.Error() + "; run `kernel setup` again when the network is there, or compute on GOMLX_BACKEND=go"
}

// pluginElsewhere finds a plugin where go-xla looks for one by itself.
func pluginElsewhere() string {
	folders := filepath.SplitList(os.Getenv(pluginPathVariable))
	if len(folders) == 0 {
		libs := []string{"/usr/local/lib"}
		if home, err := installer.DefaultHomeLibPath(); err == nil {
			libs = append(libs, home)
		}
		for _, lib := range libs {
			folders = append(folders, filepath.Join(lib, "go-xla"), filepath.Join(lib, "go-xla", "nvidia"))
		}
	}
	for _, folder := range folders {
		files, _ := filepath.Glob(filepath.Join(folder, "pjrt*"))
		for _, file := range files {
			if goXLAKnows(file) {
				return file
			}
		}
	}
	return ""
}

// tryProgram opens a plugin. Here is no program of Go's that could: its packages
// are the user's.
const tryProgram = `#include <dlfcn.h>
#include <stdio.h>
int main(int n, char **args) {
	void *plugin = dlopen(args[1], RTLD_NOW);
	void *(*api)(void) = plugin ? dlsym(plugin, "GetPjrtApi") : 0;
	if (api && api()) return 0;
	fprintf(stderr, "%s\n", plugin ? "it has no GetPjrtApi" : dlerror());
	return 1;
}
`

// tryPlugin sees whether a plugin can be opened on this machine.
func (m *machine) tryPlugin(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	dir, err := os.MkdirTemp("", "plugin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source, program := filepath.Join(dir, "try.c"), filepath.Join(dir, "try")
	if err := os.WriteFile(source, []byte(tryProgram), 0o600); err != nil {
		return err
	}
	cc := strings.Fields(m.toolchain.CC)
	if _, err := output(newCommand(ctx, cc[0], append(cc[1:], source, "-o", program, "-ldl")...)); err != nil {
		return fmt.Errorf("the program that tries it cannot be compiled: %w", err)
	}
	if _, err := output(newCommand(ctx, program, path)); err != nil {
		return fmt.Errorf("fetched, but it cannot be opened here: %w", err)
	}
	return nil
}
