package run

import (
	"path/filepath"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/fakegateway"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// TestGateway runs a notebook on a kernel of a gateway, and refuses what does
// not go there.
func TestGateway(t *testing.T) {
	g := fakegateway.Start(fakegateway.Options{}, func() (*fakekernel.Kernel, error) {
		k, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) { x.Stdout("there") }})
		if err == nil {
			t.Cleanup(k.Close)
		}
		return k, err
	})
	t.Cleanup(g.Close)
	dir := t.TempDir()
	path := filepath.Join(dir, "n.ipynb")
	nb := nbformat.New()
	nb.Insert(0, nbformat.NewCode("x"))
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) error {
		return Command().Run(t.Context(), append(append([]string{"-plain", "-gateway", g.URL(), "-kernel", fakegateway.Name,
			"-output", filepath.Join(dir, "out")}, args...), path))
	}
	if err := run("-env", "A=b", "-cwd", "below", "-data", "/pictures"); err != nil {
		t.Fatal(err)
	}
	done, err := nbformat.ReadFile(filepath.Join(dir, "out", "n.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if name, text := done.Cells[0].Outputs()[0].Stream(); name != "stdout" || text != "there" {
		t.Errorf("%s %q", name, text)
	}
	asked := g.Started()
	env := asked["env"].(map[string]any)
	if asked["path"] != "below" || env["A"] != "b" || env["GOCIFAR_HEADLESS"] != "1" {
		t.Errorf("asked for %v", asked)
	}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"-cover", "c.out"}, "-cover reads files that kernels write on this machine: it does not go with -gateway"},
		{[]string{"-data", "builtin"}, "-data builtin makes pictures on this machine: with -gateway give a " +
			"folder of the gateway's machine"},
		{[]string{"-gateway", "there"}, "-gateway: the gateway's address is not of the form http://HOST:PORT or " +
			"https://HOST/PATH"},
	} {
		if err := run(c.flags...); err == nil || err.Error() != c.want || execute.ExitCode(err) != execute.ExitUsage {
			t.Errorf("%q: %v", c.flags, err)
		}
	}
	t.Setenv("JUPYTER_GATEWAY_RETRY_MAX", "often")
	if err := run(); execute.ExitCode(err) != execute.ExitUsage {
		t.Errorf("a setting that makes no sense: %v", err)
	}
}
