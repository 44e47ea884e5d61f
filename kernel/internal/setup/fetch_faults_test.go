package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// answer is what a server sends instead of a file, with an end of its own.
func answer(text string, end func(*net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		conn.Write([]byte(text))
		if end != nil {
			time.Sleep(20 * time.Millisecond) // what was sent arrives
			end(conn.(*net.TCPConn))
		}
		conn.Close()
	}
}

func resetting(c *net.TCPConn) { c.SetLinger(0) }

// TestWheelFetchFaults: whatever the look-up or the download of a plugin does
// wrong, one error says so, and no plugin is there. What keeps a connection
// silent is the parent's to end, see TestGrowth.
func TestWheelFetchFaults(t *testing.T) {
	good := zipOf(t, "pkg/plugin.so", "the plugin")
	sum := sha256.Sum256(good)
	w := wheel{project: "pkg", version: "1.0", file: "pkg-1.0-x86_64.whl", sha256: hex.EncodeToString(sum[:]),
		member: "pkg/plugin.so"}
	lookUp := func(rw http.ResponseWriter, _ *http.Request) {
		release := map[string]any{"filename": w.file, "url": "https://files.example/files/pkg.whl",
			"packagetype": "bdist_wheel"}
		_ = json.NewEncoder(rw).Encode(map[string]any{"releases": map[string]any{"1.0": []any{release}}})
	}
	head := func(length int) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", length)
	}
	circle := func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path, http.StatusFound) }
	status := func(code int) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(code) }
	}
	page := func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<!DOCTYPE html><p>log in") }
	for name, c := range map[string]struct{ lookUp, file http.HandlerFunc }{
		"the look-up is not there":          {lookUp: http.NotFound},
		"the look-up fails":                 {lookUp: status(http.StatusBadGateway)},
		"the look-up is a page":             {lookUp: page},
		"the look-up is cut off":            {lookUp: answer(head(500)+`{"releases": {"1.0": [`, nil)},
		"the look-up goes round in circles": {lookUp: circle},
		"the look-up is about nothing": {lookUp: func(rw http.ResponseWriter,
			_ *http.Request) {
			fmt.Fprint(rw, `{"releases": null}`)
		}},
		"truncated":          {file: answer(head(len(good))+string(good[:len(good)/2]), nil)},
		"reset":              {file: answer(head(len(good))+string(good[:len(good)/2]), resetting)},
		"reset at once":      {file: answer("", resetting)},
		"closed at once":     {file: answer("", nil)},
		"claims too little":  {file: answer(head(len(good)-5)+string(good), nil)},
		"claims too much":    {file: answer(head(len(good)+5)+string(good), nil)},
		"no length, cut off": {file: answer("HTTP/1.0 200 OK\r\n\r\n"+string(good[:9]), nil)},
		"a page with 200":    {file: page},
		"in circles":         {file: circle},
		"forbidden":          {file: status(http.StatusForbidden)},
		"unavailable":        {file: status(http.StatusServiceUnavailable)},
		"no HTTP":            {file: answer("SSH-2.0-OpenSSH_9.2\r\n", nil)},
		"to a file of ours": {file: func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "file:///etc/passwd", http.StatusFound)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.lookUp == nil {
				c.lookUp = lookUp
			}
			if c.file == nil {
				c.file = func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(good) }
			}
			mux := http.NewServeMux()
			mux.HandleFunc("/pypi/pkg/json", c.lookUp)
			mux.HandleFunc("/files/pkg.whl", c.file)
			server := httptest.NewServer(mux)
			defer server.Close()
			base, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			http.DefaultClient.Transport = &answeringTransport{next: toServer{base}} // as in TestWheelFetch
			defer func() { http.DefaultClient.Transport = nil }()
			dir := t.TempDir()
			t.Setenv("TMPDIR", t.TempDir())
			quietly(t, func() { err = w.fetch(dir) })
			if err == nil || !strings.Contains(err.Error(), "pkg") {
				t.Errorf("error %v", err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// A server whose certificate nobody vouches for is refused.
func TestWheelFetchCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Config.ErrorLog = nil
	defer server.Close()
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := patientTransport().RoundTrip(request); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v", err)
	}
}

// The time limits of a download keep the proxy that the environment names.
func TestFetchTakesProxies(t *testing.T) {
	transport := patientTransport()
	if transport.Proxy == nil || transport.ResponseHeaderTimeout == 0 || transport.TLSHandshakeTimeout == 0 {
		t.Errorf("%+v", transport)
	}
}
