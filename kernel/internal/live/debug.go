package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// JupyterLab shows a notebook's variables in its debugger panel, and asks for
// them by the debugger's messages. This kernel answers those that look at
// variables, also while a cell runs. It has no debugger: it takes no
// breakpoints, and says so.

// inspector looks at variables at any time.
type inspector interface {
	Variables(context.Context) ([]engine.Variable, error)
	VariableParts(ctx context.Context, reference int) ([]engine.Variable, error)
	ShowVariable(ctx context.Context, name string) (map[string]any, error)
}

// noDebugger is the answer to what only a debugger could do.
const noDebugger = "the live kernel shows variables here, but has no debugger: no breakpoints, no stepping"

// debug answers a debugger's request. It may take a while, so it is not to keep
// an interrupt waiting.
func (k *Kernel) debug(r *request, c *jupyter.DebugRequest) {
	reply := &jupyter.DebugReply{Type: "response", RequestSeq: c.Seq, Command: c.Command}
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "live kernel: debug_request %s: %v\n%s", c.Command, p, debug.Stack())
			reply.Success, reply.Message, reply.Body = false, "the kernel made a mistake; its log says more", struct{}{}
		}
		reply.Seq = int(k.debugSeq.Add(1))
		k.server.reply(r, reply)
		k.server.publish(r, &jupyter.Status{State: jupyter.Idle})
	}()
	body, err := k.debugAnswer(c)
	if err != nil {
		reply.Message, reply.Body = err.Error(), struct{}{}
		return
	}
	reply.Success, reply.Body = true, body
}

// debugAnswer is the body of the answer. JupyterLab starts a session (initialize,
// attach) before it shows anything.
func (k *Kernel) debugAnswer(c *jupyter.DebugRequest) (body any, err error) {
	switch c.Command {
	case "initialize":
		return debugCapabilities{}, nil
	case "attach":
		k.debugging.Store(true)
		return struct{}{}, nil
	case "disconnect":
		k.debugging.Store(false)
		return struct{}{}, nil
	case "debugInfo":
		return k.debugInfo(), nil
	case "configurationDone", "setExceptionBreakpoints":
		return struct{}{}, nil
	case "dumpCell":
		return map[string]string{"sourcePath": debugPrefix + "cell" + debugSuffix}, nil
	case "setBreakpoints":
		// None is set, which takes the mark off again in JupyterLab.
		return map[string]any{"breakpoints": []any{}}, nil
	case "threads":
		return map[string]any{"threads": []any{}}, nil
	case "inspectVariables", "variables", "richInspectVariables":
		look, ok := k.cells.(inspector)
		if !ok {
			return nil, fmt.Errorf("there are no variables: this kernel cannot run cells")
		}
		return k.inspectVariables(look, c)
	case "":
		return nil, fmt.Errorf("a debug_request wants a command")
	}
	return nil, fmt.Errorf("%s: %s", c.Command, noDebugger)
}

// debugCapabilities are all false.
type debugCapabilities struct {
	SupportsConfigurationDone bool `json:"supportsConfigurationDoneRequest"`
	SupportsModules           bool `json:"supportsModulesRequest"`
}

// How JupyterLab is to name a cell's file: by this prefix, a hash of the text,
// and this suffix. It wants to know, though there are no breakpoints to put
// there.
const (
	debugPrefix = "gocifar-live/"
	debugSuffix = ".go"
)

// debugInfo is what JupyterLab asks first, with what ipykernel's answer has.
type debugInfo struct {
	IsStarted      bool   `json:"isStarted"`
	HashMethod     string `json:"hashMethod"`
	HashSeed       int    `json:"hashSeed"`
	TmpFilePrefix  string `json:"tmpFilePrefix"`
	TmpFileSuffix  string `json:"tmpFileSuffix"`
	Breakpoints    []any  `json:"breakpoints"`
	StoppedThreads []int  `json:"stoppedThreads"`
	RichRendering  bool   `json:"richRendering"`
	ExceptionPaths []any  `json:"exceptionPaths"`
	CopyToGlobals  bool   `json:"copyToGlobals"`
}

func (k *Kernel) debugInfo() debugInfo {
	return debugInfo{IsStarted: k.debugging.Load(), HashMethod: "Murmur2", HashSeed: 0xc70f6907,
		TmpFilePrefix: debugPrefix, TmpFileSuffix: debugSuffix, Breakpoints: []any{}, StoppedThreads: []int{},
		RichRendering: true, ExceptionPaths: []any{}}
}

// inspectArguments are those of the three requests for variables.
type inspectArguments struct {
	Reference int    `json:"variablesReference"`
	Name      string `json:"variableName"`
	Frame     *int   `json:"frameId"`
}

func (k *Kernel) inspectVariables(look inspector, c *jupyter.DebugRequest) (body any, err error) {
	var a inspectArguments
	if len(c.Arguments) > 0 {
		if err := json.Unmarshal(c.Arguments, &a); err != nil {
			return nil, fmt.Errorf("%s: arguments: %w", c.Command, err)
		}
	}
	var list []engine.Variable
	switch c.Command {
	case "richInspectVariables":
		if a.Name == "" {
			return nil, fmt.Errorf("richInspectVariables wants a variableName")
		}
		forms, err := look.ShowVariable(k.server.ctx, a.Name)
		if err != nil {
			return nil, err
		}
		return map[string]any{"data": bundle(forms), "metadata": struct{}{}}, nil
	case "variables":
		list, err = look.VariableParts(k.server.ctx, a.Reference)
	default:
		list, err = look.Variables(k.server.ctx)
	}
	if err != nil {
		return nil, err
	}
	variables := make([]debugVariable, len(list))
	for i, v := range list {
		variables[i] = debugVariableOf(v)
	}
	return map[string]any{"variables": variables}, nil
}

// debugVariable is the protocol's Variable.
type debugVariable struct {
	Name         string `json:"name"`
	Value        string `json:"value"`
	Type         string `json:"type"`
	EvaluateName string `json:"evaluateName"`
	Reference    int    `json:"variablesReference"`
}

func debugVariableOf(v engine.Variable) debugVariable {
	d := debugVariable{Name: v.Name, Type: v.Type, EvaluateName: v.Name, Reference: v.Reference}
	var facts []string
	for _, fact := range []string{v.Shape, v.DType, v.Device} {
		if fact != "" && v.Kind != "string" {
			facts = append(facts, fact)
		}
	}
	if len(facts) > 0 {
		d.Value = strings.Join(facts, " ") + " "
	}
	d.Value += v.Text
	if v.Line != "" {
		d.Value += " " + v.Line
	}
	return d
}
