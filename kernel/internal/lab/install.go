// Package lab runs JupyterLab: the one that is installed, or a private one in a
// Python environment of its own, with given kernelspecs.
package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gocifar/gocifar/internal/child"
	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/kernel/internal/setup"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Version is the JupyterLab that is installed where there is none.
const Version = "4.6.6"

// program is the command that starts JupyterLab.
const program = "jupyter-lab"

// Find returns the program that starts JupyterLab: the given one; else the one
// in PATH; else that of a private Python environment in the cache folder root,
// which is made if need be and wants Python 3 and, once, its package index.
func Find(ctx context.Context, given, root string, progress *setup.Progress) (string, error) {
	if given != "" {
		path, err := exec.LookPath(given)
		if err != nil {
			return "", fmt.Errorf("the JupyterLab that was asked for: %w", err)
		}
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	return install(ctx, filepath.Join(root, "jupyterlab"), progress)
}

// Installed returns what [Find] would without installing anything: the program,
// "" if it could be installed, or an error that says what that would want.
func Installed(root string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	environment := filepath.Join(root, "jupyterlab", Version)
	if path := filepath.Join(environment, "bin", program); isFile(filepath.Join(environment, complete)) && isFile(path) {
		return path, nil
	}
	_, err := findPython()
	return "", err
}

// complete is a file in an environment that tells that all of it is there.
const complete = "complete"

// install makes the environment in the folder. It stands under its final name
// from the start, because its programs know their place, and counts only when
// it is complete. Processes take turns.
func install(ctx context.Context, folder string, progress *setup.Progress) (path string, err error) {
	environment := filepath.Join(folder, Version)
	path = filepath.Join(environment, "bin", program)
	if isFile(filepath.Join(environment, complete)) && isFile(path) {
		return path, nil
	}
	python, err := findPython()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("a folder for JupyterLab: %w; set GOCIFAR_CACHE to a folder of yours", err)
	}
	unlock, err := lock.Wait(ctx, filepath.Join(folder, "lock"), nil)
	if err != nil {
		return "", fmt.Errorf("waiting for another installation of JupyterLab: %w", err)
	}
	defer unlock()
	if isFile(filepath.Join(environment, complete)) { // another process has made it
		return path, nil
	}
	if err := os.RemoveAll(environment); err != nil {
		return "", fmt.Errorf("an unfinished JupyterLab is in the way: %w", err)
	}
	task := progress.Start("JupyterLab", "making a Python environment")
	defer func() { task.End("installed version "+Version, err) }()
	if out, err := run(ctx, python, "-m", "venv", environment); err != nil {
		return "", fmt.Errorf("%s cannot make an environment (on Debian and Ubuntu: apt install python3-venv): %w%s",
			python, err, quote(out))
	}
	task.Update("installing version " + Version)
	out, err := run(ctx, filepath.Join(environment, "bin", "python"), "-m", "pip", "install", "--quiet",
		"--disable-pip-version-check", "--no-input", "jupyterlab=="+Version)
	if err != nil {
		return "", fmt.Errorf("pip cannot install JupyterLab %s: %w%s\n"+
			"Install JupyterLab yourself, so that %s is in PATH, or give its path with -jupyter",
			Version, err, quote(out), program)
	}
	if !isFile(path) {
		return "", fmt.Errorf("pip installed JupyterLab %s, and %s is missing", Version, path)
	}
	return path, nbformat.WriteFile(filepath.Join(environment, complete), nil)
}

// findPython returns a Python 3.
func findPython() (string, error) {
	for _, name := range []string{"python3", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "import sys; print(sys.version_info >= (3, 10))").Output()
		if err == nil && strings.TrimSpace(string(out)) == "True" {
			return path, nil
		}
	}
	return "", errors.New("neither JupyterLab nor a Python to install it with is in PATH: install Python 3.10 or newer " +
		"(or JupyterLab itself) and run the command again")
}

// run runs a command to its end and returns what it said.
func run(ctx context.Context, name string, args ...string) (out string, err error) {
	b, err := child.Command(ctx, syscall.SIGTERM, endTime, name, args...).CombinedOutput()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return string(b), err
}

// quote is the end of a command's words, for an error.
func quote(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	const most = 8
	lines = lines[max(0, len(lines)-most):]
	if len(lines) == 1 && lines[0] == "" {
		return ""
	}
	return ":\n\t" + strings.Join(lines, "\n\t")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
