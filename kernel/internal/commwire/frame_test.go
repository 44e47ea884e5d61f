package commwire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestFramesComeBack(t *testing.T) {
	var pipe bytes.Buffer
	sent := []*Frame{
		{Kind: Open, Comm: "c", Target: "jupyter.widget", Data: json.RawMessage(`{"a":1}`),
			Metadata: json.RawMessage(`{"version":"2.1.0"}`)},
		{Kind: Message, Comm: "c", Request: "m", Data: json.RawMessage(`{}`), Buffers: [][]byte{{1, 2, 3}, {}, {4}}},
		{Kind: Sync},
	}
	for _, f := range sent {
		if err := Write(&pipe, f); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(&pipe)
	for _, want := range sent {
		got, err := Read(r)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
	if _, err := Read(r); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestWhatIsNoFrameIsAnError(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"\xff\xff\xff\xff", "want at most"},
		{"\x00\x00\x00\x04{}", "header"},
		{"\x00\x00\x00\x02[]", "header"},
		{"\x00\x00\x00\x10{\"lengths\":[-1]}", "a buffer of -1 bytes"},
		{"\x00\x00\x00\x0f{\"lengths\":[5]}xx", "buffer"},
	} {
		if _, err := Read(bufio.NewReader(strings.NewReader(c.text))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}
