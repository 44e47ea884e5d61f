package repl

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// completeness decides whether an input can be sent. It asks the kernel, if
// that is ready and answers; GoNB never does.
type completeness struct {
	engine   *engine
	language string
	silent   atomic.Bool // the kernel does not answer is_complete requests
}

const (
	completeWait = time.Second     // for an is_complete_reply
	readyWait    = 5 * time.Second // for a kernel that starts
	tabIndent    = "\t"
)

// check tells whether the input is complete; if not, what its next line begins
// with.
func (c *completeness) check(source string) (complete bool, indent string) {
	if strings.TrimSpace(source) == "" || isDirective(source) || isHelp(source) {
		return true, ""
	}
	if c.isGo() {
		complete, depth := gocell.IsCompleteAtPrompt(source)
		return complete, strings.Repeat(tabIndent, depth)
	}
	if reply := c.ask(source); reply != nil {
		switch reply.Status {
		case "complete", "invalid":
			return true, ""
		case "incomplete":
			return strings.HasSuffix(source, "\n\n"), reply.Indent
		}
	}
	// Not known: one line is complete, several are when the last is empty.
	return !strings.Contains(source, "\n") || strings.HasSuffix(source, "\n"), ""
}

// isGo reports whether Go's own scanner decides: at once, also while the kernel
// starts, and without the "%%" that the user left out.
func (c *completeness) isGo() bool { return strings.EqualFold(c.language, "go") }

func (c *completeness) ask(source string) *jupyter.IsCompleteReply {
	if c.silent.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWait)
	defer cancel()
	kernel, err := c.engine.wait(ctx)
	if err != nil {
		return nil
	}
	ctx, cancel = context.WithTimeout(context.Background(), completeWait)
	defer cancel()
	reply, err := kernel.IsComplete(ctx, source)
	if err != nil {
		c.silent.Store(ctx.Err() != nil)
		return nil
	}
	return reply
}
