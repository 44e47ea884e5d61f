package live

import (
	"fmt"
	"go/token"
	"strings"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/internal/engine"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// References of scopes: the notebook's variables, and those of a call by its
// number. All values have lower ones.
const (
	globalsReference = 1 << 29
	localsReference  = 1 << 30
)

func (d *debugger) scopes(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.ScopesArguments](c)
	if err != nil {
		return nil, err
	}
	if _, err := d.call(cells, a.FrameId); err != nil {
		return nil, err
	}
	locals := dap.Scope{Name: "Locals", PresentationHint: "locals", VariablesReference: localsReference + a.FrameId}
	globals := dap.Scope{Name: "Globals", VariablesReference: globalsReference}
	return dap.ScopesResponseBody{Scopes: []dap.Scope{locals, globals}}, nil
}

func (d *debugger) variables(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		Reference int `json:"variablesReference"`
		Start     int `json:"start"`
		Count     int `json:"count"`
	}](c)
	if err != nil {
		return nil, err
	}
	list, err := d.parts(cells, a.Reference)
	if err != nil {
		return nil, err
	}
	first, last := min(max(a.Start, 0), len(list)), len(list)
	if a.Count > 0 {
		last = min(last, first+a.Count)
	}
	return dap.VariablesResponseBody{Variables: list[first:last]}, nil
}

// parts lists the values in a scope or value.
func (d *debugger) parts(cells debuggerCells, reference int) ([]dap.Variable, error) {
	ctx := d.kernel.server.ctx
	switch {
	case reference >= localsReference:
		call, err := d.call(cells, reference-localsReference)
		if err != nil {
			return nil, err
		}
		list, err := cells.Locals(ctx, call.ID)
		return d.shown(list, value{in: call}), err
	case reference == globalsReference:
		list, err := cells.Variables(ctx)
		return d.shown(list, value{}), err
	}
	list, err := cells.VariableParts(ctx, reference)
	d.mu.Lock()
	of := d.values[reference]
	d.mu.Unlock()
	return d.shown(list, of), err
}

func (d *debugger) inspectVariables(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	if _, err := arguments[struct{}](c); err != nil {
		return nil, err
	}
	list, err := d.parts(cells, globalsReference)
	return dap.VariablesResponseBody{Variables: list}, err
}

// shown describes the parts of a value, or variables for the empty one.
func (d *debugger) shown(list []engine.Variable, of value) []dap.Variable {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.values == nil {
		d.values = map[int]value{}
	}
	variables := make([]dap.Variable, len(list))
	for i, v := range list {
		path := of.path + "." + v.Name
		switch {
		case of.path == "":
			path = v.Name
		case v.Name == "*":
			path = "*" + of.path
		case strings.HasPrefix(v.Name, "["):
			path = of.path + v.Name
		}
		if v.Reference != 0 {
			d.values[v.Reference] = value{path, of.in}
		}
		variables[i] = dap.Variable{Name: v.Name, Value: textOf(v), Type: v.Type, EvaluateName: path,
			VariablesReference: v.Reference}
	}
	return variables
}

// textOf is a value for a line of a list.
func textOf(v engine.Variable) string {
	var facts []string
	for _, fact := range []string{v.Shape, v.DType, v.Device} {
		if fact != "" && v.Kind != "string" {
			facts = append(facts, fact)
		}
	}
	text := v.Text
	if len(facts) > 0 {
		text = strings.Join(facts, " ") + " " + text
	}
	if v.Line != "" {
		text += " " + v.Line
	}
	return text
}

func (d *debugger) setVariable(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.SetVariableArguments](c)
	if err != nil {
		return nil, err
	}
	list, err := d.parts(cells, a.VariablesReference)
	if err != nil {
		return nil, err
	}
	find := func() *dap.Variable {
		for i := range list {
			if list[i].Name == a.Name {
				return &list[i]
			}
		}
		return nil
	}
	v := find()
	if v == nil {
		return nil, fmt.Errorf("there is no variable %q here", a.Name)
	}
	in, err := d.inOf(cells, a.VariablesReference)
	if err != nil {
		return nil, err
	}
	if in != nil && a.VariablesReference >= localsReference {
		if err := cells.CanSet(*in, a.Name); err != nil {
			return nil, err
		}
	}
	ctx := d.kernel.server.ctx
	if _, err := cells.Evaluate(ctx, in, v.EvaluateName+" = "+a.Value, d.kernel); err != nil {
		return nil, err
	}
	if list, err = d.parts(cells, a.VariablesReference); err != nil {
		return nil, err
	}
	if v = find(); v == nil {
		return nil, fmt.Errorf("%q is gone", a.Name)
	}
	return dap.SetVariableResponseBody{Value: v.Value, Type: v.Type, VariablesReference: v.VariablesReference}, nil
}

// inOf is the call that a value is in, nil if it is one of the notebook's.
func (d *debugger) inOf(cells debuggerCells, reference int) (*engine.Call, error) {
	if reference >= localsReference {
		return d.call(cells, reference-localsReference)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.values[reference].in, nil
}

func (d *debugger) evaluate(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[dap.EvaluateArguments](c)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(a.Expression) == "" {
		return nil, fmt.Errorf("evaluate wants an expression")
	}
	var in *engine.Call
	if a.FrameId != 0 {
		if in, err = d.call(cells, a.FrameId); err != nil {
			return nil, err
		}
	}
	list, err := cells.Evaluate(d.kernel.server.ctx, in, a.Expression, d.kernel)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.evaluated++
	d.mu.Unlock()
	shown := d.shown(list, value{path: "(" + a.Expression + ")", in: in})
	body := dap.EvaluateResponseBody{}
	var texts []string
	for _, v := range shown {
		texts = append(texts, v.Value)
		body.Type, body.VariablesReference = v.Type, v.VariablesReference
	}
	body.Result = strings.Join(texts, ", ")
	if len(shown) > 1 {
		body.Type, body.VariablesReference = "", 0
	}
	return body, nil
}

func (d *debugger) richInspectVariables(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		Name  string `json:"variableName"`
		Frame int    `json:"frameId"`
	}](c)
	if err != nil {
		return nil, err
	}
	if a.Name == "" {
		return nil, fmt.Errorf("richInspectVariables wants a variableName")
	}
	if a.Frame != 0 && d.attached.Load() {
		if _, err := d.call(cells, a.Frame); err == nil {
			list, err := d.parts(cells, localsReference+a.Frame)
			if err != nil {
				return nil, err
			}
			for _, v := range list {
				if v.Name == a.Name {
					return map[string]any{"data": bundle(map[string]any{"text/plain": v.Value}), "metadata": struct{}{}}, nil
				}
			}
		}
	}
	forms, err := cells.ShowVariable(d.kernel.server.ctx, a.Name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"data": bundle(forms), "metadata": struct{}{}}, nil
}

func (d *debugger) copyToGlobals(cells debuggerCells, c *jupyter.DebugRequest) (any, error) {
	a, err := arguments[struct {
		From  string `json:"srcVariableName"`
		To    string `json:"dstVariableName"`
		Frame int    `json:"srcFrameId"`
	}](c)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{a.From, a.To} {
		if !token.IsIdentifier(name) {
			return nil, fmt.Errorf("%q is no name of a variable", name)
		}
	}
	call, err := d.call(cells, a.Frame)
	if err != nil {
		return nil, err
	}
	return struct{}{}, cells.CopyToGlobals(d.kernel.server.ctx, *call, a.From, a.To)
}
