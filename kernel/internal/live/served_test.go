package live

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/enginetest"
)

var testLibrary = &enginetest.Library{Root: "../../.."}

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == kernelArgument {
		os.Exit(serveAsKernel(os.Args[2:]))
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
	o := Options{Library: args[0], Connection: args[1], Gopls: os.Getenv("GOCIFAR_TEST_GOPLS"), Grace: testGrace}
	if root := os.Getenv(rebuildVariable); root != "" {
		o.Rebuild = func(ctx context.Context, say func(string)) (string, error) {
			say("building the packages")
			dir, err := os.MkdirTemp(root, "library")
			if err == nil {
				_, err = enginetest.Build(ctx, dir, root)
			}
			return dir, err
		}
	}
	err := Serve(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
