package jupyter

import "encoding/json"

// DebugRequest carries a request of the Debug Adapter Protocol
// (https://microsoft.github.io/debug-adapter-protocol), or one of Jupyter's
// additions to it, such as inspectVariables. It comes on the control channel.
type DebugRequest struct {
	Seq       int             `json:"seq"`
	Type      string          `json:"type"` // "request"
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
}

// DebugReply carries the response to a [DebugRequest].
type DebugReply struct {
	Seq        int    `json:"seq"`
	Type       string `json:"type"` // "response"
	RequestSeq int    `json:"request_seq"`
	Command    string `json:"command"`
	Success    bool   `json:"success"`
	// Message says why there is no success.
	Message string `json:"message,omitempty"`
	Body    any    `json:"body"`
}

func (*DebugRequest) MessageType() string { return "debug_request" }
func (*DebugReply) MessageType() string   { return "debug_reply" }

// DebugEvent carries an event of the Debug Adapter Protocol, on iopub.
type DebugEvent struct {
	Seq   int    `json:"seq"`
	Type  string `json:"type"` // "event"
	Event string `json:"event"`
	Body  any    `json:"body"`
}

func (*DebugEvent) MessageType() string { return "debug_event" }
