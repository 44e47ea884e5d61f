package live

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-dap"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// debug sends a debugger's request and returns the answer, with the body as JSON.
func (c *client) debug(command, arguments string) *jupyter.DebugReply {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	e, err := c.kernel.Request(ctx, jupyter.Control, &jupyter.DebugRequest{Seq: 7, Type: "request",
		Command: command, Arguments: json.RawMessage(arguments)})
	if err != nil {
		c.t.Fatal(err)
	}
	reply, ok := e.Content.(*jupyter.DebugReply)
	if !ok || reply.Type != "response" || reply.RequestSeq != 7 || reply.Command != command {
		c.t.Fatalf("%s: the answer is %+v", command, e.Content)
	}
	raw, err := json.Marshal(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	reply.Body = string(raw)
	return reply
}

// TestVariablePanel asks what JupyterLab asks when somebody opens its panel.
func TestVariablePanel(t *testing.T) {
	c := newClient(t)
	c.check("type point struct{ X, Y int }\nvar p = &point{1, 2}", "")
	for _, command := range []string{"debugInfo", "initialize", "attach", "configurationDone"} {
		if reply := c.debug(command, `{}`); !reply.Success {
			t.Errorf("%s: %s", command, reply.Message)
		}
	}
	if got := c.debug("debugInfo", `{}`).Body.(string); !strings.Contains(got, `"isStarted":true`) ||
		!strings.Contains(got, `"richRendering":true`) || !strings.Contains(got, `"breakpoints":[]`) {
		t.Errorf("debugInfo: %s", got)
	}
	var body struct {
		Variables []dap.Variable `json:"variables"`
	}
	if err := json.Unmarshal([]byte(c.debug("inspectVariables", `{}`).Body.(string)), &body); err != nil || len(body.Variables) != 1 {
		t.Fatalf("%v, %v", body, err)
	}
	v := body.Variables[0]
	if v.Name != "p" || v.Type != "*point" || v.Value != "&{X:1 Y:2}" || v.VariablesReference == 0 {
		t.Errorf("p is %+v", v)
	}
	if got := c.debug("variables", `{"variablesReference":1}`).Body; !strings.Contains(got.(string), `"name":"Y","type":"int","value":"2"`) {
		t.Errorf("its parts: %s", got)
	}
	rich := c.debug("richInspectVariables", `{"variableName":"p"}`)
	if !rich.Success || !strings.Contains(rich.Body.(string), `"text/html"`) || !strings.Contains(rich.Body.(string), `"text/plain"`) {
		t.Errorf("richInspectVariables: %+v", rich)
	}
	c.debug("disconnect", `{}`)
	if got := c.debug("debugInfo", `{}`).Body.(string); !strings.Contains(got, `"isStarted":false`) {
		t.Errorf("after it was closed: %s", got)
	}
}

// TestVariablePanelWhileACellRuns asks while a cell trains, as it were.
func TestVariablePanelWhileACellRuns(t *testing.T) {
	c := newClient(t)
	c.check("table := map[int]int{}", "")
	asked := false
	c.during = func(e jupyter.Event) {
		if s, ok := e.Content.(*jupyter.Stream); ok && strings.Contains(s.Text, "runs") && !asked {
			asked = true
			if got := c.debug("inspectVariables", `{}`).Body.(string); !strings.Contains(got, `"table"`) {
				t.Errorf("while a cell runs: %s", got)
			}
		}
	}
	c.check("fmt.Println(\"runs\")\nfor start := time.Now(); time.Since(start) < time.Second; { table[len(table)%1000]++ }", "runs")
	if !asked {
		t.Error("the cell did not run")
	}
}
