package repl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/repl/picture"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Command is `kernel repl`.
func Command() command.Command {
	return command.Command{
		Name: "repl", Summary: "a console for the live kernel or any other", Arguments: "[NOTEBOOK|CODE FILE...]",
		About:       "Asks for code and runs it; -e, files, or what comes through a pipe run as a script.",
		Interactive: true, RunsCells: true,
		Declare: func(flags *command.Flags) command.Action {
			var f flagValues
			f.declare(flags)
			return f.run
		},
	}
}

func (f *flagValues) run(ctx context.Context, args []string) error {
	options, err := f.options(ctx, args)
	if err == nil && !options.scripted() && f.gateway == "" && kernels.Named(options.Name) != nil {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go setup.EnsureExtras(ctx, ".")
	}
	if err == nil {
		err = Run(ctx, *options)
	}
	if errors.Is(err, context.Canceled) {
		return command.ErrInterrupted
	}
	return err
}

// flagValues are the flags of `kernel repl`.
type flagValues struct {
	session           Options // but for the kernel
	kernel, gateway   string
	launch            jupyter.LaunchOptions
	existing          existingFlag
	beside            bool
	pictures, history string
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

func (f *flagValues) declare(flags *command.Flags) {
	flags.Group("What to run")
	flags.ListVar(&f.session.Code, "e", "`code` to run instead of asking for any")
	flags.DurationVar(&f.session.CellTimeout, "timeout", 0, "how long an input may run, 0 for ever")

	flags.Group("Kernel")
	flags.StringVar(&f.kernel, "kernel", "",
		"`name` of the kernelspec, gonb for GoNB; by default the live kernel, or GoNB where there is none")
	flags.GatewayFlag(&f.gateway)
	flags.Var(&f.existing, "existing",
		"use a running kernel: the newest, or the one with this connection `file` (or part of its name; id on a gateway)")
	flags.BoolVar(&f.beside, "beside", false,
		"with -existing: run beside the cells of others, on the same values, also while one of theirs runs (a subshell)")
	flags.StringVar(&f.launch.Dir, "cwd", "", "working `folder` of the kernel")
	flags.ListVar(&f.launch.Env, "env", "`NAME=value` for the kernel")
	flags.DurationVar(&f.launch.StartTimeout, "start-timeout", time.Minute, "how long the kernel may take to start")

	flags.Group("Console")
	flags.StringVar(&f.pictures, "pictures", "auto", "how to show pictures: kitty, iterm2, sixel, blocks, none, or auto")
	flags.StringVar(&f.history, "history", "",
		"`file` that keeps the inputs, or the word none; by default one in the cache folder")
	flags.BoolVar(&f.session.Timing, "timing", false, "show how long inputs take")
}

func (f *flagValues) options(ctx context.Context, args []string) (*Options, error) {
	o := &f.session
	o.Files = args
	if f.pictures != "auto" {
		protocol, err := picture.ParseProtocol(f.pictures)
		if err != nil {
			return nil, command.Usagef("%w", err)
		}
		o.Pictures = protocol
	}
	if f.beside && !f.existing.set {
		return nil, command.Usagef("-beside is for -existing: a kernel that is started here has nothing else to run")
	}
	if f.existing.set {
		if f.kernel != "" {
			return nil, command.Usagef("-existing uses a kernel that is running, -kernel starts one: give one of them")
		}
		if f.gateway == "" && f.existing.file == "" && len(args) == 1 && filepath.Ext(args[0]) == ".json" { // -existing FILE
			f.existing.file, o.Files = args[0], nil
		}
		attach := f.attach
		if f.gateway != "" {
			attach = f.attachRemote
		}
		if err := attach(o); err != nil {
			return nil, command.Usagef("%w", err)
		}
	} else if f.gateway != "" {
		if err := f.startRemote(ctx, o); err != nil {
			return nil, err
		}
	} else if err := f.start(ctx, o); err != nil {
		return nil, err
	}
	var err error
	o.History, err = f.historyFile(o.Language)
	return o, err
}

// historyFile keeps the languages apart.
func (f *flagValues) historyFile(language string) (string, error) {
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
func (f *flagValues) attach(o *Options) error {
	path, err := jupyter.FindConnectionFile(f.existing.file)
	if err != nil {
		return err
	}
	info, err := jupyter.ReadConnectionFile(path)
	if err != nil {
		return err
	}
	o.Attached, o.Name, o.DisplayName = true, info.KernelName, info.KernelName
	if spec, err := jupyter.FindSpec(info.KernelName, setup.SpecDirs(context.Background())...); err == nil {
		o.DisplayName, o.Language = spec.DisplayName, spec.Language
	}
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, f.launch.StartTimeout,
			fmt.Errorf("no kernel answers at %s within %v", path, f.launch.StartTimeout))
		defer cancel()
		if f.beside {
			return jupyter.AttachSubshell(ctx, info)
		}
		return jupyter.Attach(ctx, info)
	}
	return nil
}

// start finds a kernelspec; our own are set up if need be.
func (f *flagValues) start(ctx context.Context, o *Options) error {
	spec, err := f.findSpec(ctx)
	if err != nil {
		return err
	}
	f.launch.Spec = spec
	o.Name, o.DisplayName, o.Language = spec.Name, spec.DisplayName, spec.Language
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		return jupyter.Launch(ctx, f.launch)
	}
	return nil
}

// findSpec finds the kernelspec; our own kernels are set up if need be.
func (f *flagValues) findSpec(ctx context.Context) (*jupyter.Spec, error) {
	k, firm := kernels.Choose(kernels.Wish{Asked: f.kernel, Language: "go"})
	if k == nil {
		spec, err := jupyter.FindSpec(f.kernel, setup.SpecDirs(ctx)...)
		if err != nil {
			return nil, &execute.StartError{Path: "repl", Kernel: f.kernel, Reason: err}
		}
		return spec, nil
	}
	environment, err := setup.Ensure(ctx, setup.Options{
		Kernels: []*kernels.Kernel{k}, Fallback: !firm, Progress: setup.NewProgress(os.Stderr),
	})
	if err != nil {
		return nil, err
	}
	command.PrintWarnings(environment.Warnings)
	return jupyter.ReadSpec(environment.Kernel(k).SpecDir)
}
