package live

import (
	"context"

	"github.com/gocifar/gocifar/kernel/internal/commwire"
	"github.com/gocifar/gocifar/kernel/internal/engine"
)

// libraryError is the name of the error that a kernel without a library has for
// every cell.
const libraryError = "LibraryError"

// Refuse serves a kernel that can run nothing, until it is shut down or ctx
// ends: each cell fails with the reason. JupyterLab shows its user what kernels
// answer; what they print before they end goes to its log, and to the user it
// says no more than that the kernel died.
func Refuse(ctx context.Context, o Options, reason error) error {
	return serve(ctx, o, func(context.Context, *Kernel) (cells, error) { return refusal{reason.Error()}, nil })
}

// refusal stands for cells that cannot be run.
type refusal struct{ reason string }

// Run fails with the reason.
func (r refusal) Run(context.Context, engine.Cell) engine.Outcome {
	return engine.Outcome{Failure: &engine.Failure{Name: libraryError, Value: r.reason,
		Traceback: []string{libraryError + ": " + r.reason}}}
}

// Expect has nothing to prepare.
func (refusal) Expect(int) {}

// Interrupt has nothing to stop.
func (refusal) Interrupt() {}

// Draft knows no declarations.
func (refusal) Draft(string, int) (file string, place int, ok bool) { return "", 0, false }

// Tell has nobody to tell.
func (refusal) Tell(*commwire.Frame) error { return nil }

// Deliver has nobody to deliver to.
func (refusal) Deliver(string, any) {}

// GoVersion is unknown.
func (refusal) GoVersion() string { return "" }

// Require has come to need nothing.
func (refusal) Require() []string { return nil }

// Close has nothing to end.
func (refusal) Close() {}
