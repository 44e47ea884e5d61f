// Kernel runs Go notebooks: it sets up what a machine needs for them, executes
// them headlessly and takes care of the kernels.
//
//	go run ./kernel run notebooks
//
// `go run ./kernel help` lists the commands. Each is a package below
// kernel/internal.
package main

import (
	"os"

	"github.com/gocifar/gocifar/kernel/internal/clean"
	"github.com/gocifar/gocifar/kernel/internal/command"
	"github.com/gocifar/gocifar/kernel/internal/doctor"
	"github.com/gocifar/gocifar/kernel/internal/lab"
	"github.com/gocifar/gocifar/kernel/internal/list"
	"github.com/gocifar/gocifar/kernel/internal/live"
	"github.com/gocifar/gocifar/kernel/internal/merge"
	"github.com/gocifar/gocifar/kernel/internal/repl"
	"github.com/gocifar/gocifar/kernel/internal/run"
	"github.com/gocifar/gocifar/kernel/internal/setup"
)

// commands are in the order of the help text.
func commands() []command.Command {
	return []command.Command{
		run.Command(), merge.Command(), repl.Command(), lab.Command(), setup.Command(), live.Command(), doctor.Command(),
		list.Command(), clean.Command(), setup.FetchCommand(),
	}
}

func main() { os.Exit(command.Main(commands(), os.Args[1:])) }
