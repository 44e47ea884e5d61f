package execute

import (
	"context"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
)

// remoteName is the kernelspec of the gateway that runs the notebook. Go runs
// on whatever kernel of ours the gateway has.
func (r *run) remoteName(ctx context.Context, name string) (string, error) {
	names := kernels.Names(kernels.Wish{
		Asked: r.opts.Kernel, Named: r.nb.KernelName(), Language: r.nb.Language(), Middle: r.opts.From > 0,
	})
	if len(names) == 0 {
		names = []string{name}
	}
	spec, err := r.opts.Gateway.Choose(ctx, names...)
	if err != nil {
		return "", &StartError{Path: r.path, Kernel: names[0], Reason: err}
	}
	return spec.Name, nil
}

// remoteStart starts the kernel on the gateway. Given is the working folder
// that the caller asked for: if it is relative, a server that has a root folder
// takes it as one below.
func (o Options) remoteStart(given string) Starter {
	return func(ctx context.Context, name, dir string, env []string) (*jupyter.Kernel, error) {
		options := gateway.StartOptions{Name: name, Dir: dir, Env: env}
		if given != "" && !filepath.IsAbs(given) {
			options.Path = filepath.ToSlash(given)
		}
		return o.Gateway.Start(ctx, options)
	}
}
