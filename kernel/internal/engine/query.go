package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/engine/host"
)

// Queries go to the process beside the commands that run cells, and their
// answers come in any order.

// queryLimit is how long an answer may take.
const queryLimit = 5 * time.Second

// send writes a command.
func (p *process) send(c host.Command) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	return p.encoder.Encode(c)
}

// query asks the process for values of variables. It may be called at any time
// by any goroutine.
func (p *process) query(ctx context.Context, q host.Query) (host.Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, queryLimit,
		fmt.Errorf("the process for cells did not answer within %s", queryLimit))
	defer cancel()
	return p.ask(ctx, host.Command{Query: &q})
}

// ask sends a command and waits for its answer, whatever else runs.
func (p *process) ask(ctx context.Context, c host.Command) (host.Answer, error) {
	answer := make(chan host.Answer, 1)
	p.mu.Lock()
	p.lastID++
	id := p.lastID
	if p.asked == nil {
		p.asked = map[int64]chan host.Answer{}
	}
	p.asked[id] = answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.asked, id)
	}()
	c.ID = id
	if err := p.send(c); err != nil {
		return host.Answer{}, fmt.Errorf("the process for cells does not listen: %w", err)
	}
	select {
	case a := <-answer:
		return a, nil
	case <-p.ended:
		return host.Answer{}, p.died()
	case <-ctx.Done():
		return host.Answer{}, context.Cause(ctx)
	}
}

// pass gives an answer to who waits for it.
func (p *process) pass(a host.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waits := p.asked[a.ID]; waits != nil {
		waits <- a
		delete(p.asked, a.ID)
	}
}
