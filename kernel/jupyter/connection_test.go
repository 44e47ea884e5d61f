package jupyter_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// goodConnection is a file as jupyter_client writes it.
const goodConnection = `{
  "shell_port": 41041, "iopub_port": 35287, "stdin_port": 58119, "control_port": 45463, "hb_port": 47021,
  "ip": "127.0.0.1", "key": "c30c14ba-7ad5f0bd2bb2dd05c5d5cdf7", "transport": "tcp",
  "signature_scheme": "hmac-sha256", "kernel_name": "python3", "jupyter_session": "/x.ipynb"
}`

func TestParseConnection(t *testing.T) {
	c, err := jupyter.ParseConnection([]byte(goodConnection))
	if err != nil {
		t.Fatal(err)
	}
	want := map[jupyter.Channel]string{
		jupyter.Shell: "tcp://127.0.0.1:41041", jupyter.Control: "tcp://127.0.0.1:45463", jupyter.Stdin: "tcp://127.0.0.1:58119",
		jupyter.IOPub: "tcp://127.0.0.1:35287", jupyter.Heartbeat: "tcp://127.0.0.1:47021",
	}
	for ch, endpoint := range want {
		if got := c.Endpoint(ch); got != endpoint {
			t.Errorf("%s is at %s, want %s", ch, got, endpoint)
		}
	}
}

func TestParseConnectionRefuses(t *testing.T) {
	replaced := func(old, new string) string {
		if !strings.Contains(goodConnection, old) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return strings.Replace(goodConnection, old, new, 1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "JSON"},
		{"cut off", goodConnection[:50], "JSON"},
		{"list", "[]", "JSON"},
		{"more text", goodConnection + "x", "after the JSON"},
		{"no transport", replaced(`"transport": "tcp"`, `"x": 1`), `transport ""`},
		{"other transport", replaced(`"tcp"`, `"udp"`), `transport "udp"`},
		{"no ip", replaced(`"127.0.0.1"`, `""`), "no ip"},
		{"no port", replaced(`"hb_port": 47021`, `"x": 1`), "heartbeat channel is 0"},
		{"port too high", replaced("47021", "70000"), "70000"},
		{"negative port", replaced("35287", "-1"), "iopub channel is -1"},
		{"port as text", replaced("35287", `"35287"`), "iopub_port"},
		{"same port twice", replaced("35287", "41041"), "shell and iopub have the same port"},
		{"other scheme", replaced("hmac-sha256", "hmac-md5"), "hmac-md5"},
		{"encryption", replaced(`"key"`, `"curve_publickey": "x", "key"`), "CurveZMQ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := jupyter.ParseConnection([]byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, error %v; want an error with %q", c, err, test.want)
			}
		})
	}
}

func TestNewConnections(t *testing.T) {
	dir := t.TempDir()
	tcp, err := jupyter.NewTCPConnection()
	if err != nil {
		t.Fatal(err)
	}
	ipc, err := jupyter.NewIPCConnection("/run/x")
	if err != nil {
		t.Fatal(err)
	}
	if got := ipc.Endpoint(jupyter.Control); got != "ipc:///run/x/s-2" {
		t.Errorf("control is at %s", got)
	}
	if !net.ParseIP(tcp.IP).IsLoopback() {
		t.Errorf("listens on %s", tcp.IP)
	}
	keys := map[string]bool{}
	for _, c := range []*jupyter.ConnectionInfo{tcp, ipc} {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if len(c.Key) < 26 || keys[c.Key] {
			t.Errorf("key %q", c.Key)
		}
		keys[c.Key] = true
		path := filepath.Join(dir, "kernel-1.json")
		if err := c.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if back, err := jupyter.ReadConnectionFile(path); err != nil || *back != *c {
			t.Errorf("read back %+v, %v", back, err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files left beside the connection file: %v", files)
	}
	if err := tcp.WriteFile(filepath.Join(dir, "missing", "x.json")); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
	if _, err := jupyter.ReadConnectionFile(filepath.Join(dir, "no.json")); err == nil ||
		!strings.Contains(err.Error(), "no.json") {
		t.Errorf("error %v", err)
	}
	if _, err := jupyter.NewIPCConnection("/" + strings.Repeat("x", 120)); err == nil ||
		!strings.Contains(err.Error(), "the system allows") {
		t.Errorf("a path too long for a socket: %v", err)
	}
}

func FuzzParseConnection(f *testing.F) {
	f.Add([]byte(goodConnection))
	f.Add([]byte(`{"transport":"ipc","ip":"/x","shell_port":1,"control_port":2,"stdin_port":3,"iopub_port":4,"hb_port":5}`))
	f.Add([]byte(`{"ip":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := jupyter.ParseConnection(data)
		if err != nil {
			return
		}
		for ch := jupyter.Shell; ch <= jupyter.Heartbeat; ch++ {
			if !strings.Contains(c.Endpoint(ch), "://") {
				t.Errorf("endpoint %q", c.Endpoint(ch))
			}
		}
		written, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := jupyter.ParseConnection(written); err != nil || *again != *c {
			t.Errorf("%+v became %+v, %v", c, again, err)
		}
	})
}
