// Package doctor is the command that looks at every part of a set-up.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"text/tabwriter"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/lab"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// Command is `kernel doctor`. It fails if the user has to do something.
func Command() command.Command {
	return command.Command{
		Name: "doctor", Summary: "check every part of the set-up and say what to do",
		Declare: func(*command.Flags) command.Action { return diagnose },
	}
}

func diagnose(ctx context.Context, _ []string) error {
	findings := append(setup.Diagnose(ctx, ""), jupyterLab(), labPort())
	if err := ctx.Err(); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.State, f.Part, f.Detail)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return verdict(findings)
}

// verdict says what to do, once for parts that want the same.
func verdict(findings []setup.Finding) error {
	said := make(map[string]bool)
	broken := false
	for _, f := range findings {
		broken = broken || f.State > setup.Absent
		if f.Remedy != "" && !said[f.Remedy] {
			said[f.Remedy] = true
			fmt.Printf("\n%s: %s\n", f.Part, f.Remedy)
		}
	}
	if broken {
		return errors.New("not everything is in order; see above")
	}
	return nil
}

// jupyterLab says which JupyterLab `kernel lab` would run.
func jupyterLab() setup.Finding {
	root, err := cachedir.Root()
	if err != nil {
		return setup.Finding{Part: "JupyterLab", State: setup.Broken, Detail: err.Error()}
	}
	path, err := lab.Installed(root)
	switch {
	case err != nil:
		return setup.Finding{Part: "JupyterLab", State: setup.Absent, Detail: err.Error()}
	case path == "":
		return setup.Finding{Part: "JupyterLab", State: setup.Absent,
			Detail: "not found; `go run ./kernel lab` installs version " + lab.Version + " for itself"}
	}
	return setup.Finding{Part: "JupyterLab", State: setup.Fine, Detail: path}
}

// labPort says whether Jupyter's usual port is free.
func labPort() setup.Finding {
	const port = "8888"
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return setup.Finding{Part: "port " + port, State: setup.Absent,
			Detail: "taken; JupyterLab will use the next one that is free"}
	}
	listener.Close()
	return setup.Finding{Part: "port " + port, State: setup.Fine, Detail: "free for JupyterLab"}
}
