package fakekernel

import (
	"fmt"
	"os"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Main serves the connection file given, until a shutdown request. A test
// binary that starts itself as a kernel calls it and exits with the result.
func Main(connectionFile string, options Options) (exitCode int) {
	info, err := jupyter.ReadConnectionFile(connectionFile)
	if err == nil {
		var k *Kernel
		if k, err = Serve(info, options); err == nil {
			<-k.Stopped()
			k.Close()
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
