package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// recipe is how a kernel of ours is made and started in a checkout.
type recipe struct {
	*kernels.Kernel
	// ensure makes what only this kernel needs.
	ensure func(*machine, context.Context, *Progress) error
	// ready finds what ensure has made.
	ready func(*machine, context.Context) bool
	// spec describes the kernel as this machine runs it.
	spec func(*machine) *jupyter.Spec
}

var recipes = []recipe{
	{kernels.GoNB, (*machine).ensureGoNB, (*machine).gonbReady, (*machine).gonbSpec},
	{kernels.Live, (*machine).makeLive, (*machine).findLive, (*machine).liveSpec},
}

// recipesOf are those of some kernels, or GoNB's for none.
func recipesOf(list []*kernels.Kernel) []recipe {
	if len(list) == 0 {
		list = []*kernels.Kernel{kernels.GoNB}
	}
	return slices.DeleteFunc(slices.Clone(recipes), func(r recipe) bool { return !slices.Contains(list, r.Kernel) })
}

// recipeOf is the recipe of a kernel of ours.
func recipeOf(k *kernels.Kernel) recipe {
	return recipes[slices.IndexFunc(recipes, func(r recipe) bool { return r.Kernel == k })]
}

// Kernel is a kernel of ours made ready.
type Kernel struct {
	*kernels.Kernel
	SpecDir    string   // folder that holds its kernel.json
	JupyterDir string   // the same in the user's Jupyter data folder; "" if not installed there
	Env        []string // KEY=value pairs that the kernelspec sets, sorted
}

// SpecDirs are the folders with the kernelspecs of our kernels that an earlier
// [Ensure] made for the checkout around the working directory, of those that
// are all in place. Kernelspecs are looked for in them by name.
func SpecDirs(ctx context.Context) []string {
	m, err := inspect(ctx, "")
	if err != nil || !m.outside() && !m.backendReady() {
		return nil
	}
	if m.outside() {
		m.useFetchedPlugin(hasNVIDIA(ctx))
	}
	var dirs []string
	for _, r := range recipes {
		if m.outside() && r.Kernel != kernels.Live || !r.ready(m, ctx) {
			continue
		}
		spec := r.spec(m)
		if dir, err := m.specDir(spec, r.Name); err == nil && sameSpec(dir, spec) {
			dirs = append(dirs, filepath.Dir(dir))
		}
	}
	return dirs
}

// writeSpecs writes the kernel's specs, ours and JupyterLab's, and adds it to
// e.
func (m *machine) writeSpecs(e *Environment, r recipe, wanted bool) error {
	spec := r.spec(m)
	dir, err := m.specDir(spec, r.Name)
	if err == nil {
		err = writeSpec(dir, spec)
	}
	if err != nil {
		return err
	}
	k := &Kernel{Kernel: r.Kernel, SpecDir: dir, Env: environ(spec)}
	e.Kernels = append(e.Kernels, k)
	dir, present := userJupyterDir()
	if !present && !wanted {
		return nil
	}
	dir = filepath.Join(dir, "kernels", r.Name)
	if _, err := jupyter.ReadSpec(dir); err == nil && m.outside() && !wanted {
		return nil // a checkout's, perhaps, which has more to offer
	}
	switch err := writeSpec(dir, m.installedSpec(spec)); {
	case err == nil:
		k.JupyterDir = dir
	case wanted:
		return err
	default: // only JupyterLab needs this copy: our own runner goes on without it
		e.Warnings = append(e.Warnings, fmt.Sprintf("JupyterLab will not list %s: %v", r.Title, err))
	}
	return nil
}

// checkoutSpec is what the specs of our kernels for a checkout have in common.
func (m *machine) checkoutSpec() *jupyter.Spec {
	spec := &jupyter.Spec{
		Language:      "go",
		InterruptMode: jupyter.InterruptByMessage,
		Env: map[string]string{
			// JupyterLab started from a desktop often has none of these.
			"PATH": m.toolchain.path() + string(os.PathListSeparator) + "${PATH}",
			// Set-up has chosen; a cell must never start a download by itself.
			"GOMLX_BACKEND":         literal(m.backend.Config),
			"GOMLX_NO_AUTO_INSTALL": "1",
			"CGO_ENABLED":           "1",
			"GOCIFAR_CACHE":         literal(m.cache.root),
		},
	}
	if flags := m.backend.XLAFlags; flags != "" {
		spec.Env["XLA_FLAGS"] = literal(flags)
	}
	if path := m.pluginPath(); path != "" {
		spec.Env[pluginPathVariable] = path
	}
	if tunables := m.tunables(); tunables != "" {
		spec.Env["GLIBC_TUNABLES"] = literal(tunables)
	}
	return spec
}

// gonbSpec describes GoNB as this machine runs it.
func (m *machine) gonbSpec() *jupyter.Spec {
	spec := m.checkoutSpec()
	spec.DisplayName = kernels.GoNB.DisplayName
	spec.Argv = []string{
		filepath.Join(m.gonbDir(), "gonb"),
		// Errors as text: readable in a terminal, a log and JupyterLab alike.
		"-raw_error",
		// Cells import from the checkout and get its pins, without a network.
		"-go_work=" + m.checkout.root,
		"--kernel", "{connection_file}",
	}
	own := literal(strings.Join([]string{m.gonbDir(), m.goplsDir()}, string(os.PathListSeparator)))
	spec.Env["PATH"] = own + string(os.PathListSeparator) + spec.Env["PATH"]
	spec.Env["GOFLAGS"] = literal(m.toolchain.cellFlags(m.build.Ldflags))
	// GoNB makes a workspace for its cells; one of the user's would hide it.
	spec.Env["GOWORK"] = ""
	return spec
}

// literal keeps Jupyter from expanding variables in s.
func literal(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// environ lists the spec's environment as KEY=value pairs, as Jupyter would
// expand it here, but for references to what is not set.
func environ(spec *jupyter.Spec) []string {
	pairs := make([]string, 0, len(spec.Env))
	for _, name := range slices.Sorted(maps.Keys(spec.Env)) {
		value := spec.Env[name]
		for _, ours := range []string{"PATH", pluginPathVariable} {
			value = strings.ReplaceAll(value, "${"+ours+"}", os.Getenv(ours))
		}
		pairs = append(pairs, name+"="+strings.ReplaceAll(value, "$$", "$"))
	}
	return pairs
}

// specDir is where our own runner finds the spec. Every different spec has a
// folder of its own, because several checkouts, or runs with different
// backends, may use one cache at the same time.
func (m *machine) specDir(spec *jupyter.Spec, name string) (string, error) {
	data, err := json.Marshal(spec)
	if err != nil {
		return "", fmt.Errorf("cannot write the kernelspec as JSON: %w", err)
	}
	return filepath.Join(m.cache.root, "jupyter", key(string(data)), "kernels", name), nil
}

// writeSpec puts the spec into dir, unless the very same is there.
func writeSpec(dir string, spec *jupyter.Spec) error {
	if sameSpec(dir, spec) {
		return nil
	}
	written := *spec
	if err := jupyter.WriteSpec(filepath.Dir(dir), filepath.Base(dir), &written); err != nil {
		return fmt.Errorf("cannot install the kernelspec: %w", err)
	}
	return nil
}

// sameSpec reports whether dir holds what writeSpec would write.
func sameSpec(dir string, spec *jupyter.Spec) bool {
	old, err := jupyter.ReadSpec(dir)
	return err == nil && slices.Equal(old.Argv, spec.Argv) && maps.Equal(old.Env, spec.Env) &&
		old.DisplayName == spec.DisplayName && old.Language == spec.Language && old.InterruptMode == spec.InterruptMode &&
		reflect.DeepEqual(old.Metadata, spec.Metadata)
}

// userJupyterDir is the user's Jupyter data folder and whether Jupyter has been
// used or installed here: the folder is there, or a jupyter command is in PATH.
// On other machines we leave the home directory alone.
func userJupyterDir() (dir string, present bool) {
	dir, err := jupyter.DataDir()
	if err != nil {
		return "", false
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir, true
	}
	_, err = exec.LookPath("jupyter")
	return dir, err == nil
}
