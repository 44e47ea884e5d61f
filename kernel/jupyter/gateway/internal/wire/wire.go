// Package wire has the two forms in which a Jupyter server puts a kernel's
// messages on a websocket, see
// https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// Subprotocol names the newer form; the older one has no name.
const Subprotocol = "v1.kernel.websocket.jupyter.org"

// Form is a form of messages on a websocket.
type Form struct {
	Encode func(ch jupyter.Channel, m *jupyter.Message) (websocket.MessageType, []byte, error)
	Decode func(kind websocket.MessageType, raw []byte) (jupyter.Channel, *jupyter.Message, error)
}

// For is the form that the server has chosen, by the name of the subprotocol.
func For(subprotocol string) Form {
	if subprotocol == Subprotocol {
		return Form{encodeV1, decodeV1}
	}
	return Form{encodeJSON, decodeJSON}
}

// Messages are taken apart and put together as on ZeroMQ, but nobody signs
// them: the websocket is the only way to the server.
var unsigned jupyter.Signer

// signature is where the parts of an encoded message begin: behind the
// delimiter and the signature.
const signature = 2

// parts are header, parent header, metadata, content and buffers.
func parts(m *jupyter.Message) ([][]byte, error) {
	bare := *m
	bare.Identities = nil
	frames, err := unsigned.Encode(&bare)
	if err != nil {
		return nil, err
	}
	return frames[signature:], nil
}

func message(parts [][]byte) (*jupyter.Message, error) {
	return unsigned.Decode(append([][]byte{[]byte("<IDS|MSG>"), nil}, parts...))
}

func channelNamed(name string) (jupyter.Channel, error) {
	for _, ch := range []jupyter.Channel{jupyter.IOPub, jupyter.Shell, jupyter.Control, jupyter.Stdin} {
		if ch.String() == name {
			return ch, nil
		}
	}
	return 0, fmt.Errorf("there is no channel %q", name)
}

// encodeV1 writes the number of offsets, the offsets, and what lies between
// them: the channel's name and the parts. Numbers are 8 bytes, little endian.
func encodeV1(ch jupyter.Channel, m *jupyter.Message) (websocket.MessageType, []byte, error) {
	list, err := parts(m)
	if err != nil {
		return 0, nil, err
	}
	list = append([][]byte{[]byte(ch.String())}, list...)
	at := 8 * (len(list) + 2) // the number, an offset for each beginning, and the last end
	size := at
	for _, part := range list {
		size += len(part)
	}
	raw := binary.LittleEndian.AppendUint64(make([]byte, 0, size), uint64(len(list)+1))
	raw = binary.LittleEndian.AppendUint64(raw, uint64(at))
	for _, part := range list {
		at += len(part)
		raw = binary.LittleEndian.AppendUint64(raw, uint64(at))
	}
	for _, part := range list {
		raw = append(raw, part...)
	}
	return websocket.MessageBinary, raw, nil
}

var errOffsets = errors.New("its offsets are not those of a message")

func decodeV1(kind websocket.MessageType, raw []byte) (jupyter.Channel, *jupyter.Message, error) {
	if kind != websocket.MessageBinary {
		return 0, nil, fmt.Errorf("a text came, want bytes of %s", Subprotocol)
	}
	if len(raw) < 8 {
		return 0, nil, errOffsets
	}
	count := binary.LittleEndian.Uint64(raw)
	if count < 6 || count > uint64(len(raw))/8-1 {
		return 0, nil, errOffsets
	}
	offset := func(i uint64) uint64 { return binary.LittleEndian.Uint64(raw[8*(i+1):]) }
	var list [][]byte
	for i := range count - 1 {
		from, to := offset(i), offset(i+1)
		if from > to || to > uint64(len(raw)) {
			return 0, nil, errOffsets
		}
		list = append(list, raw[from:to:to])
	}
	ch, err := channelNamed(string(list[0]))
	if err != nil {
		return 0, nil, err
	}
	m, err := message(list[1:])
	return ch, m, err
}

// jsonMessage is a message in the older form.
type jsonMessage struct {
	Channel  string            `json:"channel"`
	Header   json.RawMessage   `json:"header"`
	Parent   json.RawMessage   `json:"parent_header"`
	Metadata json.RawMessage   `json:"metadata"`
	Content  json.RawMessage   `json:"content"`
	Buffers  []json.RawMessage `json:"buffers"` // empty: they stand behind the text
}

// encodeJSON writes a text, or, with buffers, bytes: the number of buffers, the
// text among them, their offsets, each 4 bytes, big endian, and they.
func encodeJSON(ch jupyter.Channel, m *jupyter.Message) (websocket.MessageType, []byte, error) {
	list, err := parts(m)
	if err != nil {
		return 0, nil, err
	}
	text, err := json.Marshal(jsonMessage{
		Channel: ch.String(), Header: list[0], Parent: list[1], Metadata: list[2], Content: list[3],
		Buffers: []json.RawMessage{},
	})
	if err != nil || len(m.Buffers) == 0 {
		return websocket.MessageText, text, err
	}
	list = append([][]byte{text}, m.Buffers...)
	at := 4 * (len(list) + 1)
	raw := binary.BigEndian.AppendUint32(nil, uint32(len(list)))
	for _, part := range list {
		raw = binary.BigEndian.AppendUint32(raw, uint32(at))
		at += len(part)
	}
	for _, part := range list {
		raw = append(raw, part...)
	}
	return websocket.MessageBinary, raw, nil
}

func decodeJSON(kind websocket.MessageType, raw []byte) (jupyter.Channel, *jupyter.Message, error) {
	text := raw
	var buffers [][]byte
	if kind == websocket.MessageBinary {
		list, err := splitJSON(raw)
		if err != nil {
			return 0, nil, err
		}
		text, buffers = list[0], list[1:]
	}
	var m jsonMessage
	if err := json.Unmarshal(text, &m); err != nil {
		return 0, nil, err
	}
	ch, err := channelNamed(m.Channel)
	if err != nil {
		return 0, nil, err
	}
	decoded, err := message(append([][]byte{m.Header, m.Parent, orObject(m.Metadata), m.Content}, buffers...))
	return ch, decoded, err
}

func splitJSON(raw []byte) ([][]byte, error) {
	if len(raw) < 8 {
		return nil, errOffsets
	}
	count := uint64(binary.BigEndian.Uint32(raw))
	if count < 1 || count > uint64(len(raw))/4-1 {
		return nil, errOffsets
	}
	var list [][]byte
	for i := range count {
		from, to := uint64(binary.BigEndian.Uint32(raw[4*(i+1):])), uint64(len(raw))
		if i+1 < count {
			to = uint64(binary.BigEndian.Uint32(raw[4*(i+2):]))
		}
		if from > to || to > uint64(len(raw)) {
			return nil, errOffsets
		}
		list = append(list, raw[from:to:to])
	}
	return list, nil
}

func orObject(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return []byte("{}")
	}
	return raw
}
