// Package module gives the runtime's module registration a second name.
//
// A cell is a plugin that takes everything but itself from the shared library
// that the host process runs on. Go's linker makes each plugin register itself
// by calling runtime.addmoduledata, which it insists on finding inside of the
// plugin (cmd/link/internal/ld, PrepareAddmoduledata). So a cell brings a
// function of that name that only jumps on to this package's, and thereby to
// the real one in the library.
package module
