package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Spec is a kernel that a gateway can start.
type Spec struct {
	Name, DisplayName, Language string
}

// Specs lists the kernels that the gateway can start, by name, and the name of
// its default.
func (g *Gateway) Specs(ctx context.Context) (specs []Spec, byDefault string, err error) {
	if err := g.check(ctx); err != nil {
		return nil, "", err
	}
	var answer struct {
		Default     string
		Kernelspecs map[string]struct {
			Name string
			Spec struct {
				DisplayName string `json:"display_name"`
				Language    string
			}
		}
	}
	if err := g.call(ctx, http.MethodGet, "/api/kernelspecs", nil, &answer); err != nil {
		return nil, "", err
	}
	for name, s := range answer.Kernelspecs {
		specs = append(specs, Spec{cmp.Or(s.Name, name), s.Spec.DisplayName, s.Spec.Language})
	}
	slices.SortFunc(specs, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return specs, answer.Default, nil
}

// Choose returns the first of the kernels with these names that the gateway
// has; without any name the gateway's default.
func (g *Gateway) Choose(ctx context.Context, names ...string) (Spec, error) {
	specs, byDefault, err := g.Specs(ctx)
	if err != nil {
		return Spec{}, err
	}
	wanted := names
	if len(wanted) == 0 {
		wanted = []string{byDefault}
	}
	var have []string
	for _, name := range wanted {
		for _, s := range specs {
			if s.Name == name {
				return s, nil
			}
		}
	}
	for _, s := range specs {
		have = append(have, s.Name)
	}
	return Spec{}, g.errorf("it has no kernel %s; it has: %s", strings.Join(wanted, " or "),
		cmp.Or(strings.Join(have, ", "), "none"))
}

// StartOptions say which kernel is started and how.
type StartOptions struct {
	// Name is the kernelspec's, see [Gateway.Choose].
	Name string
	// Dir is told as the variable KERNEL_WORKING_DIR, which gateways may obey
	// if they see the same folder; Path is a folder below the root folder of a
	// Jupyter Server. Kernels run where the server pleases otherwise.
	Dir, Path string
	// Env are variables for the kernel, "NAME=value". They go with the request
	// to start it, of which a Jupyter Server takes none and other gateways
	// those that they are configured to; IPython, GoNB and the live kernel have
	// them set by a cell that nobody sees as well.
	Env []string
}

// ErrNoStart is the error of a kernel that the gateway has started and that did
// not get ready.
var ErrNoStart = errors.New("the kernel did not get ready")

// Start starts a kernel and returns when it is ready. If it does not get ready
// until ctx ends, it is ended.
func (g *Gateway) Start(ctx context.Context, options StartOptions) (*jupyter.Kernel, error) {
	if err := g.check(ctx); err != nil {
		return nil, err
	}
	r, err := g.create(ctx, options)
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrNoStart, err), r.discard())
	}
	k, err := jupyter.Use(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoStart, err)
	}
	if err := setVariables(ctx, k, options.Env); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// model is what a gateway says of a kernel.
type model struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	State       string `json:"execution_state"`
	Connections int    `json:"connections"`
	Reason      string `json:"reason"`
}

// lateStart is how long the answer to the request for a kernel is waited for
// after ctx has ended, so that the kernel can be ended.
const lateStart = 5 * time.Second

// create asks for a kernel. The request goes on when ctx ends: of a request
// that is cut short nobody knows whether there is a kernel now.
func (g *Gateway) create(ctx context.Context, options StartOptions) (*remote, error) {
	env := map[string]string{}
	if options.Dir != "" {
		env["KERNEL_WORKING_DIR"] = options.Dir
	}
	for _, entry := range slices.Concat(g.options.Env, options.Env) {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	body := map[string]any{"name": options.Name, "env": env}
	if options.Path != "" {
		body["path"] = options.Path
	}
	type outcome struct {
		model model
		err   error
	}
	answered := make(chan outcome, 1)
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		var o outcome
		o.err = g.callFor(asking, http.MethodPost, "/api/kernels", body, &o.model)
		if o.err == nil && o.model.ID == "" {
			o.err = g.errorf("POST /api/kernels: its answer names no kernel")
		}
		answered <- o
	}()
	defer cancel()
	select {
	case o := <-answered:
		if o.err != nil {
			return nil, o.err
		}
		return newRemote(g, o.model.ID, true), nil
	case <-ctx.Done():
	}
	select {
	case o := <-answered:
		if o.err == nil {
			return nil, errors.Join(context.Cause(ctx), newRemote(g, o.model.ID, true).discard())
		}
	case <-time.After(lateStart):
		return nil, fmt.Errorf("%w; the gateway may start the kernel all the same", context.Cause(ctx))
	}
	return nil, context.Cause(ctx)
}

// Attach connects to a kernel that runs on the gateway, by its id. Closing it
// leaves it running.
func (g *Gateway) Attach(ctx context.Context, id string) (*jupyter.Kernel, error) {
	if err := g.check(ctx); err != nil {
		return nil, err
	}
	r := newRemote(g, id, false)
	m, err := r.model(ctx)
	if isGone(err) {
		return nil, g.errorf("no kernel %s runs there", id)
	}
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	k, err := jupyter.Use(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("kernel %s (%s): %w", m.Name, id, err)
	}
	return k, nil
}
