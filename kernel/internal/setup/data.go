package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// dataCommand is the library's own program that gets CIFAR-10 ready. The
// kernel knows nothing of the data: it passes on what the program prints.
const (
	dataFolder  = "./cifar/cmd/fetch"
	dataCommand = ModulePath + "/cifar/cmd/fetch"
)

// BuiltinData is the data's name where nothing but the generated pictures can
// be had.
const BuiltinData = "builtin"

// NeedsData reports whether a notebook, given as the bytes of its file, imports
// the package that loads CIFAR-10. Other notebooks should not wait for it.
func NeedsData(notebook []byte) bool {
	return bytes.Contains(notebook, []byte(ModulePath+"/cifar"))
}

// PrepareData gets CIFAR-10 ready and returns the value of CIFAR10_DIR for
// kernels: an absolute folder, or [BuiltinData].
//
// data is a folder, an archive or the word builtin; empty leaves the choice to
// CIFAR10_DIR, the cache and the network, in this order. Data that cannot be
// used are an error of one sentence; a network that cannot be reached is none.
func (e *Environment) PrepareData(ctx context.Context, data string, progress *Progress) (string, error) {
	program, args, err := e.dataProgram, []string(nil), error(nil)
	if program == "" {
		if program, err = lookGo(""); err != nil {
			return "", err
		}
		args = []string{"run", dataCommand}
	}
	if data != "" {
		if data != BuiltinData {
			if data, err = filepath.Abs(data); err != nil {
				return "", fmt.Errorf("cannot resolve the path of the data: %w", err)
			}
		}
		args = append(args, "-data", data)
	}
	cmd := newCommand(ctx, program, args...)
	cmd.Dir = e.ModuleRoot
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=1", "GOCIFAR_CACHE="+e.Cache)

	task := progress.Start("data", "looking for CIFAR-10")
	var stdout bytes.Buffer
	stderr := tail{onLine: func(line string) { task.Update("%s", line) }}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = run(cmd)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = dataError(&stderr, err, e.dataProgram != "")
	}
	task.End(stderr.last(), err)
	if err != nil {
		return "", err
	}
	dir := strings.TrimSpace(stdout.String())
	if dir != BuiltinData && !filepath.IsAbs(dir) {
		return "", fmt.Errorf("%s printed %q: want an absolute folder or the word %s", dataCommand, dir, BuiltinData)
	}
	return dir, nil
}

// exitLine is what `go run` adds when its program fails.
var exitLine = regexp.MustCompile(`^exit status \d+$`)

// dataError is the sentence that the program ended with, if that is how it
// failed; a program that does not compile has more to say. The go command adds a
// line to that of a program that it runs.
func dataError(stderr *tail, err error, alone bool) error {
	err = stderr.explain(err)
	lines := stderr.lines
	if n := len(lines); n > 0 && (alone || exitLine.MatchString(lines[n-1])) {
		if !alone {
			lines = lines[:n-1]
		}
		if n := len(lines); n > 0 {
			return errors.New(strings.TrimPrefix(lines[n-1], "fetch: "))
		}
	}
	return fmt.Errorf("cannot get the data ready: %w", err)
}
