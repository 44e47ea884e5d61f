package jupyter

// Stream is text that the code wrote to stdout or stderr.
type Stream struct {
	Name string `json:"name"` // "stdout" or "stderr"
	Text string `json:"text"`
}

// DisplayData is something to show.
type DisplayData struct {
	Data      MIMEBundle `json:"data"`
	Metadata  MIMEBundle `json:"metadata"`
	Transient Transient  `json:"transient"`
}

// Transient is information that a notebook does not store.
type Transient struct {
	// DisplayID names the display for later updates. It may be empty.
	DisplayID string `json:"display_id,omitempty"`
}

// UpdateDisplayData replaces every display with the same DisplayID. GoNB sends
// it for any id it has seen since it started, so the display may stand in an
// earlier cell, or nowhere if another notebook showed it.
type UpdateDisplayData DisplayData

// ExecuteResult is the value of the code. GoNB sends none.
type ExecuteResult struct {
	ExecutionCount int        `json:"execution_count"`
	Data           MIMEBundle `json:"data"`
	Metadata       MIMEBundle `json:"metadata"`
	Transient      Transient  `json:"transient"`
}

// ErrorOutput is the message type "error": the code failed. With GoNB, Name is
// always "ERROR".
type ErrorOutput struct {
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"` // may hold ANSI colors
}

// Execution states of [Status].
const (
	Starting = "starting"
	Busy     = "busy"
	Idle     = "idle"
)

// Status says that the kernel started or ended the work on the parent. Output
// of the parent may still follow Idle, because of threads and, in GoNB, of
// pipes that are read while the program exits.
type Status struct {
	State string `json:"execution_state"`
}

// ClearOutput removes the output shown so far.
type ClearOutput struct {
	// Wait delays it until there is new output.
	Wait bool `json:"wait"`
}

// ExecuteInput tells every client which code runs.
type ExecuteInput struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// IOPubWelcome confirms a subscription (XPUB kernels, protocol 5.4).
type IOPubWelcome struct {
	Subscription string `json:"subscription"`
}

func (*Stream) MessageType() string            { return "stream" }
func (*DisplayData) MessageType() string       { return "display_data" }
func (*UpdateDisplayData) MessageType() string { return "update_display_data" }
func (*ExecuteResult) MessageType() string     { return "execute_result" }
func (*ErrorOutput) MessageType() string       { return "error" }
func (*Status) MessageType() string            { return "status" }
func (*ClearOutput) MessageType() string       { return "clear_output" }
func (*ExecuteInput) MessageType() string      { return "execute_input" }
func (*IOPubWelcome) MessageType() string      { return "iopub_welcome" }
