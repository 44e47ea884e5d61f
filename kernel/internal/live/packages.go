package live

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

// addPackages makes packages available that the library does not have: it fetches
// and compiles them, and loads them into the process, once.
func (k *Kernel) addPackages(ctx context.Context, paths []string) error {
	plugin := filepath.Join(k.dir, fmt.Sprintf("packages%d.so", len(k.extra)+1))
	err := k.builder.Add(ctx, library.AddOptions{Dir: k.dir, Paths: paths, Fetch: k.fetch, Flags: k.flags, Plugin: plugin, Number: len(k.extra) + 1})
	if err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return &failure{name: goGetError, value: fmt.Sprintf("the packages %s cannot be used: %v", strings.Join(paths, ", "), err)}
	}
	k.session.Refresh(k.builder)
	k.extra = append(k.extra, plugin)
	return k.load(plugin)
}

// addSome makes those of the packages available that can be had, if several are wanted
// and not all can: a cell often imports more than it uses. A cell that uses one of the
// others is told why there is none.
func (k *Kernel) addSome(ctx context.Context, paths []string) error {
	err := k.addPackages(ctx, paths)
	if err == nil || len(paths) == 1 || ctx.Err() != nil {
		return err
	}
	why := k.builder.Unavailable(ctx, library.AddOptions{Dir: k.dir, Paths: paths, Fetch: k.fetch, Flags: k.flags})
	good := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return why[path] != nil })
	if ctx.Err() != nil || len(good) == 0 || len(good) == len(paths) {
		return err
	}
	for path, reason := range why {
		text := reason.Error()
		var tool *library.ToolError
		if errors.As(reason, &tool) {
			text = tool.Output
		}
		first, _, _ := strings.Cut(text, "\n")
		k.session.Unavailable(path, first)
		k.stderr("note: the package %s cannot be used: %s\n", path, first)
	}
	return k.addPackages(ctx, good)
}

// load opens a plugin with packages.
func (k *Kernel) load(plugin string) error {
	answer, err := k.process.do(k.server.ctx, host.Command{Path: plugin})
	if err != nil {
		return k.died(err)
	}
	if answer.Outcome != host.OK {
		return &failure{name: goGetError, value: "the packages cannot be loaded: " + answer.Error}
	}
	return nil
}

// loadExtra loads into a new process what the old one had.
func (k *Kernel) loadExtra() error {
	for _, plugin := range k.extra {
		answer, err := k.process.do(k.server.ctx, host.Command{Path: plugin})
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
func (k *Kernel) noticeChanges() {
	changed := k.library.Changed()
	key := strings.Join(changed, ", ")
	if key == k.warned {
		return
	}
	k.warned = key
	if key != "" {
		k.stderr("note: %s changed on disk; this session goes on with what it was built with. "+
			"`%%reload` builds anew and ends the process, `%%reload 1-3` also runs those cells again\n", key)
	}
}

// magicReload makes a library of the packages as they are now, starts a process on
// it and runs cells again.
func (k *Kernel) magicReload(x *execution, args []string) error {
	if k.options.Rebuild == nil {
		return wrong("%%reload is not to be had: this kernel was started without a way to build; restart it after `go run ./kernel setup`")
	}
	if _, err := k.cellNumbers(args); err != nil {
		return err
	}
	dir, err := k.options.Rebuild(x.ctx, func(text string) { k.stderr("%s\n", text) })
	if err != nil {
		if x.ctx.Err() != nil {
			return errInterrupted
		}
		return &failure{name: "BuildError", value: fmt.Sprintf("the packages cannot be built, this session goes on as it is: %v", err)}
	}
	l, err := library.Open(dir)
	if err != nil {
		return err
	}
	k.process.close()
	k.displays.close()
	k.builder.Close()
	k.library, k.builder, k.extra, k.warned = l, library.NewBuilder(l), nil, ""
	k.session.Refresh(k.builder)
	lost, _ := k.session.Restart("because the process was reloaded")
	if err := k.startProcess(); err != nil {
		return err
	}
	if len(lost) > 0 {
		k.stderr("lost are the values of %s\n", strings.Join(lost, ", "))
	}
	return k.magicRerun(x, args)
}
