package live

import (
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
)

// environment is what cells can learn of the kernel, in GoNB's variables.
func environment(id string) map[string]string {
	env := map[string]string{"GONB_JUPYTER_KERNEL_ID": id, "GONB_VERSION": Implementation,
		"GONB_GIT_COMMIT": commit(), "GONB_JUPYTER_ROOT": jupyterRoot()}
	maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
	return env
}

// jupyterRoot is the folder whose files Jupyter serves, as GoNB finds it: the
// working directory of the server, which says in a variable who it is. Empty
// where there is none, or no way to ask.
func jupyterRoot() string {
	pid := os.Getenv("JPY_PARENT_PID")
	if pid == "" {
		return ""
	}
	dir, err := os.Readlink(filepath.Join("/proc", pid, "cwd"))
	if err != nil {
		return ""
	}
	return dir
}

// commit is the revision that the kernel was built from, if it is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
