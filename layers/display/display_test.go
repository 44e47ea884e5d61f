package display

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// recorder is a notebook that keeps what it is sent.
type recorder struct {
	sent  []Bundle
	ids   []string
	syncs int
	fail  error
}

func (r *recorder) send(b Bundle, id string) error {
	if r.fail != nil {
		return r.fail
	}
	r.sent, r.ids = append(r.sent, b), append(r.ids, id)
	return nil
}

func (r *recorder) sync() error { r.syncs++; return r.fail }

func TestPlainText(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Bundle
		want string
	}{
		{"text wins", Bundle{Text: "a", Markdown: "b", HTML: "c"}, "a"},
		{"markdown stands in", Bundle{Markdown: "b", HTML: "c"}, "b"},
		{"a picture is named", Bundle{PNG: []byte("1234")}, "[image/png, 4 bytes]"},
		{"svg is named", Bundle{SVG: "<svg/>"}, "[image/svg+xml, 6 bytes]"},
		{"html is named", Bundle{HTML: "<b>"}, "[text/html, 3 bytes]"},
		{"nothing", Bundle{}, ""},
	} {
		if got := c.in.PlainText(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMIMEDataAlwaysHasPlainText(t *testing.T) {
	data := Bundle{HTML: "<b>x</b>", SVG: "<svg/>", PNG: []byte{1}, Markdown: "x"}.mimeData()
	if len(data) != 5 {
		t.Errorf("got %d forms, want 5: %v", len(data), data)
	}
	if data[protocol.MIMETextPlain] != "x" {
		t.Errorf("text/plain is %v, want x", data[protocol.MIMETextPlain])
	}
	if _, ok := (Bundle{Text: "x"}).mimeData()[protocol.MIMEImagePNG]; ok {
		t.Error("an empty picture was sent")
	}
}

func TestRecord(t *testing.T) {
	b, err := recordOf("accuracy", 0.5)
	if got := b.mimeData()["application/scrapbook.scrap.json+json"]; err != nil || b.PlainText() != "accuracy = 0.5" ||
		got != `{"name":"accuracy","data":0.5,"encoder":"json","version":1}` {
		t.Errorf("%v, %v", b.mimeData(), err)
	}
	if _, err := recordOf("nothing", math.NaN()); err == nil || !strings.Contains(err.Error(), "recording nothing") {
		t.Errorf("NaN: %v", err)
	}
}

func TestShow(t *testing.T) {
	var out bytes.Buffer
	if err := (&screen{out: &out}).show(Bundle{Text: "one"}, Bundle{Text: "two"}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "one\ntwo\n" {
		t.Errorf("plain output %q", out.String())
	}

	r := &recorder{}
	if err := (&screen{notebook: r, out: &out}).show(Bundle{Text: "one"}, Bundle{Text: "two"}); err != nil {
		t.Fatal(err)
	}
	if len(r.sent) != 2 || r.syncs != 1 || r.ids[0] != "" {
		t.Errorf("sent %d messages (ids %q), %d syncs; want 2, no ids, 1 sync", len(r.sent), r.ids, r.syncs)
	}

	var none *Live
	out.Reset()
	if err := Fshow(&out, "a", 7, nil, none, Bundle{Text: "b"}, errors.New("c")); err != nil ||
		out.String() != "a 7\nb\nc\n" {
		t.Errorf("mixed values: %q (%v)", out.String(), err)
	}
	broken := errors.New("pipe gone")
	if err := (&screen{notebook: &recorder{fail: broken}}).show(Bundle{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestLiveInNotebookUpdatesOneOutput(t *testing.T) {
	r := &recorder{}
	l := newLive(&screen{notebook: r}, "id7")
	for i := range 3 {
		if err := l.Update(Bundle{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.ids, " "); got != "id7 id7 id7" || r.syncs != 1 {
		t.Errorf("ids %q, %d syncs", got, r.syncs)
	}
}

// TestLiveInTerminal interprets the control sequences on a small model of a
// terminal and looks at what a person would see.
func TestLiveInTerminal(t *testing.T) {
	var out bytes.Buffer
	l := newLive(&screen{terminal: true, out: &out}, "")
	steps := []func() error{
		func() error { return l.Update(Bundle{Text: "bar 1\neta 9s"}) },
		func() error { return l.Update(Bundle{Text: "bar 2\neta 8s"}) },
		func() error { return l.Update(Bundle{Text: "bar 3"}) },
		l.Clear,
		func() error { _, err := fmt.Fprintln(&out, "Epoch 1 done"); return err },
		func() error { return l.Update(Bundle{Text: "bar 4"}) },
		l.Close,
		func() error { return l.Update(Bundle{Text: "new region"}) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	if got, want := visible(out.String()), "Epoch 1 done\nbar 4\nnew region"; got != want {
		t.Errorf("the terminal shows\n%s\nwant\n%s", got, want)
	}
}

// visible interprets the sequences that Live writes.
func visible(s string) string {
	var rows []string
	row := 0
	for s != "" {
		var up int
		switch {
		case strings.HasPrefix(s, wrapOff):
			s = s[len(wrapOff):]
		case strings.HasPrefix(s, wrapOn):
			s = s[len(wrapOn):]
		case strings.HasPrefix(s, eraseToEnd):
			rows, s = rows[:row], s[len(eraseToEnd):]
		case strings.HasPrefix(s, "\r\x1b["):
			end := strings.IndexByte(s, 'A') + 1
			_, _ = fmt.Sscanf(s[:end], "\r"+cursorUpFmt, &up)
			row, s = row-up, s[end:]
		default:
			line, rest, _ := strings.Cut(s, "\n")
			rows, row, s = append(rows[:row], line), row+1, rest
		}
	}
	return strings.Join(rows, "\n")
}

func TestLivePlainWritesEachTextOnce(t *testing.T) {
	var out bytes.Buffer
	l := newLive(&screen{out: &out}, "")
	for _, text := range []string{"a", "a", "b"} {
		if err := l.Update(Bundle{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Clear(); err != nil {
		t.Fatal(err)
	}
	if out.String() != "a\nb\n" {
		t.Errorf("got %q", out.String())
	}
}

// TestShowSpeaksGoNB runs Show in a child process whose environment is that
// of a GoNB cell and plays the kernel's side of the two pipes.
func TestShowSpeaksGoNB(t *testing.T) {
	if os.Getenv("DISPLAY_TEST_CHILD") == "1" {
		if err := standardScreen().show(Bundle{Text: "plain", HTML: "<b>rich</b>", PNG: []byte{1, 2}}); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	to, from := filepath.Join(dir, "to"), filepath.Join(dir, "from")
	for _, p := range []string{to, from} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Skipf("no named pipes here: %v", err)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestShowSpeaksGoNB$")
	cmd.Env = append(os.Environ(), "DISPLAY_TEST_CHILD=1",
		protocol.GONB_PIPE_ENV+"="+to, protocol.GONB_PIPE_BACK_ENV+"="+from)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := os.OpenFile(from, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()

	decoder := gob.NewDecoder(r)
	var shown protocol.DisplayData
	if err := decoder.Decode(&shown); err != nil {
		t.Fatal(err)
	}
	if shown.Data[protocol.MIMETextPlain] != "plain" || shown.Data[protocol.MIMETextHTML] != "<b>rich</b>" ||
		!bytes.Equal(shown.Data[protocol.MIMEImagePNG].([]byte), []byte{1, 2}) {
		t.Errorf("GoNB received %v", shown.Data)
	}
	var sync protocol.DisplayData
	if err := decoder.Decode(&sync); err != nil {
		t.Fatal(err)
	}
	request, ok := sync.Data[protocol.MIMECommValue].(protocol.CommValue)
	if !ok || request.Address != protocol.GonbuiSyncAddress {
		t.Fatalf("after the picture came %v, want a sync request", sync.Data)
	}
	ack := protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: request.Value}
	if err := gob.NewEncoder(w).Encode(&ack); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("child: %v\n%s", err, out.String())
	}
}

func Example() {
	Show(Bundle{
		Text: "accuracy 0.70",
		HTML: "<b>accuracy</b> 0.70",
	})
	// Output: accuracy 0.70
}
