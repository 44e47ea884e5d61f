package jupyter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// TestFollow gives how an execution ends that is followed on a kernel that
// keeps to the protocol, and on kernels that do not.
func TestFollow(t *testing.T) {
	type exec = *fakekernel.Execution
	waits := jupyter.Waits{
		Idle: 50 * time.Millisecond, Reply: 50 * time.Millisecond,
		InterruptEvery: 20 * time.Millisecond, Interrupt: time.Second,
	}
	for name, c := range map[string]struct {
		script func(exec)
		act    func(*jupyter.Execution) // as soon as there is output
		reply  string
		idle   bool
		dead   string // in the reason
	}{
		"as it should be": {reply: "ok", idle: true},
		"an error":        {script: func(x exec) { x.Fail("E", "bad") }, reply: "error", idle: true},
		"without idle":    {script: func(x exec) { x.NoIdle = true }, reply: "ok"},
		"without a reply": {script: func(x exec) { x.NoReply = true }, idle: true},
		"idle before the reply": {script: func(x exec) {
			x.NoIdle = true
			x.Status(jupyter.Idle)
			x.Sleep(10 * time.Millisecond)
		}, reply: "ok", idle: true},
		"output for another request": {script: func(x exec) {
			x.PublishFor("other", &jupyter.Status{State: jupyter.Idle})
			x.Sleep(100 * time.Millisecond)
		}, reply: "ok", idle: true},
		"interrupted": {script: func(x exec) { x.Stdout("."); <-x.Interrupted(); x.Fail("Interrupted", "") },
			act: (*jupyter.Execution).Interrupt, reply: "error", idle: true},
		"interrupted until the third": {script: func(x exec) {
			x.Stdout(".")
			for n := 0; n < 3; time.Sleep(time.Millisecond) {
				n = 0
				for _, m := range x.Kernel.Received() {
					if m.Header.Type == "interrupt_request" {
						n++
					}
				}
			}
		}, act: (*jupyter.Execution).Halt, reply: "ok", idle: true},
		"the kernel dies": {script: func(x exec) { x.Stdout("."); x.Kernel.Die() }, dead: "lost"},
		"given up": {script: func(x exec) { x.Stdout("."); x.Sleep(3 * time.Second) },
			act: func(x *jupyter.Execution) {
				x.GiveUp(errors.New("hung"))
				x.GiveUp(errors.New("second reason"))
			}, dead: "hung"},
		"ended by the caller": {script: func(x exec) { x.Stdout("."); x.Sleep(time.Second) },
			act: func(x *jupyter.Execution) { x.Dead = errors.New("enough") }, dead: "enough"},
		"disconnected": {script: func(x exec) { x.Stdout("."); x.Sleep(time.Second) },
			dead: "connection to the kernel ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, _ := attach(t, fakekernel.Options{Execute: c.script})
			ctx := testContext(t)
			x, err := k.Follow(ctx, jupyter.ExecuteRequest{Code: "x"}, waits)
			if err != nil {
				t.Fatal(err)
			}
			for !x.Ended() {
				select {
				case e, ok := <-k.Events():
					if !x.Take(e, ok) || e.ParentID() != x.ID || e.Type() != "stream" {
						continue
					}
					if name == "disconnected" {
						k.Close()
					} else if c.act != nil {
						c.act(x)
					}
				case <-x.Due():
					x.Wake()
				case <-ctx.Done():
					t.Fatal("not ended")
				}
			}
			reply := ""
			if x.Reply != nil {
				reply = x.Reply.Status
			}
			if reply != c.reply || x.Idle != c.idle {
				t.Errorf("reply %q, idle %v", reply, x.Idle)
			}
			if (x.Dead != nil) != (c.dead != "") || x.Dead != nil && !strings.Contains(x.Dead.Error(), c.dead) {
				t.Errorf("dead: %v, want %q", x.Dead, c.dead)
			}
		})
	}
}

// TestFollowWaitsForInterrupts: an interrupt that is under way when its
// execution ends must not meet the next one.
func TestFollowWaitsForInterrupts(t *testing.T) {
	answer := make(chan struct{})
	k, _ := attach(t, fakekernel.Options{Respond: func(k *fakekernel.Kernel, r *fakekernel.Request) bool {
		if _, ok := r.Content.(*jupyter.InterruptRequest); ok {
			<-answer
		}
		return false
	}})
	first, err := k.Follow(testContext(t), jupyter.ExecuteRequest{Code: "first"}, jupyter.Waits{})
	if err != nil {
		t.Fatal(err)
	}
	first.Interrupt()
	sent := make(chan time.Time)
	go func() {
		next, err := k.Follow(testContext(t), jupyter.ExecuteRequest{Code: "next"}, jupyter.Waits{})
		if err != nil {
			t.Error(err)
		}
		sent <- next.Sent
	}()
	time.Sleep(50 * time.Millisecond)
	answered := time.Now()
	close(answer)
	if at := <-sent; at.Before(answered) {
		t.Errorf("sent %v before the interrupt was through", answered.Sub(at))
	}
}

func TestDrain(t *testing.T) {
	k, fake := attach(t, fakekernel.Options{})
	for range 3 {
		fake.Publish(&jupyter.Stream{Name: "stdout", Text: "late"})
	}
	count := 0
	take := func(jupyter.Event) bool { count++; return true }
	if k.Drain(100*time.Millisecond, 10*time.Second, take); count != 3 {
		t.Errorf("%d events, want 3", count)
	}
	fake.Die()
	begun := time.Now()
	if k.Drain(10*time.Second, 10*time.Second, take); time.Since(begun) > 5*time.Second {
		t.Error("the end of the events was not seen")
	}
}
