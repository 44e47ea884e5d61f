// Package gateway runs kernels on a Jupyter Server, a Jupyter Kernel Gateway or
// a Jupyter Enterprise Gateway, as if they ran here: [Gateway.Start] returns a
// [jupyter.Kernel] like that of [jupyter.Launch].
//
//	options, err := gateway.FromEnvironment(os.Environ()) // JUPYTER_GATEWAY_URL and so on
//	g, err := gateway.New(options)
//	spec, err := g.Choose(ctx, "python3")
//	kernel, err := g.Start(ctx, gateway.StartOptions{Name: spec.Name})
//	defer kernel.Close()
//
// A kernel's life goes over the REST API
// (https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html),
// its messages over one websocket, in the form v1.kernel.websocket.jupyter.org
// or, with servers that do not know it, in the older one of JSON texts
// (https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html).
//
// # A connection that breaks
//
// It is made again, for as long as [Options] say. A Jupyter server keeps what a
// kernel sends while nobody is connected, and hands it to the session that
// comes back: this output is not lost. What the server had sent into the broken
// connection is: no message has a number, so neither side can tell what the
// other has got. An event with a [*jupyter.GapError] says so if a cell ran
// meanwhile. If the reply to the cell was lost, the kernel is asked something
// else when the server calls it idle; the answer comes after the reply, and
// tells that there is no reply to wait for.
//
// The package knows nothing of notebooks. README.md is for users.
package gateway
