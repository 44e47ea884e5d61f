package jupyter_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// golden is testdata/session.json, made by jupyter_client with session.py.
type golden struct {
	Key      string
	Messages []struct {
		Name, ID, Type, Parent string
		Frames, Buffers        []string
		Identities             int
	}
	Environment map[string]string
	Templates   [][2]string
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("testdata/session.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func unhex(t *testing.T, texts []string) [][]byte {
	t.Helper()
	var out [][]byte
	for _, text := range texts {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// TestDecodeJupyterClient reads what jupyter_client writes, verifies its
// signatures, and signs the same bytes in the same way.
func TestDecodeJupyterClient(t *testing.T) {
	g := readGolden(t)
	signer := jupyter.NewSigner(g.Key)
	for _, want := range g.Messages {
		t.Run(want.Name, func(t *testing.T) {
			frames := unhex(t, want.Frames)
			m, err := signer.Decode(frames)
			if err != nil {
				t.Fatal(err)
			}
			if m.Header.ID != want.ID || m.Header.Type != want.Type || m.Parent.ID != want.Parent {
				t.Errorf("message %+v", m)
			}
			if m.Header.Session != "session-1" || m.Header.Username != "someone" ||
				m.Header.Date != "2026-01-02T03:04:05.678901Z" {
				t.Errorf("header %+v", m.Header)
			}
			if len(m.Identities) != want.Identities {
				t.Errorf("%d identities", len(m.Identities))
			}
			if b := unhex(t, want.Buffers); !reflect.DeepEqual(m.Buffers, b) {
				t.Errorf("buffers %q, want %q", m.Buffers, b)
			}
			if c, err := jupyter.ParseContent(m.Header.Type, m.Content); err != nil || c.MessageType() != want.Type {
				t.Errorf("content %v, %v", c, err)
			}
			encoded, err := signer.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			again, err := signer.Decode(encoded)
			if err != nil {
				t.Fatalf("what was encoded does not decode: %v", err)
			}
			if !reflect.DeepEqual(m, again) {
				t.Errorf("after encoding and decoding\n%+v\nbefore\n%+v", again, m)
			}
		})
	}
}

func message(t *testing.T, content jupyter.Content) *jupyter.Message {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return &jupyter.Message{Header: jupyter.Header{ID: "1", Type: content.MessageType()}, Content: raw}
}

func TestDecodeBadMessages(t *testing.T) {
	signer := jupyter.NewSigner("key")
	good := func() [][]byte {
		m := message(t, &jupyter.Stream{Name: "stdout", Text: "x"})
		m.Identities = [][]byte{[]byte("topic")}
		frames, err := signer.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	// resigned replaces one part and signs the result, as a kernel with a
	// defect would.
	resigned := func(part int, text string) [][]byte {
		f := good()
		f[part] = []byte(text)
		f[2] = signature("key", f[3:7])
		return f
	}
	tests := []struct {
		name   string
		frames [][]byte
		want   string
		is     error
	}{
		{"no frames", nil, "delimiter", jupyter.ErrNoDelimiter},
		{"empty frames", [][]byte{{}, {}}, "delimiter", jupyter.ErrNoDelimiter},
		{"no delimiter", good()[2:], "delimiter", jupyter.ErrNoDelimiter},
		{"delimiter only", good()[:2], "want 5 or more, have 0", jupyter.ErrTooFewFrames},
		{"no content", good()[:6], "have 4", jupyter.ErrTooFewFrames},
		{"changed content", func() [][]byte { f := good(); f[6] = []byte("{}"); return f }(), "signature",
			jupyter.ErrBadSignature},
		{"changed header", func() [][]byte { f := good(); f[3] = append(f[3], ' '); return f }(), "signature",
			jupyter.ErrBadSignature},
		{"empty signature", func() [][]byte { f := good(); f[2] = nil; return f }(), "signature", jupyter.ErrBadSignature},
		{"short signature", func() [][]byte { f := good(); f[2] = f[2][:32]; return f }(), "signature",
			jupyter.ErrBadSignature},
		{"signature not hex", func() [][]byte { f := good(); f[2] = bytes.Repeat([]byte("z"), 64); return f }(), "signature",
			jupyter.ErrBadSignature},
		{"header not JSON", resigned(3, "{"), "header", nil},
		{"header a list", resigned(3, "[1]"), "header: not a JSON object", jupyter.ErrNotJSONObject},
		{"header null", resigned(3, "null"), "header: not a JSON object", jupyter.ErrNotJSONObject},
		{"header empty", resigned(3, ""), "header: not a JSON object", jupyter.ErrNotJSONObject},
		{"no type", resigned(3, "{}"), "msg_type", nil},
		{"parent a string", resigned(4, `"x"`), "parent header: not a JSON object", jupyter.ErrNotJSONObject},
		{"parent cut off", resigned(4, `{"msg_id":`), "parent header", nil},
		{"metadata a number", resigned(5, "1"), "metadata", jupyter.ErrNotJSONObject},
		{"content a string", resigned(6, `"`+strings.Repeat("long ", 100)+`"`), "…", jupyter.ErrNotJSONObject},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := signer.Decode(test.frames)
			if err == nil {
				t.Fatalf("read as %+v", m)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v is not %v", err, test.is)
			}
			if len(err.Error()) > 200 {
				t.Errorf("error text of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestDecodeSloppyMessages(t *testing.T) {
	signer := jupyter.NewSigner("")
	for _, test := range []struct{ name, parent, metadata string }{
		{"null parent", "null", "{}"},
		{"null metadata", " {} ", "null"},
		{"number as an id", `{"msg_id": 7, "session": "s"}`, "{}"},
	} {
		frames := [][]byte{[]byte("<IDS|MSG>"), nil, []byte(`{"msg_type":"status"}`), []byte(test.parent),
			[]byte(test.metadata), []byte("{}")}
		if _, err := signer.Decode(frames); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestParseContentLenient(t *testing.T) {
	c, err := jupyter.ParseContent("execute_reply",
		[]byte(`{"status":"error","execution_count":null,"ename":"E","traceback":"one string"}`))
	if err == nil {
		t.Error("a traceback that is no list is no error")
	}
	reply, ok := c.(*jupyter.ExecuteReply)
	if !ok || reply.Status != "error" || reply.Name != "E" || reply.Traceback != nil {
		t.Errorf("the rest of the content was lost: %#v", c)
	}
	if c, err := jupyter.ParseContent("stream", []byte(`{"name":`)); err == nil || c != nil {
		t.Errorf("cut off content: %v, %v", c, err)
	}
	c, err = jupyter.ParseContent("unheard_event", []byte(`{"seq":1}`))
	if u, ok := c.(*jupyter.Unknown); err != nil || !ok || u.MessageType() != "unheard_event" ||
		string(u.Raw) != `{"seq":1}` {
		t.Errorf("unknown type: %#v, %v", c, err)
	}
}

// TestRequestsAreComplete holds every request against the protocol's list of
// fields: GoNB dies of a missing one.
func TestRequestsAreComplete(t *testing.T) {
	tests := []struct {
		content jupyter.Content
		want    string
	}{
		{&jupyter.ExecuteRequest{}, `{"code":"","silent":false,"store_history":false,"user_expressions":{},"allow_stdin":false,"stop_on_error":false}`},
		{&jupyter.KernelInfoRequest{}, `{}`},
		{&jupyter.InterruptRequest{}, `{}`},
		{&jupyter.ShutdownRequest{}, `{"restart":false}`},
		{&jupyter.CompleteRequest{}, `{"code":"","cursor_pos":0}`},
		{&jupyter.InspectRequest{}, `{"code":"","cursor_pos":0,"detail_level":0}`},
		{&jupyter.IsCompleteRequest{}, `{"code":""}`},
		{&jupyter.HistoryRequest{}, `{"output":false,"raw":false,"hist_access_type":"","session":0,"start":0,"stop":0,"n":0,"pattern":"","unique":false}`},
		{&jupyter.CommOpen{}, `{"comm_id":"","target_name":"","data":{}}`},
		{&jupyter.CommMessage{}, `{"comm_id":"","data":{}}`},
		{&jupyter.CommClose{}, `{"comm_id":"","data":{}}`},
		{&jupyter.CommInfoRequest{}, `{}`},
		{&jupyter.ConnectRequest{}, `{}`},
		{&jupyter.InputReply{}, `{"value":""}`},
		{&jupyter.DisplayData{}, `{"data":{},"metadata":{},"transient":{}}`},
		{&jupyter.Unknown{Type: "x"}, `{}`},
	}
	for _, test := range tests {
		got, err := json.Marshal(test.content)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v\nwant %s", test.content.MessageType(), got, err, test.want)
		}
	}
}

func TestContentTypesParseAsThemselves(t *testing.T) {
	for _, messageType := range []string{
		"execute_request", "execute_reply", "stream", "display_data", "update_display_data", "execute_result", "error",
		"status", "clear_output", "execute_input", "iopub_welcome", "input_request", "input_reply", "kernel_info_request",
		"kernel_info_reply", "connect_request", "connect_reply", "interrupt_request", "interrupt_reply", "shutdown_request",
		"shutdown_reply", "complete_request", "complete_reply", "inspect_request", "inspect_reply", "is_complete_request",
		"is_complete_reply", "history_request", "history_reply", "comm_open", "comm_msg", "comm_close", "comm_info_request",
		"comm_info_reply", "debug_request", "debug_reply", "debug_event",
		"create_subshell_request", "create_subshell_reply", "delete_subshell_request", "delete_subshell_reply",
		"list_subshell_request", "list_subshell_reply",
	} {
		c, err := jupyter.ParseContent(messageType, []byte("{}"))
		if err != nil || c.MessageType() != messageType {
			t.Errorf("%s parses as %T, %v", messageType, c, err)
		}
		if _, unknown := c.(*jupyter.Unknown); unknown {
			t.Errorf("%s has no struct", messageType)
		}
	}
}

func FuzzDecode(f *testing.F) {
	signer := jupyter.NewSigner("key")
	frames, err := signer.Encode(&jupyter.Message{Header: jupyter.Header{ID: "1", Type: "stream"},
		Content: []byte(`{"text":"x"}`)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Join(frames, []byte("\n")), true)
	f.Add([]byte("<IDS|MSG>\n\n{\"msg_type\":\"error\"}\nnull\nnull\n{\"traceback\":1}"), false)
	f.Add([]byte("<IDS|MSG>"), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, signed bool) {
		s := jupyter.NewSigner("")
		if signed {
			s = signer
		}
		m, err := s.Decode(bytes.Split(data, []byte("\n")))
		if err != nil {
			return
		}
		c, err := jupyter.ParseContent(m.Header.Type, m.Content)
		if err == nil && c.MessageType() != m.Header.Type {
			t.Errorf("%s parsed as %s", m.Header.Type, c.MessageType())
		}
		encoded, err := s.Encode(m)
		if err != nil {
			t.Fatalf("a message that was read cannot be written: %v", err)
		}
		again, err := s.Decode(encoded)
		if err != nil {
			t.Fatalf("a message that was written cannot be read: %v", err)
		}
		if again.Header != m.Header || again.Parent != m.Parent || !bytes.Equal(again.Content, m.Content) {
			t.Errorf("changed on the way:\n%+v\n%+v", m, again)
		}
	})
}
