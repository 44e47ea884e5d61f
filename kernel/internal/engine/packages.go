package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

// lateCompile is how long packages may take before a note says why the cell
// waits.
const lateCompile = 5 * time.Second

// addPackages makes packages available that the library does not have: it
// fetches and compiles them, and loads them into the process, once.
func (r *run) addPackages(paths []string) error {
	late := time.AfterFunc(lateCompile, func() {
		r.stderr("note: compiling %s, which happens once\n", strings.Join(paths, ", "))
	})
	defer late.Stop()
	load, err := r.compiler.Add(r.ctx, library.AddOptions{Dir: r.dir, Paths: paths, Fetch: r.fetch, Flags: r.flags})
	if err != nil {
		if r.ctx.Err() != nil {
			return errInterrupted
		}
		return &Failure{Name: goGetError, Value: fmt.Sprintf("the packages %s cannot be used: %s%v",
			strings.Join(paths, ", "), unfetched(err), err)}
	}
	r.session.Refresh(r.compiler)
	for i, shared := range load {
		c := host.Command{Path: shared}
		if err := r.load(c); err != nil {
			dropped := r.compiler.Drop(r.dir, load[i:])
			r.session.Refresh(r.compiler)
			return errors.Join(err, dropped)
		}
		r.extra = append(r.extra, c)
	}
	r.added = append(r.added, paths...)
	return r.tellHooks(r.ctx)
}

// noNetwork is what the go command says where it cannot fetch.
var noNetwork = regexp.MustCompile(`module lookup disabled by GOPROXY=off|dial tcp|no such host|proxyconnect`)

// unfetched begins the reason of an error if that is the network.
func unfetched(err error) string {
	if noNetwork.MatchString(err.Error()) {
		return "the module cache lacks what they need, and nothing can be fetched: "
	}
	return ""
}

// magicGet chooses versions of modules for the session: what the user's own module
// requires stays as it is.
func (r *run) magicGet(args []string) error {
	if len(args) == 0 {
		return magicErrorf("%%get wants modules, such as %%get github.com/fatih/color@v1.18.0")
	}
	if err := r.compiler.Get(r.ctx, r.dir, args); err != nil {
		if r.ctx.Err() != nil {
			return errInterrupted
		}
		return &Failure{Name: goGetError, Value: err.Error()}
	}
	return nil
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

// load opens a shared library with packages.
func (r *run) load(c host.Command) error {
	answer, err := r.do(c)
	if err != nil {
		return r.died(err)
	}
	switch answer.Outcome {
	case host.OK:
		return nil
	case host.Exited:
		answer.Error = fmt.Sprintf("their initialization ends the program with status %d", answer.Status)
	case host.Panicked:
		answer.Error = "their initialization panics: " + answer.Error
	}
	return &Failure{Name: goGetError, Value: "the packages cannot be loaded: " + answer.Error}
}

// loadExtra loads into a new process what the old one had.
func (e *Engine) loadExtra(ctx context.Context) error {
	for _, c := range e.extra {
		answer, err := e.process.do(ctx, c)
		if err == nil && answer.Outcome != host.OK {
			err = errors.New(answer.Error)
		}
		if err != nil {
			return fmt.Errorf("packages of this session cannot be loaded: %w", err)
		}
	}
	return nil
}

// takeEdits takes packages of the user that have been edited since the session
// took them. A process that cannot take new code beside the old is replaced.
func (r *run) takeEdits() error {
	changed := r.compiler.Changed()
	if len(changed) == 0 {
		return nil
	}
	edit, err := r.compiler.Edit(r.ctx, library.AddOptions{Dir: r.dir, Paths: r.added, Flags: r.flags})
	switch {
	case r.ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		if text := err.Error(); text != r.warned {
			r.warned = text
			r.stderr("note: %s changed on disk and cannot be compiled; this session goes on with the earlier code: %v\n",
				strings.Join(changed, ", "), err)
		}
		return nil
	case edit == nil:
		return nil
	}
	r.warned = ""
	if edit.Refused != "" && r.others() {
		r.stderr("note: %s changed on disk: %s; this takes a new process, which has to wait for the cells that run in "+
			"other consoles\n", strings.Join(changed, ", "), edit.Refused)
		return nil
	}
	if edit.Refused == "" {
		taken, err := r.takeEdit(edit)
		if err != nil {
			return err
		}
		if taken {
			r.sayEdit(edit)
		}
		return r.tellHooks(r.ctx)
	}
	return r.replaceProcess(strings.Join(changed, ", "), edit.Refused)
}

// edited is why values are lost.
const edited = "because packages were edited"

// replaceProcess goes on in a new process with edited packages, for a reason.
func (r *run) replaceProcess(changed, reason string) error {
	lost, err := r.reload(edited)
	if err != nil {
		return err
	}
	r.stderr("note: %s changed on disk: %s, so a new process has been started%s\n", changed, reason, lostValues(lost))
	return nil
}

func lostValues(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; lost are the values of " + strings.Join(names, ", ")
}

// takeEdit loads new code of packages. Values stay, but for those of packages
// that come in anew. If that cannot be, there is a new process.
func (r *run) takeEdit(edit *library.Edit) (taken bool, err error) {
	clear(r.loaded) // cells have code of packages in them
	for i, shared := range edit.Load {
		c := host.Command{Path: shared}
		if i == len(edit.Load)-1 {
			c.Replace = edit.Functions
		}
		if err := r.load(c); err != nil {
			var failure *Failure
			if !errors.As(err, &failure) || failure.Name != goGetError { // the process is gone
				return false, err
			}
			reason := failure.Value
			if edit.Why != "" {
				reason = edit.Why + ", and " + reason
			}
			return false, r.replaceProcess(strings.Join(edit.Packages, ", "), reason)
		}
		r.extra = append(r.extra, c)
	}
	r.session.Refresh(r.compiler)
	return true, nil
}

// sayEdit says what an edit means for values.
func (r *run) sayEdit(edit *library.Edit) {
	changed := strings.Join(edit.Packages, ", ")
	if len(edit.Anew) == 0 {
		r.stderr("note: %s changed on disk; new code is in place, and values stay\n", changed)
		return
	}
	lost, _ := r.session.Lose(edit.Left, edited)
	r.stderr("note: %s changed on disk: %s, so the variables and types of %s are new ones%s; other values stay, "+
		"in interfaces also those of old types\n", changed, edit.Why, strings.Join(edit.Anew, ", "), lostValues(lost))
}

// magicReload starts a process with the packages as they are now, and runs cells
// again.
func (r *run) magicReload(args []string) error {
	if r.others() {
		return magicErrorf("%%reload has to wait for the cells that run in other consoles: they would be lost")
	}
	if _, err := r.cellNumbers(args); err != nil {
		return err
	}
	lost, err := r.reload("because the process was reloaded")
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		r.stderr("lost are the values of %s\n", strings.Join(lost, ", "))
	}
	return r.magicRerun(args)
}

// reload takes the packages of the session as they are now into a new process,
// and says which values are lost. If packages cannot be had, nothing has
// changed.
func (r *run) reload(why string) (lost []string, err error) {
	compiler := r.newCompiler()
	var load []string
	if len(r.added) > 0 {
		load, err = compiler.Add(r.ctx, library.AddOptions{Dir: r.dir, Paths: r.added, Fetch: r.fetch, Flags: r.flags})
	}
	if err != nil {
		if r.ctx.Err() != nil {
			return nil, errInterrupted
		}
		return nil, &Failure{Name: buildError, Value: fmt.Sprintf(
			"the packages cannot be built, this session goes on as it is: %v", err)}
	}
	r.process.close()
	r.pipes.close()
	r.comms.close()
	r.compiler.Close()
	r.compiler, r.extra, r.warned = compiler, nil, ""
	for _, shared := range load {
		r.extra = append(r.extra, host.Command{Path: shared})
	}
	r.session.Refresh(r.compiler)
	lost, _ = r.session.Restart(why)
	return lost, r.startProcess(context.WithoutCancel(r.ctx))
}
