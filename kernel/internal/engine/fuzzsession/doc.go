// Package fuzzsession makes random sessions of a live kernel, and beside each
// the one Go program that it amounts to, so that what both print can be
// compared.
//
// A session is a list of cells, a cell a list of items: declarations and
// statements. In their text every package-level name is marked: ‹name›. A
// notebook shows the names as they are. A program cannot declare a name twice,
// so there each definition gets a name of its own (name_v2), and all that is
// written afterwards uses the latest one. As a notebook's earlier functions
// call a new definition at once, a new definition also makes new ones of
// everything that uses it: old function values and values in interfaces keep
// the old ones, in both.
//
// Variables are the exception, as they keep their values: a variable whose type
// has a new definition of the same memory is the same memory with the new type.
package fuzzsession
