package repl

import (
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/fakegateway"
)

// TestGateway runs a script on a kernel of a gateway whose connection breaks.
func TestGateway(t *testing.T) {
	var g *fakegateway.Gateway
	g = fakegateway.Start(fakegateway.Options{}, func() (*fakekernel.Kernel, error) {
		k, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) {
			x.Stdout("before ")
			x.Sleep(50 * time.Millisecond)
			g.Cut()
			x.Stdout("after")
		}})
		if err == nil {
			t.Cleanup(k.Close)
		}
		return k, err
	})
	t.Cleanup(g.Close)
	f := flagValues{gateway: g.URL(), kernel: fakegateway.Name, pictures: "auto", history: "none"}
	f.launch.StartTimeout = 10 * time.Second
	f.session.Code = []string{"x"}
	o, err := f.options(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := piped(t, "", *o)
	if err != nil || !strings.Contains(stdout, "before after") || !strings.Contains(stderr, "was made again") {
		t.Errorf("%v\n%s\n%s", err, stdout, stderr)
	}
	if g.Running() != 0 {
		t.Error("the kernel is left")
	}
}

func TestGatewayFlags(t *testing.T) {
	g := fakegateway.Start(fakegateway.Options{}, nil)
	t.Cleanup(g.Close)
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"-gateway", "here", "-e", "1"},
			"-gateway: the gateway's address is not of the form http://HOST:PORT or https://HOST/PATH",
			execute.ExitUsage},
		{[]string{"-gateway", g.URL(), "-kernel", "no", "-e", "1"}, `repl: cannot start kernel "no": gateway ` + g.URL() +
			": it has no kernel no; it has: fake", execute.ExitStartFailed},
		{[]string{"-gateway", g.URL(), "-existing", "-e", "1"},
			"-existing wants the id of a kernel on the gateway: -existing=ID",
			execute.ExitUsage},
		{[]string{"-gateway", g.URL(), "-existing=1", "-beside", "-e", "1"},
			"-beside is for kernels of this machine, not of a -gateway", execute.ExitUsage},
	} {
		err := Command().Run(t.Context(), c.args)
		if err == nil || err.Error() != c.want || execute.ExitCode(err) != c.code {
			t.Errorf("%q: %v, exit code %d", c.args, err, execute.ExitCode(err))
		}
	}
}
