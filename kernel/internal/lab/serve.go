package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gocifar/gocifar/internal/child"
)

// Options say how JupyterLab is run.
type Options struct {
	Program  string   // see [Find]
	DataDirs []string // Jupyter data folders, whose "kernels" hold kernelspecs
	Root     string   // the folder that the file browser shows
	Open     string   // the folder in it that is opened first, with slashes
	Port     int      // 0 leaves the choice to Jupyter
	Browser  bool     // open one
	Args     []string // more arguments for Jupyter
	Log      io.Writer
}

// endTime is how long JupyterLab may take to end its kernels.
const endTime = 10 * time.Second

// Serve runs JupyterLab until it ends by itself or ctx does; then it, its
// kernels and whatever it started are gone. Ending because ctx did is no error.
func Serve(ctx context.Context, o Options) error {
	cmd := exec.Command(o.Program, o.arguments()...)
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+strings.Join(o.searchPath(), string(os.PathListSeparator)))
	cmd.Stdout, cmd.Stderr = o.Log, o.Log
	// A group of its own: Ctrl-C comes through here, as SIGTERM, because at
	// SIGINT Jupyter asks whether it is meant.
	child.OwnGroup(cmd)
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("JupyterLab does not start: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer child.Signal(cmd.Process.Pid, syscall.SIGKILL) // what is left
	select {
	case err := <-ended:
		return failure(err)
	case <-ctx.Done():
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("JupyterLab cannot be ended: %w", err)
	}
	select {
	case <-ended:
		return nil
	case <-time.After(endTime):
		_ = child.Signal(cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		return fmt.Errorf("JupyterLab did not end within %v and was killed; its kernels may be left", endTime)
	}
}

func failure(err error) error {
	if err != nil {
		return fmt.Errorf("JupyterLab ended: %w", err)
	}
	return nil
}

func (o Options) arguments() []string {
	args := []string{"--ServerApp.root_dir=" + o.Root, "--LabApp.default_url=/lab/tree/" + o.Open,
		"--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"}
	if o.Port != 0 {
		// That port or none: whoever asks for one looks there.
		args = append(args, fmt.Sprintf("--ServerApp.port=%d", o.Port), "--ServerApp.port_retries=0")
	}
	if !o.Browser {
		args = append(args, "--ServerApp.open_browser=False")
	}
	return append(args, o.Args...)
}

// searchPath is ours before what the user has.
func (o Options) searchPath() []string {
	var dirs []string
	for _, dir := range o.DataDirs {
		if abs, err := filepath.Abs(dir); err == nil {
			dirs = append(dirs, abs)
		}
	}
	if path := os.Getenv("JUPYTER_PATH"); path != "" {
		dirs = append(dirs, path)
	}
	return dirs
}
