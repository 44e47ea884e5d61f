package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
)

func TestExit(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		err  error
		want int
	}{
		{t.Context(), nil, execute.ExitOK},
		{t.Context(), Usagef("x"), execute.ExitUsage},
		{t.Context(), errors.New("x"), execute.ExitFailed},
		{t.Context(), fmt.Errorf("x: %w", &execute.SaveError{Reason: errors.New("y")}), execute.ExitSaveFailed},
		{t.Context(), context.Canceled, execute.ExitFailed}, // not by the user
		{t.Context(), ErrInterrupted, execute.ExitInterrupted},
		{canceled, fmt.Errorf("x: %w", context.Canceled), execute.ExitInterrupted},
		{canceled, errors.New("x"), execute.ExitFailed},
	} {
		if got := exit(c.ctx, c.err); got != c.want {
			t.Errorf("exit(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}

// demo is a command whose error says what it got.
func demo() Command {
	return Command{
		Name: "demo", Summary: "show how commands work", Arguments: "FILE...",
		Declare: func(flags *Flags) Action {
			var names []string
			flags.Group("Names")
			flags.ListVar(&names, "name", "`word` to say")
			flags.Group("Time")
			limit := flags.Duration("limit", time.Minute, "how long to wait")
			return func(_ context.Context, args []string) error { return fmt.Errorf("%v %v %v", names, *limit, args) }
		},
	}
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"-name", "a", "-name", "b", "x"}, "[a b] 1m0s [x]", execute.ExitFailed},
		{[]string{"-limit", "2s"}, "[] 2s []", execute.ExitFailed},
		{[]string{"-bogus"}, "demo: flag provided but not defined: -bogus; `go run ./kernel demo -h` lists the flags",
			execute.ExitUsage},
	} {
		err := demo().Run(t.Context(), c.args)
		if err == nil || err.Error() != c.want || execute.ExitCode(err) != c.code {
			t.Errorf("%q: %v, want %s", c.args, err, c.want)
		}
	}
	alone := demo()
	alone.Arguments = ""
	if err := alone.Run(t.Context(), []string{"x"}); err == nil ||
		err.Error() != `demo: it takes no arguments, got ["x"]` {
		t.Errorf("%v", err)
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	demo().help(&out)
	const want = `usage: go run ./kernel demo [flags] FILE...

show how commands work

Names:
  -name word  word to say; may be repeated

Time:
  -limit duration  how long to wait (1m0s)

Exit codes:
  0    all is well
  1    something went wrong
  2    the command line is wrong
  130  interrupted
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}
