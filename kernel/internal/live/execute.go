package live

import (
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// execute answers an execute request. After a failure it returns the requests
// that waited behind it, if they are to be aborted.
func (k *Kernel) execute(s *subshell, r *request, c *jupyter.ExecuteRequest) (waiting []*request) {
	cell := engine.Cell{Code: c.Code, Input: c.AllowStdin}
	count := k.counted(&cell, c)
	if s == nil {
		k.begin(&execution{r, c})
	} else {
		cell.Input, cell.Beside = false, s.begin(r, c)
	}
	if !c.Silent {
		k.server.publish(r, &jupyter.ExecuteInput{Code: c.Code, ExecutionCount: count})
	}
	if k.debugger.attached.Load() {
		k.debugger.know(c.Code)
	}
	started := time.Now()
	outcome := k.cells.Run(k.server.ctx, cell)
	if outcome.Result != nil && !c.Silent {
		k.server.publish(r, &jupyter.ExecuteResult{ExecutionCount: count, Data: bundle(outcome.Result)})
	}
	k.debugger.cellEnded(k.server.ctx)
	if s == nil {
		k.end()
	} else {
		s.end()
	}
	reply := &jupyter.ExecuteReply{Status: jupyter.StatusOK, ExecutionCount: count,
		UserExpressions: jupyter.MIMEBundle{}}
	if f := outcome.Failure; f != nil {
		reply.Status = jupyter.StatusError
		reply.ReplyError = jupyter.ReplyError{Name: f.Name, Value: f.Value, Traceback: f.Traceback}
		if !c.Silent {
			k.showFailure(r, f)
		}
		if c.StopOnError {
			// Before the reply: what the client sends after it is not meant.
			waiting = taken(k.queueOf(s))
		}
	}
	logUnsent(k.server.SendWith(r.Channel, r, reply,
		executionMetadata(started, reply.Status, k.cells.Require(), outcome.Costs)))
	k.cells.Expect(count + 1)
	return waiting
}

// counted gives a cell its number, if it has one, and returns the number of the
// last cell that has.
func (k *Kernel) counted(cell *engine.Cell, c *jupyter.ExecuteRequest) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c.StoreHistory && !c.Silent {
		k.count++
		k.history = append(k.history, c.Code)
		cell.Number = k.count
	}
	return k.count
}

func (k *Kernel) showFailure(r *request, f *engine.Failure) {
	if f.HTML != "" {
		page := map[string]any{"text/html": f.HTML, "text/plain": strings.Join(f.Traceback, "\n")}
		k.server.publish(r, &jupyter.DisplayData{Data: bundle(page)})
	}
	k.server.publish(r, &jupyter.ErrorOutput{Name: f.Name, Value: f.Value, Traceback: f.Traceback})
}

func (k *Kernel) begin(x *execution) {
	select {
	case <-k.inputs: // the answer to a question of an earlier cell
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running = x
}

func (k *Kernel) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.running = nil
}

// taken takes the requests that wait in a queue.
func taken(queue chan *request) (list []*request) {
	for {
		select {
		case r := <-queue:
			list = append(list, r)
		default:
			return list
		}
	}
}

// abort refuses executions that waited while one before them failed, and
// answers the other requests.
func (k *Kernel) abort(s *subshell, waiting []*request) {
	for _, r := range waiting {
		if _, ok := r.Content.(*jupyter.ExecuteRequest); !ok {
			k.serve(s, r)
			continue
		}
		k.mu.Lock()
		count := k.count
		k.mu.Unlock()
		k.server.publish(r, &jupyter.Status{State: jupyter.Busy})
		k.server.reply(r, &jupyter.ExecuteReply{Status: jupyter.StatusAborted, ExecutionCount: count,
			UserExpressions: jupyter.MIMEBundle{}})
		k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}
}
