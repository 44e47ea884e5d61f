package jupyter

import "encoding/json"

// Reply states, the field Status of replies.
const (
	StatusOK      = "ok"
	StatusError   = "error"
	StatusAborted = "aborted"
)

// ExecuteRequest asks the kernel to run code.
type ExecuteRequest struct {
	Code   string `json:"code"`
	Silent bool   `json:"silent"`
	// StoreHistory counts the execution; it is what notebooks use. GoNB
	// leaves execution_count out of its reply without it.
	StoreHistory    bool        `json:"store_history"`
	UserExpressions Expressions `json:"user_expressions"`
	// AllowStdin lets the code ask for input, see [InputRequest].
	AllowStdin bool `json:"allow_stdin"`
	// StopOnError makes the kernel abort the requests that wait in its queue
	// if this one fails.
	StopOnError bool `json:"stop_on_error"`
}

// Expressions are evaluated after an execution, by name.
type Expressions map[string]string

// MarshalJSON writes {} for nil.
func (e Expressions) MarshalJSON() ([]byte, error) { return marshalObject(e) }

// ExecuteReply says how an execution ended.
type ExecuteReply struct {
	Status          string            `json:"status"`
	ExecutionCount  int               `json:"execution_count"`
	Payload         []json.RawMessage `json:"payload,omitempty"`
	UserExpressions MIMEBundle        `json:"user_expressions"`
	ReplyError
}

// ReplyError holds what a reply says if its status is "error".
type ReplyError struct {
	Name      string   `json:"ename,omitempty"`
	Value     string   `json:"evalue,omitempty"`
	Traceback []string `json:"traceback,omitempty"`
}

// KernelInfoRequest asks for a [KernelInfoReply].
type KernelInfoRequest struct{}

// KernelInfoReply describes the kernel and its language.
type KernelInfoReply struct {
	Status                string       `json:"status"`
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	Debugger              bool         `json:"debugger"`
	HelpLinks             []HelpLink   `json:"help_links"`
	SupportedFeatures     []string     `json:"supported_features,omitempty"`
	ReplyError
}

// LanguageInfo is what a notebook stores as metadata.language_info.
type LanguageInfo struct {
	Name              string          `json:"name"`
	Version           string          `json:"version"`
	MIMEType          string          `json:"mimetype"`
	FileExtension     string          `json:"file_extension"`
	PygmentsLexer     string          `json:"pygments_lexer,omitempty"`
	CodeMirrorMode    json.RawMessage `json:"codemirror_mode,omitempty"` // string or object
	NBConvertExporter string          `json:"nbconvert_exporter,omitempty"`
}

// HelpLink is an entry of a front end's help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// ConnectRequest asks for the kernel's ports. The protocol deprecates it.
type ConnectRequest struct{}

// ConnectReply holds the kernel's ports.
type ConnectReply struct {
	ShellPort   int `json:"shell_port"`
	IOPubPort   int `json:"iopub_port"`
	StdinPort   int `json:"stdin_port"`
	HBPort      int `json:"hb_port"`
	ControlPort int `json:"control_port"`
}

// InterruptRequest asks the kernel to interrupt what it runs.
type InterruptRequest struct{}

// InterruptReply answers an [InterruptRequest], before or after the effect.
type InterruptReply struct {
	Status string `json:"status"`
	ReplyError
}

// ShutdownRequest asks the kernel to end.
type ShutdownRequest struct {
	Restart bool `json:"restart"`
}

// ShutdownReply is a kernel's last message.
type ShutdownReply struct {
	Status  string `json:"status"`
	Restart bool   `json:"restart"`
	ReplyError
}

// CompleteRequest asks how the code could go on at the cursor.
type CompleteRequest struct {
	Code string `json:"code"`
	// CursorPos counts Unicode code points, by the protocol since 5.2. GoNB
	// counts UTF-16 units.
	CursorPos int `json:"cursor_pos"`
}

// CompleteReply lists what could replace the code from CursorStart to
// CursorEnd.
type CompleteReply struct {
	Status      string     `json:"status"`
	Matches     []string   `json:"matches"`
	CursorStart int        `json:"cursor_start"`
	CursorEnd   int        `json:"cursor_end"`
	Metadata    MIMEBundle `json:"metadata"`
	ReplyError
}

// InspectRequest asks what stands at the cursor.
type InspectRequest struct {
	Code      string `json:"code"`
	CursorPos int    `json:"cursor_pos"`
	// DetailLevel is 0, or 1 for more, such as source code.
	DetailLevel int `json:"detail_level"`
}

// InspectReply describes it.
type InspectReply struct {
	Status   string     `json:"status"`
	Found    bool       `json:"found"`
	Data     MIMEBundle `json:"data"`
	Metadata MIMEBundle `json:"metadata"`
	ReplyError
}

// IsCompleteRequest asks whether the code can be run as it is. GoNB never
// answers.
type IsCompleteRequest struct {
	Code string `json:"code"`
}

// IsCompleteReply has status "complete", "incomplete", "invalid" or
// "unknown".
type IsCompleteReply struct {
	Status string `json:"status"`
	// Indent is what the next line of incomplete code should start with.
	Indent string `json:"indent"`
}

// HistoryRequest asks for earlier inputs. GoNB never answers.
type HistoryRequest struct {
	Output     bool   `json:"output"`
	Raw        bool   `json:"raw"`
	AccessType string `json:"hist_access_type"` // "range", "tail" or "search"
	Session    int    `json:"session"`
	Start      int    `json:"start"`
	Stop       int    `json:"stop"`
	N          int    `json:"n"`
	Pattern    string `json:"pattern"`
	Unique     bool   `json:"unique"`
}

// HistoryReply lists [session, line, input] triples, where input is a string
// or, if output was asked for, an [input, output] pair.
type HistoryReply struct {
	Status  string            `json:"status"`
	History []json.RawMessage `json:"history"`
	ReplyError
}

func (*ExecuteRequest) MessageType() string    { return "execute_request" }
func (*ExecuteReply) MessageType() string      { return "execute_reply" }
func (*KernelInfoRequest) MessageType() string { return "kernel_info_request" }
func (*KernelInfoReply) MessageType() string   { return "kernel_info_reply" }
func (*ConnectRequest) MessageType() string    { return "connect_request" }
func (*ConnectReply) MessageType() string      { return "connect_reply" }
func (*InterruptRequest) MessageType() string  { return "interrupt_request" }
func (*InterruptReply) MessageType() string    { return "interrupt_reply" }
func (*ShutdownRequest) MessageType() string   { return "shutdown_request" }
func (*ShutdownReply) MessageType() string     { return "shutdown_reply" }
func (*CompleteRequest) MessageType() string   { return "complete_request" }
func (*CompleteReply) MessageType() string     { return "complete_reply" }
func (*InspectRequest) MessageType() string    { return "inspect_request" }
func (*InspectReply) MessageType() string      { return "inspect_reply" }
func (*IsCompleteRequest) MessageType() string { return "is_complete_request" }
func (*IsCompleteReply) MessageType() string   { return "is_complete_reply" }
func (*HistoryRequest) MessageType() string    { return "history_request" }
func (*HistoryReply) MessageType() string      { return "history_reply" }
