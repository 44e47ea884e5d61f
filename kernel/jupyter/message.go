package jupyter

import (
	"encoding/json"
	"time"
)

// ProtocolVersion is the version of the messaging protocol this package
// speaks, as it stands in the header of every message sent.
const ProtocolVersion = "5.5"

// Channel is one of the sockets between a client and a kernel.
type Channel int

// The channels of
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#introduction.
const (
	Shell     Channel = iota // requests about code, answered in order
	Control                  // interrupt and shutdown, which overtake Shell
	Stdin                    // the kernel's requests for input
	IOPub                    // what the kernel tells every client
	Heartbeat                // an echo
)

var channelNames = [...]string{"shell", "control", "stdin", "iopub", "heartbeat"}

// String returns the channel's name in lower case.
func (c Channel) String() string {
	if c < 0 || int(c) >= len(channelNames) {
		return "unknown channel"
	}
	return channelNames[c]
}

// Header identifies a message, or the message it answers.
type Header struct {
	ID       string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	// Date is the sender's time stamp as sent. Kernels differ in form and
	// precision (GoNB: whole seconds), so measure with [Event.Time] instead.
	Date    string `json:"date"`
	Type    string `json:"msg_type"`
	Version string `json:"version"`
	// Subshell is the id of the subshell that a shell request is for, empty for
	// the main shell.
	Subshell string `json:"subshell_id,omitempty"`
}

// Message is one message as it stands on the wire, its parts still JSON.
type Message struct {
	// Identities are the routing frames in front of the message: the
	// client's identity, or a topic on iopub.
	Identities [][]byte
	Header     Header
	// Parent is the header of the request that caused this message, or the
	// zero Header.
	Parent Header
	// Metadata and Content are JSON objects. Nil is sent as {}.
	Metadata json.RawMessage
	Content  json.RawMessage
	// Buffers are raw frames after the message, used by comms. They are not
	// signed.
	Buffers [][]byte
}

// Event is one thing that happened on a connection to a kernel, in the order
// in which this process learned of it.
type Event struct {
	// Time is when the last byte of the message had come, by our clock.
	Time    time.Time
	Channel Channel
	// Message is what came. It is nil if its frames could not be read.
	Message *Message
	// Content is the typed form of Message.Content: a pointer to one of this
	// package's structs, for instance *Stream; *Unknown for a type this
	// package does not know; nil if the content could not be read.
	Content Content
	// Err is nil for a good message. Otherwise it is
	//   - a *BadMessageError: this message is wrong, the next may be good. If
	//     Content is set all the same, only some field of it had an unexpected
	//     type, and was left out;
	//   - a *ChannelLostError: nothing more will come on Channel;
	//   - a *GapError: something that the kernel sent may be missing here;
	//   - a *DiedError: the kernel's process ended without being asked to.
	//     This is the last event.
	Err error
}

// ParentID returns the id of the request that caused the event, or "".
func (e Event) ParentID() string {
	if e.Message == nil {
		return ""
	}
	return e.Message.Parent.ID
}

// Type returns the message type, for instance "stream", or "".
func (e Event) Type() string {
	if e.Message == nil {
		return ""
	}
	return e.Message.Header.Type
}
