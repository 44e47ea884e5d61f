// Command check compares the weights and features on this machine with their
// hashes, changes nothing, and prints a line for each file: the word ok or
// damaged, a tab, "weights" or "features", a tab, and what there is.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gocifar/gocifar/layers/getfile"
	"github.com/gocifar/gocifar/transfer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr))
}

// run returns the exit code. Damage is what it prints, not a failure of its
// own.
func run(ctx context.Context, stdout, stderr io.Writer) int {
	files, err := transfer.CheckCache(ctx)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "check: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "check:", err)
		return 1
	}
	for _, f := range files {
		state, what := "ok", f.What
		if f.Damage != nil {
			state, what = "damaged", f.Damage.Error()
		}
		fmt.Fprintf(stdout, "%s\t%s\t%s: %s\n", state, f.Part, getfile.Tilde(f.Path), what)
	}
	return 0
}
