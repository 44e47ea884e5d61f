package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Front ends such as JupyterLab speak the Debug Adapter Protocol in debug_request
// messages on the control channel, with some requests of Jupyter's own.
// DEBUGGER.md lists them. This file knows who answers what; debugger.go has the
// session's state, debug_*.go the answers.

// debuggerCells are cells that can be debugged.
type debuggerCells interface {
	Debug(ctx context.Context, on bool) error
	BreakOnPanic(ctx context.Context, yes bool) error
	SetBreakpoints(ctx context.Context, text string, list []engine.Breakpoint) ([]engine.Placed, error)
	SetFileBreakpoints(ctx context.Context, path string, list []engine.Breakpoint) ([]engine.Placed, error)
	PackageFiles() map[string][]string
	FileText(path string) (string, error)
	PathOf(engine.Call) string
	Threads(context.Context) ([]engine.Thread, error)
	Stack(ctx context.Context, thread int64) ([]engine.Call, error)
	Locals(ctx context.Context, call int) ([]engine.Variable, error)
	Go(ctx context.Context, how string, thread int64) error
	Evaluate(ctx context.Context, in *engine.Call, text string, front engine.Front) ([]engine.Variable, error)
	CopyToGlobals(ctx context.Context, in engine.Call, from, to string) error
	CanSet(in engine.Call, name string) error
	TextOf(engine.Call) string

	Variables(context.Context) ([]engine.Variable, error)
	VariableParts(ctx context.Context, reference int) ([]engine.Variable, error)
	ShowVariable(ctx context.Context, name string) (map[string]any, error)
}

// debug answers a debugger's request. It may take a while, so it is not to keep
// an interrupt waiting.
func (k *Kernel) debug(r *request, c *jupyter.DebugRequest) {
	reply := &jupyter.DebugReply{Type: "response", RequestSeq: c.Seq, Command: c.Command}
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "live kernel: debug_request %s: %v\n%s", c.Command, p, debug.Stack())
			reply.Success, reply.Message, reply.Body = false, "the kernel made a mistake; its log says more", struct{}{}
		}
		reply.Seq = int(k.debugger.seq.Add(1))
		k.server.reply(r, reply)
		k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}()
	k.debugger.heard(r)
	body, err := k.debugAnswer(c)
	if err != nil {
		reply.Message, reply.Body = err.Error(), struct{}{}
		return
	}
	reply.Success, reply.Body = true, body
}

// debugAnswers are the requests that are answered, with who does.
var debugAnswers = map[string]func(*debugger, debuggerCells, *jupyter.DebugRequest) (any, error){
	"debugInfo":               (*debugger).info,
	"initialize":              (*debugger).initialize,
	"attach":                  (*debugger).attach,
	"configurationDone":       (*debugger).nothing,
	"disconnect":              (*debugger).disconnect,
	"terminate":               (*debugger).terminate,
	"dumpCell":                (*debugger).dumpCell,
	"source":                  (*debugger).source,
	"setBreakpoints":          (*debugger).setBreakpoints,
	"setExceptionBreakpoints": (*debugger).setExceptionBreakpoints,
	"threads":                 (*debugger).threads,
	"stackTrace":              (*debugger).stackTrace,
	"scopes":                  (*debugger).scopes,
	"variables":               (*debugger).variables,
	"setVariable":             (*debugger).setVariable,
	"evaluate":                (*debugger).evaluate,
	"continue":                (*debugger).goOn,
	"next":                    (*debugger).goOn,
	"stepIn":                  (*debugger).goOn,
	"stepOut":                 (*debugger).goOn,
	"pause":                   (*debugger).goOn,
	"modules":                 (*debugger).modules,
	"inspectVariables":        (*debugger).inspectVariables,
	"richInspectVariables":    (*debugger).richInspectVariables,
	"copyToGlobals":           (*debugger).copyToGlobals,
}

// whileAttached are the requests that mean nothing without a debugger.
var whileAttached = map[string]bool{"setBreakpoints": true, "setExceptionBreakpoints": true, "stackTrace": true,
	"scopes": true, "setVariable": true, "evaluate": true, "continue": true, "next": true, "stepIn": true,
	"stepOut": true, "pause": true, "copyToGlobals": true}

// debugAnswer is the body of the answer.
func (k *Kernel) debugAnswer(c *jupyter.DebugRequest) (body any, err error) {
	if c.Command == "" {
		return nil, fmt.Errorf("a debug_request wants a command")
	}
	answer := debugAnswers[c.Command]
	if answer == nil {
		return nil, fmt.Errorf("the live kernel's debugger has no request %s; DEBUGGER.md lists those that it has", c.Command)
	}
	cells, ok := k.cells.(debuggerCells)
	if !ok {
		return nil, fmt.Errorf("there is nothing to debug: this kernel cannot run cells")
	}
	if whileAttached[c.Command] && !k.debugger.attached.Load() {
		return nil, fmt.Errorf("%s: no debugger is attached: send initialize and attach first", c.Command)
	}
	return answer(&k.debugger, cells, c)
}

// debuggable tells whether the kernel has a debugger.
func (k *Kernel) debuggable() bool {
	_, ok := k.cells.(debuggerCells)
	return ok
}

// arguments reads a request's arguments.
func arguments[T any](c *jupyter.DebugRequest) (a T, err error) {
	if len(c.Arguments) > 0 && string(c.Arguments) != "null" {
		if err := json.Unmarshal(c.Arguments, &a); err != nil {
			return a, fmt.Errorf("%s: arguments: %w", c.Command, err)
		}
	}
	return a, nil
}

func (*debugger) nothing(debuggerCells, *jupyter.DebugRequest) (any, error) { return struct{}{}, nil }

// modules lists the files of the user's packages: JupyterLab shows modules to set
// breakpoints in them.
func (*debugger) modules(cells debuggerCells, _ *jupyter.DebugRequest) (any, error) {
	list := []dap.Module{}
	for path, files := range cells.PackageFiles() {
		for _, file := range files {
			list = append(list, dap.Module{Id: file, Name: path + "/" + filepath.Base(file), Path: file})
		}
	}
	slices.SortFunc(list, func(a, b dap.Module) int { return strings.Compare(a.Name, b.Name) })
	return dap.ModulesResponseBody{Modules: list, TotalModules: len(list)}, nil
}
