package corpus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Debugger says what a debugger does while a notebook is played.
type Debugger string

// None is attached; or one is that does nothing; or one that has a breakpoint in
// every line, at which it never stops.
const (
	NoDebugger       Debugger = ""
	Attached         Debugger = "attached"
	BreaksEverywhere Debugger = "everywhere"
)

func (p *player) attach(ctx context.Context) error {
	if p.debugger == NoDebugger {
		return nil
	}
	for _, command := range []string{"initialize", "attach"} {
		if err := p.request(ctx, command, struct{}{}, nil); err != nil {
			return err
		}
	}
	return nil
}

// never is how often a breakpoint may be met that never stops.
const never = 1 << 40

// breakEverywhere sets breakpoints in all lines of a cell.
func (p *player) breakEverywhere(ctx context.Context, text string) error {
	if p.debugger != BreaksEverywhere {
		return nil
	}
	var dumped struct {
		Path string `json:"sourcePath"`
	}
	if err := p.request(ctx, "dumpCell", map[string]string{"code": text}, &dumped); err != nil {
		return err
	}
	var list []map[string]any
	for i := range strings.Count(text, "\n") + 1 {
		list = append(list, map[string]any{"line": i + 1, "hitCondition": fmt.Sprint(never)})
	}
	source := map[string]string{"path": dumped.Path}
	return p.request(ctx, "setBreakpoints", map[string]any{"source": source, "breakpoints": list}, nil)
}

// request sends a debugger's request, and reads the body of the answer.
func (p *player) request(ctx context.Context, command string, arguments, body any) error {
	raw, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	e, err := p.kernel.Request(ctx, jupyter.Control,
		&jupyter.DebugRequest{Type: "request", Command: command, Arguments: raw})
	if err != nil {
		return err
	}
	reply, ok := e.Content.(*jupyter.DebugReply)
	if !ok || !reply.Success {
		return fmt.Errorf("%s: the answer is %+v", command, e.Content)
	}
	if body == nil {
		return nil
	}
	if raw, err = json.Marshal(reply.Body); err != nil {
		return err
	}
	return json.Unmarshal(raw, body)
}
