package live

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
	"github.com/gocifar/gocifar/kernel/internal/engine/library"
)

var testLibrary = &enginetest.Library{Root: "../../.."}

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == kernelArgument {
		os.Exit(serveAsKernel(os.Args[2:]))
	}
	if err := os.Setenv(moduleVariable, testLibrary.Module().Dir); err != nil {
		panic(err)
	}
	code := m.Run()
	testLibrary.Remove()
	os.Exit(code)
}

// kernelArgument makes this test binary a kernel.
const kernelArgument = "-live-kernel"

// testGrace is how long a cell of it may take to stop.
const testGrace = 2 * time.Second

// serveAsKernel is the kernel in a process of its own.
func serveAsKernel(args []string) int {
	findHome()
	o := Options{Library: args[0], Module: library.Module{Dir: os.Getenv(moduleVariable)}, Connection: args[1],
		Gopls: os.Getenv("GOCIFAR_TEST_GOPLS"), Grace: testGrace, Require: required()}
	err := Serve(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
