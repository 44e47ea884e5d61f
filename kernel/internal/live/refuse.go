package live

import (
	"context"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// libraryError is the name of the error that a kernel without a library has for
// every cell.
const libraryError = "LibraryError"

// Refuse serves a kernel that can run nothing, until it is shut down or ctx ends:
// each cell fails with the reason. JupyterLab shows its user what kernels answer;
// what they print before they end goes to its log, and to the user it says no
// more than that the kernel died.
func Refuse(ctx context.Context, o Options, reason error) error {
	info, err := jupyter.ReadConnectionFile(o.Connection)
	if err != nil {
		return err
	}
	k := &Kernel{options: o, library: &library.Library{}, shell: make(chan *request, 1000), stopped: make(chan struct{})}
	ctx, k.stop = context.WithCancel(ctx)
	defer k.stop()
	if k.server, err = listen(ctx, info); err != nil {
		return err
	}
	defer k.server.Close()
	k.server.start(k.receive)
	context.AfterFunc(ctx, func() { close(k.stopped) })
	k.watchSignals(ctx)
	k.watchParent(ctx)
	k.server.publish(nil, &jupyter.Status{State: jupyter.Starting})
	for {
		select {
		case <-k.stopped:
			return nil
		case r := <-k.shell:
			k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
			k.refuse(r, reason.Error())
			k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
		}
	}
}

// refuse answers one shell request.
func (k *Kernel) refuse(r *request, reason string) {
	var reply jupyter.Content
	switch c := r.Content.(type) {
	case *jupyter.ExecuteRequest:
		if c.StoreHistory && !c.Silent {
			k.count++
		}
		failed := jupyter.ReplyError{Name: libraryError, Value: reason, Traceback: []string{libraryError + ": " + reason}}
		if !c.Silent {
			k.server.publish(r, &jupyter.ExecuteInput{Code: c.Code, ExecutionCount: k.count})
			k.server.publish(r, &jupyter.ErrorOutput{Name: failed.Name, Value: failed.Value, Traceback: failed.Traceback})
		}
		reply = &jupyter.ExecuteReply{Status: jupyter.StatusError, ExecutionCount: k.count, ReplyError: failed}
	case *jupyter.ShutdownRequest:
		defer k.stop()
		reply = &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart}
	case *jupyter.InterruptRequest:
		reply = &jupyter.InterruptReply{Status: jupyter.StatusOK}
	case *jupyter.CompleteRequest:
		reply = &jupyter.CompleteReply{Status: jupyter.StatusOK, Matches: []string{},
			CursorStart: c.CursorPos, CursorEnd: c.CursorPos}
	case *jupyter.InspectRequest:
		reply = &jupyter.InspectReply{Status: jupyter.StatusOK}
	default:
		reply = k.safely(c)
	}
	if reply != nil {
		k.server.reply(r, reply)
	}
}
