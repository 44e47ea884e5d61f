package main

import (
	"os"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/command"
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
	t.Chdir(t.TempDir())          // no checkout
	t.Setenv("PATH", t.TempDir()) // nor a go command
	t.Setenv("GOCIFAR_CACHE", t.TempDir())
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	t.Setenv("JUPYTER_RUNTIME_DIR", t.TempDir())
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, execute.ExitUsage},
		{[]string{"help"}, execute.ExitOK},
		{[]string{"--help"}, execute.ExitOK},
		{[]string{"bogus"}, execute.ExitUsage},
		{[]string{"run", "-h"}, execute.ExitOK},
		{[]string{"run", "-bogus"}, execute.ExitUsage},
		{[]string{"live"}, execute.ExitUsage}, // without a connection
		{[]string{"setup", "-h"}, execute.ExitOK},
		{[]string{"setup", "-bogus"}, execute.ExitUsage},
		{[]string{"setup", "extra"}, execute.ExitUsage},
		{[]string{"setup"}, execute.ExitFailed},
		{[]string{"doctor"}, execute.ExitFailed},
		{[]string{"list"}, execute.ExitOK},
		{[]string{"clean", "-n"}, execute.ExitOK},
		{[]string{"clean"}, execute.ExitOK},
		{[]string{"fetch-plugin"}, execute.ExitFailed},
		{[]string{"repl", "-h"}, execute.ExitOK},
		{[]string{"repl", "-bogus"}, execute.ExitUsage},
		{[]string{"repl", "-pictures", "ascii"}, execute.ExitUsage},
		{[]string{"repl", "-existing", "-kernel", "x"}, execute.ExitUsage},
		{[]string{"repl", "-existing"}, execute.ExitUsage}, // none is running
		{[]string{"repl", "-existing=none.json"}, execute.ExitUsage},
		{[]string{"repl", "-kernel", "no-such-kernel", "-e", "1"}, execute.ExitStartFailed},
	} {
		if got := command.Main(commands(), c.args); got != c.want {
			t.Errorf("kernel %q exits with %d, want %d", c.args, got, c.want)
		}
	}
}

// TestEveryFlagStandsInAGroup: the help of a command shows its flags in groups.
func TestEveryFlagStandsInAGroup(t *testing.T) {
	for _, c := range commands() {
		for _, group := range c.Groups() {
			for _, one := range group.Flags {
				if group.Title == "" {
					t.Errorf("%s: -%s stands in no group", c.Name, one.Name)
				}
				if strings.Contains(one.Usage, "\n") || len(one.Usage) > 120 {
					t.Errorf("%s: -%s does not fit a line: %q", c.Name, one.Name, one.Usage)
				}
			}
			if len(group.Flags) == 0 {
				t.Errorf("%s: the group %q is empty", c.Name, group.Title)
			}
		}
	}
}
