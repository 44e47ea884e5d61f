package execute_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// A Go test can run a notebook and look at what came out. The kernel here is a
// scripted one; leave Start out to run on the kernel that the notebook names.
func ExampleNotebook() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hello.ipynb")
	nb := nbformat.New()
	nb.Insert(0, nbformat.NewCode("hello"))
	if err := nb.WriteFile(path); err != nil {
		panic(err)
	}
	fake, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) { x.Stdout("Hello, Gopher\n") }})
	if err != nil {
		panic(err)
	}
	defer fake.Close()

	result, err := execute.Notebook(context.Background(), path, execute.Options{
		Start: func(ctx context.Context, _, _ string, _ []string) (*jupyter.Kernel, error) {
			return jupyter.Attach(ctx, fake.Connection())
		},
		Observer: func(e execute.Event) {
			if e, ok := e.(execute.CellOutput); ok {
				fmt.Printf("cell %d: %s", e.Number, e.Text)
			}
		},
	})
	fmt.Println(result.Cells[0].State, err)
	// Output:
	// cell 1: Hello, Gopher
	// ok <nil>
}
