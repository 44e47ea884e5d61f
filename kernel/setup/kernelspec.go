package setup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	// KernelName is the name of our kernelspec, as notebooks and Jupyter use it.
	KernelName = "gocifar-gonb"
	// DisplayName is what JupyterLab's launcher shows.
	DisplayName = "Go (GoNB + XLA)"
)

// kernelspec is kernel.json (jupyter_client's documentation, "Kernel specs").
type kernelspec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// kernelspec describes GoNB as this machine runs it.
func (m *machine) kernelspec() kernelspec {
	path := []string{m.tools, filepath.Dir(m.toolchain.goBin)}
	if fields := splitFlags(m.toolchain.CC); len(fields) > 0 {
		if cc, err := exec.LookPath(fields[0]); err == nil && filepath.IsAbs(cc) {
			path = append(path, filepath.Dir(cc))
		}
	}
	for i := range path {
		path[i] = strings.ReplaceAll(path[i], "$", "$$") // Jupyter expands ${…}
	}
	return kernelspec{
		Argv: []string{
			filepath.Join(m.tools, "gonb"),
			// Errors as text: readable in a terminal, a log and JupyterLab alike.
			"-raw_error",
			// Cells import from the checkout and get its pins, without a network.
			"-go_work=" + m.checkout.root,
			"--kernel", "{connection_file}",
		},
		DisplayName:   DisplayName,
		Language:      "go",
		InterruptMode: "message",
		Env: map[string]string{
			"PATH": strings.Join(append(path, "${PATH}"), string(os.PathListSeparator)),
			// Set-up has chosen; a cell must never start a download by itself.
			"GOMLX_BACKEND":         strings.ReplaceAll(m.backend.Config, "$", "$$"),
			"GOMLX_NO_AUTO_INSTALL": "1",
			"GOFLAGS":               m.toolchain.cellFlags(m.build.Ldflags),
			// GoNB makes a workspace for its cells; one of the user's would hide it.
			"GOWORK":        "",
			"CGO_ENABLED":   "1",
			"GOCIFAR_CACHE": strings.ReplaceAll(m.cache.root, "$", "$$"),
		},
	}
}

// environ is the environment as KEY=value pairs, as Jupyter would expand it.
func (s kernelspec) environ() []string {
	pairs := make([]string, 0, len(s.Env))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		value := strings.ReplaceAll(s.Env[name], "${PATH}", os.Getenv("PATH"))
		pairs = append(pairs, name+"="+strings.ReplaceAll(value, "$$", "$"))
	}
	return pairs
}

// encode is the content of kernel.json.
func (s kernelspec) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("cannot write the kernelspec as JSON: %w", err)
	}
	return b.Bytes(), nil
}

// cacheDir is where our own runner finds the spec: a Jupyter data folder of its
// own for every different spec, because several checkouts, or runs with
// different backends, may use one cache at the same time.
func (s kernelspec) cacheDir(c cache) (string, error) {
	data, err := s.encode()
	if err != nil {
		return "", err
	}
	return filepath.Join(c.root, "jupyter", key(string(data)), "kernels", KernelName), nil
}

// write puts kernel.json into dir, unless the very same is there.
func (s kernelspec) write(dir string) error {
	data, err := s.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "kernel.json")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := writeFile(path, data); err != nil {
		return fmt.Errorf("cannot install the kernelspec: %w", err)
	}
	return nil
}

// userJupyterDir is the user's Jupyter data folder, as jupyter_core finds it,
// and whether Jupyter has been used or installed here: the folder is there, or
// a jupyter command is in PATH. On other machines we leave the home directory
// alone.
func userJupyterDir() (dir string, present bool) {
	dir = os.Getenv("JUPYTER_DATA_DIR")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", false
		}
		if runtime.GOOS == "darwin" {
			dir = filepath.Join(home, "Library", "Jupyter")
		} else if data := os.Getenv("XDG_DATA_HOME"); data != "" {
			dir = filepath.Join(data, "jupyter")
		} else {
			dir = filepath.Join(home, ".local", "share", "jupyter")
		}
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir, true
	}
	_, err := exec.LookPath("jupyter")
	return dir, err == nil
}
