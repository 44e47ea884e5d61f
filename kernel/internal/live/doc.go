// Package live is a Jupyter kernel for Go in which values survive from cell to
// cell: package engine runs the cells, and this package takes the front ends'
// messages to it and what it shows to the front ends. It also completes and
// inspects, by gopls.
//
// README.md in this folder explains how cells live on, and what the limits are.
package live
