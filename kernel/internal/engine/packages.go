package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// addPackages makes packages available that the library does not have: it
// fetches and compiles them, and loads them into the process, once.
func (r *run) addPackages(paths []string) error {
	plugin := filepath.Join(r.dir, fmt.Sprintf("packages%d.so", len(r.extra)+1))
	err := r.compiler.Add(r.ctx, library.AddOptions{Dir: r.dir, Paths: paths, Fetch: r.fetch, Flags: r.flags,
		Plugin: plugin, Number: len(r.extra) + 1})
	if err != nil {
		if r.ctx.Err() != nil {
			return errInterrupted
		}
		return &Failure{Name: goGetError, Value: fmt.Sprintf("the packages %s cannot be used: %v",
			strings.Join(paths, ", "), err)}
	}
	r.session.Refresh(r.compiler)
	r.extra = append(r.extra, plugin)
	return r.load(plugin)
}

// addSome makes those of the packages available that can be had, if several are
// wanted and not all can: a cell often imports more than it uses. A cell that
// uses one of the others is told why there is none.
func (r *run) addSome(paths []string) error {
	err := r.addPackages(paths)
	if err == nil || len(paths) == 1 || r.ctx.Err() != nil {
		return err
	}
	why := r.compiler.Unavailable(r.ctx, library.AddOptions{Dir: r.dir, Paths: paths, Fetch: r.fetch, Flags: r.flags})
	good := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return why[path] != nil })
	if r.ctx.Err() != nil || len(good) == 0 || len(good) == len(paths) {
		return err
	}
	for path, reason := range why {
		text := reason.Error()
		var tool *library.ToolError
		if errors.As(reason, &tool) {
			text = tool.Output
		}
		first, _, _ := strings.Cut(text, "\n")
		r.session.Unavailable(path, first)
		r.stderr("note: the package %s cannot be used: %s\n", path, first)
	}
	return r.addPackages(good)
}

// load opens a plugin with packages.
func (r *run) load(plugin string) error {
	answer, err := r.process.do(context.WithoutCancel(r.ctx), host.Command{Path: plugin})
	if err != nil {
		return r.died(err)
	}
	if answer.Outcome != host.OK {
		return &Failure{Name: goGetError, Value: "the packages cannot be loaded: " + answer.Error}
	}
	return nil
}

// loadExtra loads into a new process what the old one had.
func (e *Engine) loadExtra(ctx context.Context) error {
	for _, plugin := range e.extra {
		answer, err := e.process.do(ctx, host.Command{Path: plugin})
		if err == nil && answer.Outcome != host.OK {
			err = errors.New(answer.Error)
		}
		if err != nil {
			return fmt.Errorf("packages of this session cannot be loaded: %w", err)
		}
	}
	return nil
}

// noticeChanges says that packages of the checkout have been edited since the
// library was made, once for each change.
func (e *Engine) noticeChanges() {
	changed := e.library.Changed()
	key := strings.Join(changed, ", ")
	if key == e.warned {
		return
	}
	e.warned = key
	if key != "" {
		e.stderr("note: %s changed on disk; this session goes on with what it was built with. "+
			"`%%reload` builds anew and ends the process, `%%reload 1-3` also runs those cells again\n", key)
	}
}

// magicReload makes a library of the packages as they are now, starts a process
// on it and runs cells again.
func (r *run) magicReload(args []string) error {
	if r.options.Rebuild == nil {
		return magicErrorf("%%reload is not to be had: this kernel was started without a way to build; " +
			"restart it after `go run ./kernel setup`")
	}
	if _, err := r.cellNumbers(args); err != nil {
		return err
	}
	dir, err := r.options.Rebuild(r.ctx, func(text string) { r.stderr("%s\n", text) })
	if err != nil {
		if r.ctx.Err() != nil {
			return errInterrupted
		}
		return &Failure{Name: buildError, Value: fmt.Sprintf(
			"the packages cannot be built, this session goes on as it is: %v", err)}
	}
	l, err := library.Open(dir)
	if err != nil {
		return err
	}
	r.process.close()
	r.pipes.close()
	r.compiler.Close()
	r.library, r.compiler, r.extra, r.warned = l, library.NewCompiler(l), nil, ""
	r.session.Refresh(r.compiler)
	lost, _ := r.session.Restart("because the process was reloaded")
	if err := r.startProcess(context.WithoutCancel(r.ctx)); err != nil {
		return err
	}
	if len(lost) > 0 {
		r.stderr("lost are the values of %s\n", strings.Join(lost, ", "))
	}
	return r.magicRerun(args)
}
