package jupyter

import (
	"encoding/json"
	"strings"
)

// CreateSubshellRequest asks for a subshell, on the control channel (protocol
// 5.5). Kernels that have them say "kernel subshells" in
// [KernelInfoReply.SupportedFeatures].
type CreateSubshellRequest struct{}

// CreateSubshellReply names the new subshell. Requests with the id in their
// header are for it.
type CreateSubshellReply struct {
	Status string `json:"status"`
	ID     string `json:"subshell_id,omitempty"`
	ReplyError
}

// DeleteSubshellRequest asks the kernel to end a subshell.
type DeleteSubshellRequest struct {
	ID string `json:"subshell_id"`
}

// DeleteSubshellReply answers a [DeleteSubshellRequest].
type DeleteSubshellReply struct {
	Status string `json:"status"`
	ReplyError
}

// ListSubshellRequest asks which subshells there are.
type ListSubshellRequest struct{}

// ListSubshellReply lists the ids of subshells.
type ListSubshellReply struct {
	Status string   `json:"status"`
	IDs    []string `json:"subshell_id"`
	ReplyError
}

// ErrorReply is a reply with nothing but an error to a request of a type.
func ErrorReply(requestType string, e ReplyError) Content {
	raw, err := json.Marshal(struct {
		Status string `json:"status"`
		ReplyError
	}{StatusError, e})
	if err != nil {
		raw = json.RawMessage(`{"status":"error"}`) // strings can be written
	}
	return &Unknown{Type: strings.TrimSuffix(requestType, "request") + "reply", Raw: raw}
}

func (*CreateSubshellRequest) MessageType() string { return "create_subshell_request" }
func (*CreateSubshellReply) MessageType() string   { return "create_subshell_reply" }
func (*DeleteSubshellRequest) MessageType() string { return "delete_subshell_request" }
func (*DeleteSubshellReply) MessageType() string   { return "delete_subshell_reply" }
func (*ListSubshellRequest) MessageType() string   { return "list_subshell_request" }
func (*ListSubshellReply) MessageType() string     { return "list_subshell_reply" }
