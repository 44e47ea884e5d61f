package jupyter

import (
	"encoding/json"
	"fmt"
)

// Content is the body of a message: one struct for each message type of
// https://jupyter-client.readthedocs.io/en/stable/messaging.html.
//
// Requests are always sent with every field present. Kernels may rely on it:
// GoNB reads several fields without checking that they are there, and dies.
type Content interface {
	// MessageType is the msg_type of the header, for instance
	// "execute_request".
	MessageType() string
}

// Unknown is the content of a message whose type this package does not know.
type Unknown struct {
	Type string
	Raw  json.RawMessage
}

// MessageType returns the type the message came with.
func (u *Unknown) MessageType() string { return u.Type }

// MarshalJSON returns the content as it came, or as it is to be sent.
func (u *Unknown) MarshalJSON() ([]byte, error) {
	if len(u.Raw) == 0 {
		return []byte("{}"), nil
	}
	return u.Raw, nil
}

// UnmarshalJSON keeps the content as it came.
func (u *Unknown) UnmarshalJSON(b []byte) error {
	u.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// newContent returns an empty content of the given message type.
func newContent(messageType string) Content {
	switch messageType {
	case "execute_request":
		return new(ExecuteRequest)
	case "execute_reply":
		return new(ExecuteReply)
	case "stream":
		return new(Stream)
	case "display_data":
		return new(DisplayData)
	case "update_display_data":
		return new(UpdateDisplayData)
	case "execute_result":
		return new(ExecuteResult)
	case "error":
		return new(ErrorOutput)
	case "status":
		return new(Status)
	case "clear_output":
		return new(ClearOutput)
	case "execute_input":
		return new(ExecuteInput)
	case "iopub_welcome":
		return new(IOPubWelcome)
	case "input_request":
		return new(InputRequest)
	case "input_reply":
		return new(InputReply)
	case "kernel_info_request":
		return new(KernelInfoRequest)
	case "kernel_info_reply":
		return new(KernelInfoReply)
	case "connect_request":
		return new(ConnectRequest)
	case "connect_reply":
		return new(ConnectReply)
	case "interrupt_request":
		return new(InterruptRequest)
	case "interrupt_reply":
		return new(InterruptReply)
	case "shutdown_request":
		return new(ShutdownRequest)
	case "shutdown_reply":
		return new(ShutdownReply)
	case "complete_request":
		return new(CompleteRequest)
	case "complete_reply":
		return new(CompleteReply)
	case "inspect_request":
		return new(InspectRequest)
	case "inspect_reply":
		return new(InspectReply)
	case "is_complete_request":
		return new(IsCompleteRequest)
	case "is_complete_reply":
		return new(IsCompleteReply)
	case "history_request":
		return new(HistoryRequest)
	case "history_reply":
		return new(HistoryReply)
	case "comm_open":
		return new(CommOpen)
	case "comm_msg":
		return new(CommMessage)
	case "comm_close":
		return new(CommClose)
	case "comm_info_request":
		return new(CommInfoRequest)
	case "comm_info_reply":
		return new(CommInfoReply)
	case "debug_request":
		return new(DebugRequest)
	case "debug_reply":
		return new(DebugReply)
	case "debug_event":
		return new(DebugEvent)
	case "create_subshell_request":
		return new(CreateSubshellRequest)
	case "create_subshell_reply":
		return new(CreateSubshellReply)
	case "delete_subshell_request":
		return new(DeleteSubshellRequest)
	case "delete_subshell_reply":
		return new(DeleteSubshellReply)
	case "list_subshell_request":
		return new(ListSubshellRequest)
	case "list_subshell_reply":
		return new(ListSubshellReply)
	}
	return &Unknown{Type: messageType}
}

// ParseContent reads the content of a message of the given type. A
// *json.UnmarshalTypeError comes with the content, which then lacks the field
// that had another type than the protocol says; any other error without.
func ParseContent(messageType string, raw json.RawMessage) (Content, error) {
	if messageType == "stream" {
		if s, ok := parseStream(raw); ok {
			return s, nil
		}
	}
	c := newContent(messageType)
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	err := json.Unmarshal(raw, c)
	if err == nil {
		return c, nil
	}
	err = fmt.Errorf("content of %s: %w", messageType, err)
	if isTypeError(err) {
		return c, err
	}
	return nil, err
}

// MIMEBundle holds one thing in several representations, by MIME type. The
// values are JSON as sent: a string for text and base64 images, anything for
// types such as application/json.
type MIMEBundle map[string]json.RawMessage

// Text returns the representation of the given MIME type if it is a string.
func (b MIMEBundle) Text(mimeType string) (string, bool) {
	raw, ok := b[mimeType]
	if !ok {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// MarshalJSON writes {} for a nil bundle, which the protocol wants.
func (b MIMEBundle) MarshalJSON() ([]byte, error) { return marshalObject(b) }

// marshalObject writes {} for a nil map.
func marshalObject[M ~map[string]V, V any](m M) ([]byte, error) {
	if m == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]V(m))
}
