// Package setup makes a machine that has Go and a C compiler ready to run the
// notebooks: it finds or fetches a PJRT plugin for the machine, makes a kernel
// and what cells link, and writes a Jupyter kernelspec that ties them together.
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
	// Packages also compiles the checkout's packages for live cells; without it
	// the first cell that imports one waits for that.
	Packages bool
	// Gopls also builds gopls and the compiler for cells, which takes two
	// minutes; without it the live kernel builds gopls when somebody first asks
	// for a completion, and Go's own compiler compiles cells.
	Gopls bool
	// Kernels are to be ready; none means GoNB. Nothing is made that only other
	// kernels need.
	Kernels []*kernels.Kernel
	// Plugin also fetches a PJRT plugin where the module around the working
	// directory computes with GoMLX. In a checkout of ours that always happens.
	Plugin bool
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
	Gopls      string    // the program, if it was asked for
	Backend    Backend   // what GoMLX computes on
	Library    string    // of live cells; "" without the live kernel
	Kernels    []*Kernel // that are ready, GoNB before others
	Warnings   []string  // one sentence each, for the user

	dataProgram string // of PrepareData; "" if the go command is to compile it
}

// Kernel returns the kernel k made ready, or else GoNB, which takes its place.
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
	m.packages = options.Packages
	var e *Environment
	if m.outside() {
		e, err = m.ensureOutside(ctx, options)
	} else {
		e, err = m.ensureHere(ctx, options)
	}
	if err != nil || !options.Gopls {
		return e, err
	}
	if e.Gopls, err = m.ensureGopls(ctx, options.Progress); err != nil && ctx.Err() == nil {
		e.Warnings = append(e.Warnings, fmt.Sprintf("there is no completion by types: %v", err))
		err = nil
	}
	if err == nil && m.live.library() != "" {
		if err = m.ensureCellCompiler(ctx, options.Progress); err != nil && ctx.Err() == nil {
			e.Warnings = append(e.Warnings, fmt.Sprintf("cells with generic types take longer to compile: %v", err))
			err = nil
		}
	}
	return e, err
}

// ensureHere is Ensure in a checkout.
func (m *machine) ensureHere(ctx context.Context, options Options) (*Environment, error) {
	e := &Environment{ModuleRoot: m.checkout.root, Cache: m.cache.root}
	wanted := recipesOf(options.Kernels)
	err := m.install(ctx, wanted, options.Progress)
	if failed := new(kernelError); options.Fallback && errors.As(err, failed) && ctx.Err() == nil {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%s cannot be had, so this is GoNB: %v", failed.Title, failed.error))
		wanted = recipesOf(nil)
		err = m.install(ctx, wanted, options.Progress)
	}
	if err != nil {
		return nil, err
	}
	e.Backend, e.Library, e.dataProgram = m.backend, m.live.library(), m.live.dataProgram()
	if m.backend.Warning != "" {
		e.Warnings = append(e.Warnings, m.backend.Warning)
	}
	for _, r := range wanted {
		if err := m.writeSpecs(e, r, options.Jupyter); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// kernelError says why a kernel cannot be had that GoNB can take the place of.
type kernelError struct {
	*kernels.Kernel
	error
}

func (e kernelError) Unwrap() error { return e.error }

// machine is what Ensure knows about the place it runs in, and what it made.
type machine struct {
	checkout  checkout
	toolchain toolchain
	cache     cache
	bfloat16  bool // the processor computes it
	packages  bool // live cells' are wanted, see Options

	build   build
	backend Backend
	live    live // if it was asked for

	// awaitProbe waits until live cells are there, on whose library the probe of
	// backends is to be, and makes it; nil if the probe does not wait.
	awaitProbe func(context.Context) error
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

// install makes what is missing: the backend, which waits mostly for the
// network, beside the live kernel, which waits for the processor. GoNB's cells
// link as the probe of backends did, so GoNB comes last. Without GoNB the probe
// is a program on the live kernel's library, which compiles the same packages.
func (m *machine) install(ctx context.Context, wanted []recipe, progress *Progress) error {
	// Also on a machine that was set up: every cell that opens XLA is linked.
	if _, _, err := m.toolchain.compiler(); err != nil {
		return err
	}
	if m.ready(ctx, wanted) {
		return nil
	}
	unlock, err := m.cache.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()
	if m.ready(ctx, wanted) { // another process did the work while we waited
		return nil
	}
	if err := m.cache.checkSpace(); err != nil {
		return err
	}
	if err := m.toolchain.checkCompiler(ctx); err != nil {
		return err
	}
	m.cache.removePartial()

	group, groupContext := errgroup.WithContext(ctx)
	liveMade := make(chan struct{})
	m.awaitProbe = nil
	if m.packages && wants(wanted, kernels.Live) && !wants(wanted, kernels.GoNB) {
		m.awaitProbe = func(ctx context.Context) (err error) {
			select {
			case <-liveMade:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			m.awaitProbe = nil
			m.build, err = m.ensureBuild(ctx, progress, true)
			return err
		}
	}
	group.Go(func() (err error) {
		if m.awaitProbe == nil {
			if m.build, err = m.ensureBuild(groupContext, progress, false); err != nil {
				return err
			}
		}
		m.backend, err = m.ensureBackend(groupContext, progress)
		return err
	})
	for _, r := range wanted {
		if r.Kernel == kernels.GoNB {
			continue
		}
		group.Go(func() error {
			if err := r.ensure(m, groupContext, progress); err != nil {
				return kernelError{r.Kernel, err}
			}
			if r.Kernel == kernels.Live {
				close(liveMade)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if wants(wanted, kernels.GoNB) {
		return m.ensureGoNB(ctx, progress)
	}
	return nil
}

func wants(wanted []recipe, k *kernels.Kernel) bool {
	return slices.ContainsFunc(wanted, func(r recipe) bool { return r.Kernel == k })
}

// ready reports whether all is in place for some kernels.
func (m *machine) ready(ctx context.Context, wanted []recipe) bool {
	if !m.backendReady() || wants(wanted, kernels.GoNB) && m.build.Ldflags == "" {
		return false
	}
	for _, r := range wanted {
		if !r.ready(m, ctx) {
			return false
		}
	}
	return true
}

// backendReady reports whether a backend was chosen, without starting a
// process.
func (m *machine) backendReady() (ok bool) {
	if m.build, ok = m.cachedBuild(); ok {
		m.backend, ok = m.cachedBackend()
	}
	return ok
}
