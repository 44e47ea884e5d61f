package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
)

// silence keeps what the commands print out of the tests' output.
func silence(t *testing.T) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = null, null
	t.Cleanup(func() {
		os.Stdout, os.Stderr = stdout, stderr
		null.Close()
	})
}

func TestDispatch(t *testing.T) {
	silence(t)
	t.Chdir(t.TempDir()) // no checkout
	t.Setenv("GOCIFAR_CACHE", t.TempDir())
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	t.Setenv("JUPYTER_RUNTIME_DIR", t.TempDir())
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, exitUsage},
		{[]string{"help"}, exitOK},
		{[]string{"--help"}, exitOK},
		{[]string{"bogus"}, exitUsage},
		{[]string{"setup", "-h"}, exitOK},
		{[]string{"setup", "-bogus"}, exitUsage},
		{[]string{"setup", "extra"}, exitUsage},
		{[]string{"setup"}, exitFailed},
		{[]string{"doctor"}, exitFailed},
		{[]string{"list"}, exitOK},
		{[]string{"clean", "-n"}, exitOK},
		{[]string{"clean"}, exitOK},
		{[]string{"fetch-plugin"}, exitFailed},
		{[]string{"repl", "-h"}, exitOK},
		{[]string{"repl", "-bogus"}, exitUsage},
		{[]string{"repl", "-pictures", "ascii"}, exitUsage},
		{[]string{"repl", "-existing", "-kernel", "x"}, exitUsage},
		{[]string{"repl", "-existing"}, exitUsage}, // none is running
		{[]string{"repl", "-existing=none.json"}, exitUsage},
		{[]string{"repl", "-kernel", "no-such-kernel", "-e", "1"}, 5},
	} {
		if got := dispatch(c.args); got != c.want {
			t.Errorf("kernel %q exits with %d, want %d", c.args, got, c.want)
		}
	}
}

// coded is an error that chooses its exit code.
type coded int

func (c coded) Error() string { return "coded" }
func (c coded) ExitCode() int { return int(c) }

func TestReport(t *testing.T) {
	silence(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		err  error
		want int
	}{
		{t.Context(), nil, exitOK},
		{t.Context(), flag.ErrHelp, exitOK},
		{t.Context(), fmt.Errorf("x: %w", errUsage), exitUsage},
		{t.Context(), errors.New("x"), exitFailed},
		{t.Context(), fmt.Errorf("x: %w", coded(4)), 4},
		{t.Context(), context.Canceled, exitFailed}, // not by the user
		{cancelled, fmt.Errorf("x: %w", context.Canceled), exitInterrupted},
		{cancelled, errors.New("x"), exitFailed},
	} {
		if got := report(c.ctx, c.err); got != c.want {
			t.Errorf("report(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}
