package jupyter_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

func TestDeathOfAnAttachedKernel(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Execute: func(x *fakekernel.Execution) {
		x.Stdout("last words")
		x.Kernel.Die()
	}})
	id, err := k.Execute(testContext(t), jupyter.ExecuteRequest{Code: "die"})
	if err != nil {
		t.Fatal(err)
	}
	var said bool
	lost := map[jupyter.Channel]bool{}
	for _, e := range rest(t, k) {
		var l *jupyter.ChannelLostError
		if errors.As(e.Err, &l) {
			lost[l.Channel] = true
		}
		if s, ok := e.Content.(*jupyter.Stream); ok && e.ParentID() == id {
			said = s.Text == "last words"
		}
	}
	if !said || len(lost) != 4 {
		t.Errorf("output came: %v; channels lost: %v", said, lost)
	}
	select {
	case <-k.Gone():
	default:
		t.Error("Gone is open")
	}
	if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{}); !isLost(err) {
		t.Errorf("execute after the end: %v", err)
	}
	if _, err := k.KernelInfo(testContext(t)); !isLost(err) {
		t.Errorf("kernel_info after the end: %v", err)
	}
}

func isLost(err error) bool {
	var l *jupyter.ChannelLostError
	return errors.As(err, &l)
}

// TestDeathEndsWaitingRequests: a request must not wait for its deadline when
// the kernel is gone.
func TestDeathEndsWaitingRequests(t *testing.T) {
	k, _ := attach(t, fakekernel.Options{Respond: func(k *fakekernel.Kernel, r *fakekernel.Request) bool {
		if _, ok := r.Content.(*jupyter.IsCompleteRequest); ok {
			k.Die()
		}
		return false
	}})
	if _, err := k.IsComplete(testContext(t), "x"); !isLost(err) {
		t.Errorf("error %v", err)
	}
}

func TestPing(t *testing.T) {
	k, fake := attach(t, fakekernel.Options{})
	for range 3 {
		if d, err := k.Ping(testContext(t)); err != nil || d <= 0 {
			t.Fatalf("%s, %v", d, err)
		}
	}
	fake.Die()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := k.Ping(ctx); err == nil {
		t.Error("a dead kernel answered")
	}
	k.Close()
	if _, err := k.Ping(testContext(t)); !errors.Is(err, jupyter.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestClose(t *testing.T) {
	k, fake := attach(t, fakekernel.Options{})
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Errorf("second time: %v", err)
	}
	rest(t, k)
	if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{}); !errors.Is(err, jupyter.ErrClosed) {
		t.Errorf("execute: %v", err)
	}
	if _, err := k.KernelInfo(testContext(t)); !errors.Is(err, jupyter.ErrClosed) {
		t.Errorf("kernel_info: %v", err)
	}
	select {
	case <-fake.Stopped():
		t.Error("closing the client ended the kernel")
	default:
	}
}

func TestConnectToNothing(t *testing.T) {
	info, err := jupyter.NewTCPConnection()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = jupyter.Connect(ctx, info)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
}

// TestNoGoroutineIsLeft opens and closes clients whose events nobody reads.
func TestNoGoroutineIsLeft(t *testing.T) {
	cycle := func() {
		fake, err := fakekernel.Start(fakekernel.Options{Execute: func(x *fakekernel.Execution) { x.Stdout("x") }})
		if err != nil {
			t.Fatal(err)
		}
		defer fake.Close()
		k, err := jupyter.Attach(testContext(t), fake.Connection())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Execute(testContext(t), jupyter.ExecuteRequest{}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Ping(testContext(t)); err != nil {
			t.Fatal(err)
		}
		k.Close()
	}
	cycle()
	before := runtime.NumGoroutine()
	for range 10 {
		cycle()
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, before %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
