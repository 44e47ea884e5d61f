package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/coder/websocket"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

func example(buffers ...[]byte) *jupyter.Message {
	return &jupyter.Message{
		Header:   jupyter.Header{ID: "1", Session: "s", Username: "u", Date: "d", Type: "stream", Version: "5.4"},
		Parent:   jupyter.Header{ID: "0", Type: "execute_request"},
		Metadata: json.RawMessage(`{"a":1}`), Content: json.RawMessage(`{"name":"stdout","text":"ü\n"}`), Buffers: buffers,
	}
}

// describe writes a message so that equal JSON is equal text.
func describe(t *testing.T, m *jupyter.Message) string {
	t.Helper()
	var metadata, content any
	if err := errors.Join(json.Unmarshal(m.Metadata, &metadata), json.Unmarshal(m.Content, &content)); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v %+v %+v %+v %v", m.Header, m.Parent, metadata, content, m.Buffers)
}

// TestForms holds both forms against what jupyter_server 2.21.1 makes of the
// same messages, by testdata/golden.py.
func TestForms(t *testing.T) {
	raw, err := os.ReadFile("testdata/golden.json")
	var golden map[string][]byte // base64
	if err == nil {
		err = json.Unmarshal(raw, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		form    Form
		kind    websocket.MessageType
		buffers [][]byte
	}{
		"v1":                 {For(Subprotocol), websocket.MessageBinary, nil},
		"v1, two buffers":    {For(Subprotocol), websocket.MessageBinary, [][]byte{{1, 2, 3}, {}}},
		"older":              {For(""), websocket.MessageText, nil},
		"older, two buffers": {For(""), websocket.MessageBinary, [][]byte{{1, 2, 3}, {}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := example(c.buffers...)
			want := describe(t, m)
			ch, got, err := c.form.Decode(c.kind, golden[name])
			if err != nil || ch != jupyter.IOPub {
				t.Fatalf("%v on %v", err, ch)
			}
			if text := describe(t, got); text != want {
				t.Errorf("got %s\nwant %s", text, want)
			}
			kind, raw, err := c.form.Encode(jupyter.IOPub, m)
			if err != nil || kind != c.kind {
				t.Fatalf("%v, %v", kind, err)
			}
			if ch, again, err := c.form.Decode(kind, raw); err != nil || ch != jupyter.IOPub || describe(t, again) != want {
				t.Errorf("%v on %v: back comes %+v\nwant %s", err, ch, again, want)
			}
		})
	}
}

// FuzzDecode holds that no bytes of a server end this process, and that a
// message that can be read can be written and read again.
func FuzzDecode(f *testing.F) {
	for _, form := range []Form{For(Subprotocol), For("")} {
		for _, m := range []*jupyter.Message{example(), example([]byte{1, 2, 3}, nil)} {
			kind, raw, err := form.Encode(jupyter.Shell, m)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(kind == websocket.MessageText, raw)
		}
	}
	f.Fuzz(func(t *testing.T, text bool, raw []byte) {
		kind := websocket.MessageBinary
		if text {
			kind = websocket.MessageText
		}
		for _, form := range []Form{For(Subprotocol), For("")} {
			ch, m, err := form.Decode(kind, raw)
			if err != nil {
				continue
			}
			kind, raw, err := form.Encode(ch, m)
			if err != nil {
				continue // parts that are no JSON are not looked at until they are used
			}
			if _, again, err := form.Decode(kind, raw); err != nil || again.Header != m.Header {
				t.Errorf("%v: %+v", err, again)
			}
		}
	})
}
