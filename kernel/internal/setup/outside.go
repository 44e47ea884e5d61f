package setup

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// The live kernel needs no checkout of this module: an installed command, or one
// that `go run` has fetched, makes it ready for whatever module the user is in.
// Data and GoNB belong to the checkout. PJRT plugins are in outside_plugin.go.

// errNoCheckout says that a folder is in no checkout of this module.
var errNoCheckout = errors.New("not inside a checkout of " + ModulePath)

// outside tells whether the machine is set up without a checkout.
func (m *machine) outside() bool { return m.checkout.root == "" }

// ensureOutside is Ensure without a checkout.
func (m *machine) ensureOutside(ctx context.Context, options Options) (*Environment, error) {
	for _, k := range options.Kernels {
		if k != kernels.Live && !options.Fallback && len(options.Kernels) == 1 {
			return nil, fmt.Errorf("%s runs in a checkout of %s alone (git clone https://%s); use the live kernel here",
				k.Title, ModulePath, ModulePath)
		}
	}
	if _, _, err := m.toolchain.compiler(); err != nil {
		return nil, err
	}
	if err := m.ensureLive(ctx, options.Progress); err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	e := &Environment{ModuleRoot: dir, Cache: m.cache.root, Library: m.live.library()}
	if warning := m.pluginOutside(ctx, dir, options.Plugin, options.Progress); warning != "" {
		e.Warnings = append(e.Warnings, warning)
	}
	e.Backend = m.backend
	return e, m.writeSpecs(e, recipeOf(kernels.Live), options.Jupyter)
}

// executableDir is where the kernel's program belongs that is a copy of the
// running one.
func (m *machine) executableDir() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	id, err := contentID(path)
	return filepath.Join(m.cache.root, "live", "program-"+key(id)), err
}

// contentID names what is in a program: by the ID that Go's linker wrote, or
// else by a hash of all of it, which takes as long as a cell.
func contentID(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if program, err := elf.NewFile(f); err == nil {
		if note := program.Section(".note.go.buildid"); note != nil {
			if id, err := note.Data(); err == nil && len(id) > 0 {
				return string(id), nil
			}
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return string(h.Sum(nil)), nil
}

// copyExecutable copies the running program: that of `go run` is gone when it
// has ended.
func copyExecutable(to string) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return cannotWrite(to, err)
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err != nil {
		return cannotWrite(to, err)
	}
	return nil
}

// outsideSpec describes the live kernel that takes the module around each
// notebook. It names the library that suits the one around the working
// directory: finding the library takes a kernel as long as a cell.
func (m *machine) outsideSpec() *jupyter.Spec {
	spec := &jupyter.Spec{
		Argv: []string{m.live.program(), "live", "-library", m.live.library(), "-gopls", m.goplsPath(),
			"-connection", "{connection_file}"},
		DisplayName:   kernels.Live.DisplayName,
		Metadata:      liveMetadata(),
		Language:      "go",
		InterruptMode: jupyter.InterruptByMessage,
		Env: map[string]string{
			"PATH":          m.toolchain.path() + string(os.PathListSeparator) + "${PATH}",
			"CGO_ENABLED":   "1",
			"GOCIFAR_CACHE": literal(m.cache.root),
		},
	}
	if path := m.pluginPath(); path != "" {
		spec.Env[pluginPathVariable] = path
		spec.Env["GOMLX_NO_AUTO_INSTALL"] = "1"
	}
	return spec
}

// installedSpec is a kernel's spec for JupyterLab, which starts the kernel for
// any module, with any version of Go.
func (m *machine) installedSpec(spec *jupyter.Spec) *jupyter.Spec {
	if !m.outside() {
		return spec
	}
	installed := *spec
	i := slices.Index(spec.Argv, "-library")
	installed.Argv = slices.Delete(slices.Clone(spec.Argv), i, i+2)
	return &installed
}

// language is the least version of Go outside of a checkout: the one that this
// program was compiled with, without the last number.
func language() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	parts := strings.SplitN(strings.TrimPrefix(info.GoVersion, "go"), ".", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}
