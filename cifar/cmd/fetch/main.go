// Command fetch gets CIFAR-10 ready: it resolves, downloads, checks and
// extracts the data as cifar.Load does, and prints where they are, on one
// line: the absolute path of the folder that holds the batches, or the word
// builtin where only the generated drawings can be had. What it prints is fit
// for the environment variable CIFAR10_DIR. Progress and notes go to the
// standard error.
//
// Usage:
//
//	go run github.com/gocifar/gocifar/cifar/cmd/fetch [-data PATH]
//	go run github.com/gocifar/gocifar/cifar/cmd/fetch -check
//
// With -check it fetches nothing and compares what the cache holds with its
// hashes. It prints a line for each extracted archive: the word ok or damaged,
// a tab, "data", a tab, and what there is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gocifar/gocifar/cifar"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0, 1 for data that cannot be used, 2 for wrong
// arguments, 130 after an interrupt.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	flags.SetOutput(stderr)
	path := flags.String("data", "",
		"a `folder`, archive or the word builtin (default: CIFAR10_DIR, the cache, the network)")
	check := flags.Bool("check", false, "only compare what the cache holds with its hashes")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "fetch: unexpected argument %q: want only -data PATH\n", flags.Arg(0))
		return 2
	}
	if *check {
		return checkCache(ctx, stdout, stderr)
	}
	data, err := cifar.Load(ctx, cifar.From(*path), cifar.RetryNetwork(), cifar.OnProgress(cifar.PrintProgress(stderr)))
	if code := failure(ctx, stderr, err); code != 0 {
		return code
	}
	fmt.Fprintf(stderr, "%s: %d training and %d test pictures, %s\n",
		data.Name, data.Train.Len(), data.Test.Len(), data.Source)
	if data.Source.Kind == cifar.Builtin {
		fmt.Fprintln(stdout, cifar.Builtin)
	} else {
		fmt.Fprintln(stdout, data.Source.Folder)
	}
	return 0
}

// failure says what went wrong, if anything did, and returns the exit code.
func failure(ctx context.Context, stderr io.Writer, err error) int {
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "fetch: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(stderr, "fetch:", err)
		return 1
	}
	return 0
}

// checkCache is -check. Damage is what it prints, not a failure of its own.
func checkCache(ctx context.Context, stdout, stderr io.Writer) int {
	archives, err := cifar.CheckCache(ctx)
	if code := failure(ctx, stderr, err); code != 0 {
		return code
	}
	for _, a := range archives {
		state, what := "ok", "hashes as extracted"
		switch {
		case a.Damage != nil:
			state, what = "damaged", a.Damage.Error()
		case !a.Hashed:
			what = "sizes as they should be, hashes were not taken"
		}
		if a.Official {
			what += ", from the official archive"
		}
		fmt.Fprintf(stdout, "%s\tdata\t%s in %s: %s\n", state, a.Name, a.Folder, what)
	}
	return 0
}
