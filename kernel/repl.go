package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/repl"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// replFlags are the flags of `kernel repl`.
type replFlags struct {
	kernel, cwd, pictures, history string
	existing                       existingFlag
	code, env                      listFlag
	timeout, startTimeout          time.Duration
	timing                         bool
}

// existingFlag is -existing or -existing=FILE.
type existingFlag struct {
	set  bool
	file string
}

func (e *existingFlag) String() string   { return e.file }
func (e *existingFlag) IsBoolFlag() bool { return true }

// Set takes the file; "true" is the flag without one.
func (e *existingFlag) Set(value string) error {
	e.set = value != "false"
	if value != "true" && value != "false" {
		e.file = value
	}
	return nil
}

func (f *replFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.kernel, "kernel", "", "`name` of the kernelspec; by default our live kernel, or GoNB where there is none")
	flags.Var(&f.existing, "existing", "use a kernel that is running: the newest, or the one with this connection `file` (a path, or part of its name)")
	flags.Var(&f.code, "e", "`code` to run instead of asking for any; may be repeated")
	flags.StringVar(&f.cwd, "cwd", "", "working `folder` of the kernel")
	flags.Var(&f.env, "env", "`NAME=value` for the kernel; may be repeated")
	flags.DurationVar(&f.timeout, "timeout", 0, "how long an input may run, 0 for ever")
	flags.DurationVar(&f.startTimeout, "start-timeout", time.Minute, "how long the kernel may take to start")
	flags.StringVar(&f.pictures, "pictures", "auto", "how to show pictures: kitty, iterm2, sixel, blocks, none, or auto")
	flags.StringVar(&f.history, "history", "", "`file` that keeps the inputs, or the word none; by default one in the cache folder")
	flags.BoolVar(&f.timing, "timing", false, "show how long inputs take")
}

// runREPL is `kernel repl`.
func runREPL(ctx context.Context, args []string) error {
	var f replFlags
	flags := flag.NewFlagSet("repl", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./kernel repl [flags] [NOTEBOOK|CODE FILE...]\n\n"+
			"Asks for code and runs it; -e, files, or what comes through a pipe run as a script.\n\n")
		flags.PrintDefaults()
	}
	f.define(flags)
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	options, err := f.options(ctx, flags.Args())
	if err == nil {
		err = repl.Run(ctx, *options)
	}
	if errors.Is(err, context.Canceled) {
		return exitError{err}
	}
	return withExitCode(err)
}

func (f *replFlags) options(ctx context.Context, args []string) (*repl.Options, error) {
	usage := func(err error) (*repl.Options, error) { return nil, &execute.UsageError{Reason: err} }
	o := &repl.Options{Code: f.code, Timing: f.timing, CellTimeout: f.timeout, Files: args}
	if f.pictures != "auto" {
		protocol, err := picture.ParseProtocol(f.pictures)
		if err != nil {
			return usage(err)
		}
		o.Pictures = protocol
	}
	if f.existing.set {
		if f.kernel != "" {
			return usage(errors.New("-existing uses a kernel that is running, -kernel starts one: give one of them"))
		}
		if f.existing.file == "" && len(args) == 1 && filepath.Ext(args[0]) == ".json" { // -existing FILE
			f.existing.file, o.Files = args[0], nil
		}
		if err := f.attach(o); err != nil {
			return usage(err)
		}
	} else if err := f.launch(ctx, o); err != nil {
		return nil, err
	}
	var err error
	o.History, err = f.historyFile(o.Language)
	return o, err
}

// historyFile keeps the languages apart.
func (f *replFlags) historyFile(language string) (string, error) {
	switch f.history {
	case "none":
		return "", nil
	case "":
	default:
		return f.history, nil
	}
	if language == "" {
		language = "unknown"
	}
	root, err := cachedir.Root()
	return filepath.Join(root, "repl", "history-"+strings.ToLower(filepath.Base(language))+".jsonl"), err
}

// attach uses a kernel that is running.
func (f *replFlags) attach(o *repl.Options) error {
	path, err := jupyter.FindConnectionFile(f.existing.file)
	if err != nil {
		return err
	}
	info, err := jupyter.ReadConnectionFile(path)
	if err != nil {
		return err
	}
	o.Attached, o.Name, o.DisplayName = true, info.KernelName, info.KernelName
	if spec, err := jupyter.FindSpec(info.KernelName, installedSpecs(context.Background())...); err == nil {
		o.DisplayName, o.Language = spec.DisplayName, spec.Language
	}
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, f.startTimeout,
			fmt.Errorf("no kernel answers at %s within %v", path, f.startTimeout))
		defer cancel()
		return jupyter.Attach(ctx, info)
	}
	return nil
}

// launch finds a kernelspec; our own are set up if need be.
func (f *replFlags) launch(ctx context.Context, o *repl.Options) error {
	spec, err := f.findSpec(ctx)
	if err != nil {
		return err
	}
	o.Name, o.DisplayName, o.Language = spec.Name, spec.DisplayName, spec.Language
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		return jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec, Dir: f.cwd, Env: f.env, StartTimeout: f.startTimeout})
	}
	return nil
}

func (f *replFlags) findSpec(ctx context.Context) (*jupyter.Spec, error) {
	switch f.kernel {
	case "":
		if library.Supported() != nil {
			return ownSpec(ctx, false)
		}
		spec, err := ownSpec(ctx, true)
		if err == nil || ctx.Err() != nil {
			return spec, err
		}
		fmt.Fprintf(os.Stderr, "warning: the live kernel cannot be had, so this is GoNB: %v\n", err)
		return ownSpec(ctx, false)
	case setup.LiveKernelName:
		return ownSpec(ctx, true)
	case setup.KernelName:
		return ownSpec(ctx, false)
	}
	spec, err := jupyter.FindSpec(f.kernel, installedSpecs(ctx)...)
	if err != nil {
		return nil, &execute.StartError{Path: "repl", Kernel: f.kernel, Reason: err}
	}
	return spec, nil
}

// ownSpec is the kernelspec of one of our kernels, which is set up if need be.
func ownSpec(ctx context.Context, live bool) (*jupyter.Spec, error) {
	installed := setup.Installed
	if live {
		installed = setup.InstalledLive
	}
	dir, ok := installed(ctx)
	if !ok {
		environment, err := setup.Ensure(ctx, setup.Options{Live: live, Progress: setup.NewProgress(os.Stderr)})
		if err != nil {
			return nil, err
		}
		for _, warning := range environment.Warnings {
			fmt.Fprintln(os.Stderr, "warning:", warning)
		}
		if dir = environment.SpecDir; live {
			dir = environment.LiveSpecDir
		}
	}
	return jupyter.ReadSpec(dir)
}

// installedSpecs are the folders of our own kernelspecs that are there.
func installedSpecs(ctx context.Context) []string {
	var dirs []string
	for _, installed := range []func(context.Context) (string, bool){setup.InstalledLive, setup.Installed} {
		if dir, ok := installed(ctx); ok {
			dirs = append(dirs, filepath.Dir(dir))
		}
	}
	return dirs
}
