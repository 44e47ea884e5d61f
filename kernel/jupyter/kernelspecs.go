package jupyter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// ErrNoSuchKernel is wrapped by FindSpec if no folder has the kernelspec.
var ErrNoSuchKernel = errors.New("no such kernel")

// DataDir returns the user's folder for Jupyter's data, as jupyter_core
// determines it; kernelspecs are in its subfolder "kernels".
func DataDir() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("jupyter: data folder (set JUPYTER_DATA_DIR): %w", err)
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter"), nil
	case "windows":
		if appData := os.Getenv("APPDATA"); appData != "" {
			return filepath.Join(appData, "jupyter"), nil
		}
		return filepath.Join(home, ".jupyter", "data"), nil
	}
	if xdg := os.Getenv("XDG_DATA_HOME"); xdg != "" {
		return filepath.Join(xdg, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// RuntimeDir returns the folder of the user's connection files.
func RuntimeDir() (string, error) {
	if dir := os.Getenv("JUPYTER_RUNTIME_DIR"); dir != "" {
		return dir, nil
	}
	dir, err := DataDir()
	return filepath.Join(dir, "runtime"), err
}

// SpecDirs returns the folders that hold kernelspecs, the first with the
// highest priority, as jupyter_client searches them: $JUPYTER_PATH; the active
// Python environment ($VIRTUAL_ENV or a conda environment); the user's data
// folder; the system's; at last IPython's. JUPYTER_PREFER_ENV_PATH=0 puts the
// environment after the user.
//
// There being no Python here, the environment is what the shell activated, not
// what an interpreter lives in, and Python's per-user site is left out.
func SpecDirs() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("JUPYTER_PATH")) {
		dirs = append(dirs, strings.TrimRight(dir, string(os.PathSeparator)))
	}
	var user []string
	if dir, err := DataDir(); err == nil {
		user = []string{dir}
	}
	env := environmentDirs()
	if preferEnvironment() {
		dirs = append(append(dirs, env...), user...)
	} else {
		dirs = append(append(dirs, user...), env...)
	}
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/usr/local/share/jupyter", "/usr/share/jupyter")
	}
	var kernels []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if k := filepath.Join(dir, "kernels"); !slices.Contains(kernels, k) {
			kernels = append(kernels, k)
		}
	}
	if dir := os.Getenv("IPYTHONDIR"); dir != "" {
		return append(kernels, filepath.Join(dir, "kernels"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		kernels = append(kernels, filepath.Join(home, ".ipython", "kernels"))
	}
	return kernels
}

func environmentDirs() []string {
	var dirs []string
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if prefix := os.Getenv(name); prefix != "" {
			dirs = append(dirs, filepath.Join(prefix, "share", "jupyter"))
		}
	}
	return dirs
}

func preferEnvironment() bool {
	v, set := os.LookupEnv("JUPYTER_PREFER_ENV_PATH")
	if !set {
		return true
	}
	switch strings.ToLower(v) {
	case "no", "n", "false", "off", "0", "0.0":
		return false
	}
	return true
}

// FindSpec returns the kernelspec of the given name, in any case, from the
// first of the extra folders and of [SpecDirs] that has it.
func FindSpec(name string, extraDirs ...string) (*Spec, error) {
	dirs := append(slices.Clone(extraDirs), SpecDirs()...)
	for _, dir := range dirs {
		for _, found := range specsIn(dir) {
			if strings.EqualFold(filepath.Base(found), name) {
				return ReadSpec(found)
			}
		}
	}
	var known []string
	for _, s := range listSpecDirs(dirs) {
		known = append(known, strconv.Quote(strings.ToLower(filepath.Base(s))))
	}
	have := "there are none"
	if len(known) > 0 {
		have = "there are " + strings.Join(known, ", ")
	}
	return nil, fmt.Errorf("jupyter: kernelspec %q: %w: %s; looked in %s",
		name, ErrNoSuchKernel, have, strings.Join(dirs, string(os.PathListSeparator)))
}

// ListSpecs returns every kernelspec that [FindSpec] would find, sorted by
// name, and the errors of those that cannot be read.
func ListSpecs(extraDirs ...string) ([]*Spec, error) {
	var specs []*Spec
	var errs []error
	for _, dir := range listSpecDirs(append(slices.Clone(extraDirs), SpecDirs()...)) {
		spec, err := ReadSpec(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		specs = append(specs, spec)
	}
	slices.SortFunc(specs, func(a, b *Spec) int { return strings.Compare(a.Name, b.Name) })
	return specs, errors.Join(errs...)
}

// listSpecDirs returns one kernelspec folder for each name, the first.
func listSpecDirs(dirs []string) []string {
	var found []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		for _, spec := range specsIn(dir) {
			if name := strings.ToLower(filepath.Base(spec)); !seen[name] {
				seen[name] = true
				found = append(found, spec)
			}
		}
	}
	return found
}

// specsIn returns the folders in dir that have a kernel.json.
func specsIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // the usual case: most of the folders do not exist
	}
	var found []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(filepath.Join(path, specFile))
		if err == nil && info.Mode().IsRegular() {
			found = append(found, path)
		}
	}
	return found
}
