// Package live is a Jupyter kernel for Go in which values survive from cell to
// cell: cells are compiled as plugins and loaded into one living process.
package live
