// Package setup makes a machine that has Go and a C compiler ready to run the
// notebooks: it builds GoNB, goimports and gopls at the module's pinned
// versions, finds or fetches a PJRT plugin for the machine, warms Go's build
// cache with what cells link, and writes a Jupyter kernelspec that ties them
// together.
//
// Everything lands under one cache folder (GOCIFAR_CACHE, by default
// os.UserCacheDir()/gocifar) and gets its final name only when it is complete,
// so a set-up that was interrupted leaves nothing to trip over. [Ensure] does
// what is missing; when nothing is, it only reads a few small files.
package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/internal/xlaflags"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// Options says where and how [Ensure] works. The zero value is the module
// checkout around the working directory, the default cache, and no output.
type Options struct {
	// ModuleRoot is the absolute path of the module's checkout. Empty: the
	// checkout that holds the working directory.
	ModuleRoot string
	// Jupyter also puts the kernelspec into the user's Jupyter data folder when
	// none of Jupyter is there yet. Where Jupyter is present, that always
	// happens.
	Jupyter bool
	// Kernels are to be ready besides GoNB, whose parts every set-up makes. The
	// live kernel takes about half a minute the first time and after each
	// change of the checkout's packages.
	Kernels []*kernels.Kernel
	// Fallback makes a kernel that cannot be had a warning instead of an error,
	// because GoNB can take its place.
	Fallback bool
	// Progress shows what happens; nil shows nothing.
	Progress *Progress
}

// Environment is a machine made ready: what a kernel of ours is started with.
type Environment struct {
	ModuleRoot string    // absolute path of the checkout, else of the working directory
	Cache      string    // absolute path of the cache folder
	Tools      string    // folder with gonb, goimports and gopls
	Backend    Backend   // what GoMLX computes on
	Library    string    // of live cells; "" without the live kernel
	Kernels    []*Kernel // that are ready, first GoNB
	Warnings   []string  // one sentence each, for the user
}

// Kernel returns the kernel k made ready, or else GoNB.
func (e *Environment) Kernel(k *kernels.Kernel) *Kernel {
	for _, ready := range e.Kernels {
		if ready.Kernel == k {
			return ready
		}
	}
	return e.Kernels[0]
}

// Ensure checks the machine, installs what is missing and returns the result.
// Canceling ctx ends every process it started and removes unfinished files.
//
// It is safe to call from several processes at once: the first one works, the
// others wait for it and use what it made.
func Ensure(ctx context.Context, options Options) (*Environment, error) {
	if err := kernels.GoNB.Supported(); err != nil {
		return nil, err
	}
	m, err := inspect(ctx, options.ModuleRoot)
	if err != nil {
		return nil, err
	}
	if m.outside() {
		return m.ensureOutside(ctx, options)
	}
	if err := m.install(ctx, options.Progress); err != nil {
		return nil, err
	}
	e := &Environment{ModuleRoot: m.checkout.root, Cache: m.cache.root, Tools: m.tools, Backend: m.backend}
	if m.backend.Warning != "" {
		e.Warnings = append(e.Warnings, m.backend.Warning)
	}
	for _, r := range recipes {
		if r.Kernel != kernels.GoNB && !slices.Contains(options.Kernels, r.Kernel) {
			continue
		}
		err := r.ensure(ctx, m, options.Progress)
		if err == nil {
			err = m.writeSpecs(e, r, options.Jupyter)
		}
		switch {
		case err == nil:
		case options.Fallback && r.Kernel != kernels.GoNB && ctx.Err() == nil:
			e.Warnings = append(e.Warnings, fmt.Sprintf("%s cannot be had, so this is GoNB: %v", r.Title, err))
		default:
			return nil, err
		}
	}
	e.Library = m.live.library()
	return e, nil
}

// machine is what Ensure knows about the place it runs in, and what it made.
type machine struct {
	checkout  checkout
	toolchain toolchain
	cache     cache
	bfloat16  bool // the processor computes it

	tools   string
	build   build
	backend Backend
	live    live // if it was asked for
}

// inspect finds the checkout, the toolchain and the cache folder, and says in
// one sentence what is wrong with them. It changes nothing but creating the
// cache folder.
func inspect(ctx context.Context, root string) (*machine, error) {
	m := machine{bfloat16: xlaflags.ProcessorHasBFloat16()}
	var err error
	if m.checkout, err = findCheckout(root); root == "" && errors.Is(err, errNoCheckout) {
		m.checkout, err = checkout{language: language()}, nil
	}
	if err != nil {
		return nil, err
	}
	if m.cache, err = openCache(); err != nil {
		return nil, err
	}
	if m.toolchain, err = findToolchain(ctx, m.checkout); err != nil {
		return nil, err
	}
	return &m, nil
}

// install runs the two independent halves of a set-up side by side: the tools,
// and the libraries with the plugin that they load. One waits mostly for the
// processor, the other mostly for the network.
func (m *machine) install(ctx context.Context, progress *Progress) error {
	// Also on a machine that was set up: every cell that opens XLA is linked.
	if _, _, err := m.toolchain.compiler(); err != nil {
		return err
	}
	if m.ready() {
		return nil
	}
	unlock, err := m.cache.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	if m.ready() { // another process did the work while we waited
		return nil
	}
	if err := m.cache.checkSpace(); err != nil {
		return err
	}
	if err := m.toolchain.checkCompiler(ctx); err != nil {
		return err
	}
	m.cache.removePartial()

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		m.tools, err = m.ensureTools(ctx, progress)
		return err
	})
	group.Go(func() (err error) {
		if m.build, err = m.ensureBuild(ctx, progress); err != nil {
			return err
		}
		m.backend, err = m.ensureBackend(ctx, progress)
		return err
	})
	return group.Wait()
}

// ready reports whether everything is in place, without starting a process.
func (m *machine) ready() bool {
	var ok bool
	if m.tools, ok = m.cachedTools(); !ok {
		return false
	}
	if m.build, ok = m.cachedBuild(); !ok {
		return false
	}
	m.backend, ok = m.cachedBackend()
	return ok
}
