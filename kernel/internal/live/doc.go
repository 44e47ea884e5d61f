// Package live is a Jupyter kernel for Go in which values survive from cell to
// cell: each cell is compiled as a plugin and loaded into one living process.
//
// README.md in this folder explains how, and what the limits are. Package cell
// reads cells, package session turns them into programs that share declarations
// and variables, package library compiles and links them, package host is the
// process that runs them.
package live
