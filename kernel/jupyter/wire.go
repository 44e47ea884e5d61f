package jupyter

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// delimiter ends the routing identities in front of a message.
const delimiter = "<IDS|MSG>"

// Signer turns messages into frames and back, with the HMAC-SHA256 signatures
// of
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol.
// The zero Signer has no key: it signs nothing and accepts everything.
type Signer struct {
	key []byte
}

// NewSigner returns a signer for a connection's key.
func NewSigner(key string) Signer { return Signer{key: []byte(key)} }

// BadMessageError reports a message that breaks the protocol. The connection
// is still good.
type BadMessageError struct {
	Channel Channel
	// Frames is how many frames the message had.
	Frames int
	Err    error
}

// Error says what is wrong with the message.
func (e *BadMessageError) Error() string {
	return fmt.Sprintf("jupyter: bad message on %s (%d frames): %v", e.Channel, e.Frames, e.Err)
}

// Unwrap returns the cause.
func (e *BadMessageError) Unwrap() error { return e.Err }

// What can be wrong with the frames of a message.
var (
	ErrNoDelimiter   = errors.New("no " + delimiter + " delimiter")
	ErrTooFewFrames  = errors.New("frames missing after the delimiter")
	ErrBadSignature  = errors.New("the signature does not match the connection's key")
	ErrNotJSONObject = errors.New("not a JSON object")
)

// Encode returns the frames of m: identities, delimiter, signature, header,
// parent header, metadata, content, buffers.
func (s Signer) Encode(m *Message) ([][]byte, error) {
	header, err := json.Marshal(m.Header)
	if err != nil {
		return nil, fmt.Errorf("jupyter: header: %w", err)
	}
	parent := []byte("{}")
	if m.Parent != (Header{}) {
		if parent, err = json.Marshal(m.Parent); err != nil {
			return nil, fmt.Errorf("jupyter: parent header: %w", err)
		}
	}
	signed := [4][]byte{header, parent, orEmptyObject(m.Metadata), orEmptyObject(m.Content)}

	frames := make([][]byte, 0, len(m.Identities)+6+len(m.Buffers))
	frames = append(frames, m.Identities...)
	frames = append(frames, []byte(delimiter), s.sign(signed))
	frames = append(frames, signed[:]...)
	return append(frames, m.Buffers...), nil
}

// Decode reads the frames of a message and verifies its signature, in constant
// time. The message shares memory with the frames.
func (s Signer) Decode(frames [][]byte) (*Message, error) {
	at := -1
	for i, f := range frames {
		if string(f) == delimiter {
			at = i
			break
		}
	}
	if at < 0 {
		return nil, ErrNoDelimiter
	}
	rest := frames[at+1:]
	if len(rest) < 5 {
		return nil, fmt.Errorf("%w: want 5 or more, have %d", ErrTooFewFrames, len(rest))
	}
	signed := [4][]byte(rest[1:5])
	if !s.verify(rest[0], signed) {
		return nil, ErrBadSignature
	}
	m := &Message{Identities: frames[:at], Metadata: signed[2], Content: signed[3]}
	if len(rest) > 5 {
		m.Buffers = rest[5:]
	}
	parts := [...]struct {
		name string
		raw  []byte
		into any
	}{
		{"header", signed[0], &m.Header},
		{"parent header", signed[1], &m.Parent},
		{"metadata", signed[2], nil},
		{"content", signed[3], nil},
	}
	for i, p := range parts {
		if p.raw = bytes.TrimSpace(p.raw); i > 0 && string(p.raw) == "null" {
			continue // some kernels' way of saying {}
		}
		if !isObject(p.raw) {
			return nil, fmt.Errorf("%s: %w: %s", p.name, ErrNotJSONObject, excerpt(p.raw))
		}
		if p.into == nil {
			continue // validity of the rest shows when it is parsed
		}
		// A field of an unexpected type does not make a header unreadable.
		if err := json.Unmarshal(p.raw, p.into); err != nil && !isTypeError(err) {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if m.Header.Type == "" {
		return nil, errors.New("header: no msg_type")
	}
	return m, nil
}

func (s Signer) sign(parts [4][]byte) []byte {
	if len(s.key) == 0 {
		return nil
	}
	sum := s.sum(parts)
	return hex.AppendEncode(make([]byte, 0, 2*len(sum)), sum)
}

func (s Signer) verify(signature []byte, parts [4][]byte) bool {
	if len(s.key) == 0 {
		return true
	}
	got, err := hex.DecodeString(string(signature))
	return err == nil && hmac.Equal(got, s.sum(parts))
}

func (s Signer) sum(parts [4][]byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

func orEmptyObject(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return []byte("{}")
	}
	return raw
}

// isObject looks at the first byte of trimmed JSON only.
func isObject(raw []byte) bool {
	return len(raw) > 0 && raw[0] == '{'
}

func isTypeError(err error) bool {
	var t *json.UnmarshalTypeError
	return errors.As(err, &t)
}

// excerpt shows the start of foreign bytes in an error text.
func excerpt(b []byte) string {
	const most = 60
	if len(b) > most {
		return fmt.Sprintf("%q…", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
