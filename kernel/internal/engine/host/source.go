//go:build !gocifar_live

package host

import "embed"

// Source is the source of this package and of those below it. The process in
// which cells run is built from it on the user's machine, with the Go that
// compiles the cells there.
//
//go:embed *.go main module peek stub
var Source embed.FS
