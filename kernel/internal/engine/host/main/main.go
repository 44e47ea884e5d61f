// Main is the program in which the cells of a live kernel run. All of it is in
// package host, because this program links to the shared library that the
// cells use, and has no code of its own.
package main

import "github.com/gocifar/gocifar/kernel/internal/engine/host"

func main() { host.Main() }
