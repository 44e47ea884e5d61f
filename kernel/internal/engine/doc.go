// Package engine runs the cells of one notebook in one living process: each
// cell is compiled as a plugin and loaded, so that values survive from cell to
// cell. It knows no Jupyter: a [Front] shows what cells give and asks what they
// want to know.
//
// Package gocell reads a cell's text. Package session turns it into a Go file
// that shares declarations and variables with the cells before, package library
// compiles and links that file, and package host is the process that runs it.
// The engine leads a cell through them, runs the special commands (magic.go),
// and starts a new process when the old one has ended.
package engine
