package jupyter_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// A request's events come in one stream, told apart by their parent. Launch
// takes the place of Attach where the kernel is to be started.
func ExampleAttach() {
	fake, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.Stdout("running " + x.Code + "\n")
		x.Fail("Error", "exit status 1")
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	kernel, err := jupyter.Attach(ctx, fake.Connection())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kernel.Close()

	id, err := kernel.Execute(ctx, jupyter.ExecuteRequest{Code: "a cell", StoreHistory: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for event := range kernel.Events() {
		if event.ParentID() != id {
			continue
		}
		switch content := event.Content.(type) {
		case *jupyter.Stream:
			fmt.Print(content.Text)
		case *jupyter.ErrorOutput:
			fmt.Println("error:", content.Value)
		case *jupyter.Status:
			if content.State == jupyter.Idle {
				return
			}
		}
	}
	// Output:
	// running a cell
	// error: exit status 1
}

func ExampleMIMEBundle_Text() {
	bundle := fakekernel.Bundle(map[string]string{"text/plain": "a picture"})
	text, ok := bundle.Text("text/plain")
	fmt.Println(text, ok)
	// Output: a picture true
}
