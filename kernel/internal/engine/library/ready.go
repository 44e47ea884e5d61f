package library

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
)

// pipeFile is the name of the pipe in a waiting program.
const pipeFile = "/proc/self/fd/3"

// waiting is a program that has started and waits for the content of one file,
// which is a pipe. If we end, it reads the end of the file and ends, too.
type waiting struct {
	cmd    *exec.Cmd
	pipe   *os.File
	cancel context.CancelFunc
	out    bytes.Buffer
}

// startWaiting starts a program, one of whose arguments names pipeFile.
func startWaiting(env []string, name string, args ...string) (*waiting, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	p := &waiting{pipe: w, cancel: cancel, cmd: command(ctx, name, args...)}
	p.cmd.Env, p.cmd.ExtraFiles, p.cmd.Stdout, p.cmd.Stderr = env, []*os.File{r}, &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		w.Close()
		cancel()
		return nil, err
	}
	return p, nil
}

// finish gives the program what its pipe holds and waits for its end.
func (p *waiting) finish(ctx context.Context, content []byte) error {
	defer p.cancel()
	stop := context.AfterFunc(ctx, p.cancel)
	defer stop()
	_, writing := p.pipe.Write(content)
	closing := p.pipe.Close()
	err := p.cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return toolError(err, p.out.String())
	}
	return errors.Join(writing, closing)
}

// drop ends the program.
func (p *waiting) drop() {
	if p == nil {
		return
	}
	p.cancel()
	p.pipe.Close()
	_ = p.cmd.Wait() // it was killed
}
