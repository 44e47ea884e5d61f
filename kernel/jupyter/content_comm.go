package jupyter

import "encoding/json"

// InputRequest comes on the stdin channel: the running code wants a line of
// input and waits for it. Answer with [Client.Input].
type InputRequest struct {
	Prompt   string `json:"prompt"`
	Password bool   `json:"password"` // do not echo
}

// InputReply holds the line, without a line end.
type InputReply struct {
	Value string `json:"value"`
}

// CommOpen, CommMessage and CommClose carry a comm, the channel of widgets,
// in either direction. Buffers travel in [Message.Buffers].
type CommOpen struct {
	ID           string `json:"comm_id"`
	TargetName   string `json:"target_name"`
	TargetModule string `json:"target_module,omitempty"`
	Data         Object `json:"data"`
}

// CommMessage is the message type "comm_msg".
type CommMessage struct {
	ID   string `json:"comm_id"`
	Data Object `json:"data"`
}

// CommClose ends a comm.
type CommClose struct {
	ID   string `json:"comm_id"`
	Data Object `json:"data"`
}

// Object is any JSON object, as raw text. Nil is sent as {}.
type Object json.RawMessage

// MarshalJSON returns the text.
func (o Object) MarshalJSON() ([]byte, error) { return orEmptyObject(json.RawMessage(o)), nil }

// UnmarshalJSON keeps the text as it came.
func (o *Object) UnmarshalJSON(b []byte) error {
	*o = append(Object(nil), b...)
	return nil
}

// CommInfoRequest asks for the open comms. GoNB never answers.
type CommInfoRequest struct {
	TargetName string `json:"target_name,omitempty"` // empty: all
}

// CommInfoReply lists open comms by their id.
type CommInfoReply struct {
	Status string              `json:"status"`
	Comms  map[string]CommInfo `json:"comms"`
	ReplyError
}

// CommInfo describes an open comm.
type CommInfo struct {
	TargetName string `json:"target_name"`
}

func (*InputRequest) MessageType() string    { return "input_request" }
func (*InputReply) MessageType() string      { return "input_reply" }
func (*CommOpen) MessageType() string        { return "comm_open" }
func (*CommMessage) MessageType() string     { return "comm_msg" }
func (*CommClose) MessageType() string       { return "comm_close" }
func (*CommInfoRequest) MessageType() string { return "comm_info_request" }
func (*CommInfoReply) MessageType() string   { return "comm_info_reply" }
