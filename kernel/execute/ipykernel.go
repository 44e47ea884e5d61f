package execute

import (
	"slices"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

const (
	// historySetting is where IPython keeps the inputs of all sessions, a
	// database in the user's home folder by default.
	historySetting = "--HistoryManager.hist_file"
	// noHistory is SQLite's name for a database that no other process sees and
	// nobody keeps.
	noHistory = historySetting + "=:memory:"
)

// withoutHistory is the spec with IPython's history kept in memory, if it is
// one of ipykernel. The cells of a run are not what the user typed, and kernels
// that run at the same time would wait for one another's lock on the database.
// nbclient starts ipykernel with the same argument, and likewise leaves alone
// one that is there already. It knows ipykernel by the name python3; here the
// command tells, so that kernelspecs of virtual environments count as well, and
// another kernel of that name is not given an argument that it may refuse.
func withoutHistory(spec *jupyter.Spec) *jupyter.Spec {
	given := func(arg string) bool { return strings.HasPrefix(arg, historySetting) }
	if !isIPyKernel(spec.Argv) || slices.ContainsFunc(spec.Argv, given) {
		return spec
	}
	changed := *spec
	changed.Argv = append(slices.Clone(spec.Argv), noHistory)
	return &changed
}

// isIPyKernel tells whether a command is `python -m ipykernel_launcher` or one
// of the ways to write the same.
func isIPyKernel(argv []string) bool {
	for i, arg := range argv[:max(0, len(argv)-1)] {
		switch argv[i+1] {
		case "ipykernel_launcher", "ipykernel", "ipykernel.kernelapp":
			if arg == "-m" {
				return true
			}
		}
	}
	return false
}
