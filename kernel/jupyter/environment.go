package jupyter

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// markVariable holds the ids of the kernels that a process belongs to, one
// inside the other. By it the processes are found that a kernel leaves behind.
const markVariable = "GOCIFAR_KERNEL_IDS"

// environment is a process's environment, by name.
type environment map[string]string

// kernelEnvironment returns what a kernel's process gets: this process's
// environment, the kernelspec's, the caller's, our own, each over the last.
func kernelEnvironment(spec *Spec, caller []string, own environment) environment {
	env := environment{}
	for _, kv := range append(os.Environ(), caller...) {
		env.set(kv)
	}
	if strings.HasPrefix(strings.ToLower(spec.Language), "python") {
		// It would replace the interpreter that argv names (jupyter_client
		// does the same).
		delete(env, "PYTHONEXECUTABLE")
	}
	base := env.clone()
	for name, value := range spec.Env {
		env[name] = base.expand(value)
	}
	for _, kv := range caller {
		env.set(kv)
	}
	for name, value := range own {
		env[name] = value
	}
	return env
}

func (e environment) set(kv string) {
	if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
		e[name] = value
	}
}

func (e environment) clone() environment {
	c := make(environment, len(e))
	for k, v := range e {
		c[k] = v
	}
	return c
}

func (e environment) list() []string {
	list := make([]string, 0, len(e))
	for k, v := range e {
		list = append(list, k+"="+v)
	}
	return list
}

var reference = regexp.MustCompile(`\$(?:\$|[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})`)

// expand replaces $NAME and ${NAME}; $$ is a dollar sign and unknown names
// stay as they are, as in Python's Template.safe_substitute, which
// jupyter_client uses.
func (e environment) expand(s string) string {
	return reference.ReplaceAllStringFunc(s, func(r string) string {
		if r == "$$" {
			return "$"
		}
		if v, ok := e[strings.Trim(r, "${}")]; ok {
			return v
		}
		return r
	})
}

// lookPath finds an executable in the PATH of this environment, which is the
// one the kernel itself will search.
func (e environment) lookPath(file string) (string, error) {
	if strings.ContainsRune(file, os.PathSeparator) {
		return file, nil
	}
	for _, dir := range filepath.SplitList(e["PATH"]) {
		if !filepath.IsAbs(dir) {
			continue // never run what happens to lie in the working folder
		}
		if path, err := exec.LookPath(filepath.Join(dir, file)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%q: %w (%s)", file, exec.ErrNotFound, e["PATH"])
}

var python = regexp.MustCompile(`^python[0-9.]*$`)

// executable returns the path of the kernel's program. A bare "python" is the
// interpreter of the environment whose kernelspec this is, activated or not:
// ipykernel's own kernelspec, in PREFIX/share/jupyter/kernels, says no more.
func (e environment) executable(spec *Spec) (string, error) {
	name := spec.Argv[0]
	if python.MatchString(name) {
		if kernels := filepath.Dir(spec.Dir); strings.HasSuffix(kernels, filepath.Join("share", "jupyter", "kernels")) {
			prefix := filepath.Join(kernels, "..", "..", "..")
			if path, err := exec.LookPath(filepath.Join(prefix, "bin", name)); err == nil {
				return path, nil
			}
		}
	}
	return e.lookPath(name)
}
