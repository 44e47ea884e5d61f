package repl

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
)

// startRemote uses a kernel that a gateway starts.
func (f *flagValues) startRemote(ctx context.Context, o *Options) error {
	g, err := command.Gateway(f.gateway)
	if err != nil {
		return err
	}
	spec, err := g.Choose(ctx, kernels.Names(kernels.Wish{Asked: f.kernel, Language: "go"})...)
	if err != nil {
		return &execute.StartError{Path: "repl", Kernel: f.kernel, Reason: err}
	}
	o.Name, o.DisplayName, o.Language = spec.Name, spec.DisplayName, spec.Language
	options := gateway.StartOptions{Name: spec.Name, Dir: f.launch.Dir, Env: f.launch.Env}
	if !filepath.IsAbs(f.launch.Dir) {
		options.Path = filepath.ToSlash(f.launch.Dir)
	}
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		ctx, cancel := f.startLimit(ctx, "the kernel was not ready within %v")
		defer cancel()
		return g.Start(ctx, options)
	}
	return nil
}

// attachRemote uses a kernel that runs on a gateway.
func (f *flagValues) attachRemote(o *Options) error {
	if f.beside {
		return errors.New("-beside is for kernels of this machine, not of a -gateway")
	}
	if f.existing.file == "" {
		return errors.New("-existing wants the id of a kernel on the gateway: -existing=ID")
	}
	g, err := command.Gateway(f.gateway)
	if err != nil {
		return err
	}
	o.Attached, o.Name, o.DisplayName = true, f.existing.file, f.existing.file
	o.Start = func(ctx context.Context) (*jupyter.Kernel, error) {
		ctx, cancel := f.startLimit(ctx, "the kernel did not answer within %v")
		defer cancel()
		return g.Attach(ctx, f.existing.file)
	}
	return nil
}

func (f *flagValues) startLimit(ctx context.Context, text string) (context.Context, context.CancelFunc) {
	limit := f.launch.StartTimeout
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf(text, limit))
}
