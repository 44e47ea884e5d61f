package getfile

import (
	"bytes"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// faulty is a server that does wrong what it is told to, a number of times, and
// then serves the file.
type faulty struct {
	times   int32 // how many requests it treats wrongly; -1 all
	handler http.HandlerFunc
}

func (f faulty) serve(t *testing.T, requests *atomic.Int32) Request {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := requests.Add(1); f.times < 0 || n <= f.times {
			f.handler(w, r)
			return
		}
		whole(w, r)
	})
}

// raw answers with bytes that net/http would not send.
func raw(text string, body []byte, end func(*net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		conn.Write([]byte(text))
		conn.Write(body)
		if end != nil {
			end(conn.(*net.TCPConn))
		}
		conn.Close()
	}
}

const binary = "Content-Type: application/octet-stream\r\nConnection: close\r\n"

// reset closes a connection with RST instead of FIN.
func reset(c *net.TCPConn) {
	time.Sleep(20 * time.Millisecond) // what was sent arrives
	c.SetLinger(0)
}

// TestFaults: whatever a server does wrong once, the file comes; whatever it
// does wrong always, one error says so, and nothing is under the final name.
func TestFaults(t *testing.T) {
	size := len(content)
	other := make([]byte, size) // another file of the same length
	rand.Read(other)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string // of the error if it goes on for ever; "" if once is the only case
		kept    bool   // what arrived is kept for the next run
	}{
		"truncates": {raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size),
			content[:size/3], nil), "run again to resume it", true},
		"resets": {raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size),
			content[:size/3], reset), "run again to resume it", true},
		"resets at once":  {raw("", nil, func(c *net.TCPConn) { c.SetLinger(0) }), "unreachable", false},
		"closes at once":  {raw("", nil, nil), "unreachable", false},
		"answers no HTTP": {raw("SSH-2.0-OpenSSH_9.2\r\n", nil, nil), "malformed", false},
		"claims too little": {raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size-7),
			content, nil), "offers 699,994 bytes", false},
		"claims too much": {raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size+7),
			content, nil), "offers 700,008 bytes", false},
		"claims a negative length": {raw("HTTP/1.1 200 OK\r\n"+binary+"Content-Length: -5\r\n\r\n", content, nil),
			"bad Content-Length", false},
		"no length, cut off": {raw("HTTP/1.0 200 OK\r\n"+binary+"\r\n", content[:1000], nil), "run again to resume it", true},
		"no length, goes on for ever": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for r.Context().Err() == nil {
				if _, err := w.Write(content[:100_000]); err != nil {
					return
				}
			}
		}, "sends more than the file's 700,001 bytes", false},
		"bad chunks": {raw("HTTP/1.1 200 OK\r\n"+binary+"Transfer-Encoding: chunked\r\n\r\n",
			[]byte("3e8\r\nshort\r\nzzz\r\n"), nil), "run again to resume it", true},
		"HTML with 200": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html>log in")
		}, "HTML page", false},
		"HTML called binary": {raw("HTTP/1.1 200 OK\r\n"+binary+"\r\n", []byte("\ufeff  <!-- x --><HTML>"), nil),
			"", true},
		"redirects in a circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/w.h5", http.StatusFound)
		}, "redirected more than 5 times", false},
		"redirects to nowhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "connection refused", false},
		"redirects to a file": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, "unsupported protocol scheme", false},
		"another file, same length": {func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "w.h5", time.Time{}, bytes.NewReader(other))
		}, "wrong hash", false},
		"too many requests": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
		}, "429", false},
		"bad gateway": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		}, "502", false},
		"compressed although not asked": {raw("HTTP/1.1 200 OK\r\n"+binary+"Content-Encoding: gzip\r\n\r\n",
			[]byte("\x1f\x8b\x08"), nil), "", true},
	} {
		// With a length known beforehand, as for data; weights have none.
		for _, known := range []bool{true, false} {
			kind := map[bool]string{true: "size known", false: "size unknown"}[known]
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				r := faulty{-1, c.handler}.serve(t, &requests)
				if known {
					r.Size = int64(size)
				} else {
					r.Most = 2 * int64(size)
				}
				err := Get(t.Context(), r)
				if err == nil || known && !strings.Contains(err.Error(), c.want) {
					t.Errorf("always: error %v, want %q", err, c.want)
				}
				if requests.Load() > 40 {
					t.Errorf("%d requests", requests.Load())
				}
				if _, err := os.Stat(r.Path); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("there is a file: %v", err)
				}
				if part, err := os.Stat(r.Path + ".part"); known && c.kept != (err == nil && part.Size() > 0) {
					t.Errorf("what arrived: kept %v, want %v", err == nil, c.kept)
				}
				// The next run meets a server that has recovered.
				r.URLs = serve(t, whole).URLs
				if err := Get(t.Context(), r); err != nil {
					t.Fatalf("the next run: %v", err)
				}
				checkGot(t, r)
			})
		}
	}
}

// TestFaultsOnce: faults of one answer, and of the rest of a file.
func TestFaultsOnce(t *testing.T) {
	size := len(content)
	other := make([]byte, size)
	rand.Read(other)
	cut := raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size), content[:size/2], nil)
	for name, handlers := range map[string][]http.HandlerFunc{
		"truncates": {cut},
		"resets": {raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size),
			content[:size/2], reset)},
		"service unavailable": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		"ignores Range": {cut, func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			whole(w, r)
		}},
		"another range": {cut,
			raw(fmt.Sprintf("HTTP/1.1 206 Partial Content\r\n%sContent-Range: bytes 5-%d/%d\r\n\r\n", binary, size-1, size),
				content[5:], nil)},
		"a range without a word about it": {cut,
			raw("HTTP/1.1 206 Partial Content\r\n"+binary+"\r\n", content[size/2:], nil)},
		"the file changed in between": {
			raw(fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", binary, size), other[:size/2], nil)},
		"the file shrank in between": {cut, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes */10")
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		}},
		"stalls": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Write(content[:size/2])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			r := serve(t, func(w http.ResponseWriter, request *http.Request) {
				if n := int(requests.Add(1)); n <= len(handlers) {
					handlers[n-1](w, request)
					return
				}
				whole(w, request)
			})
			r.Size, r.Stall = int64(size), 300*time.Millisecond
			if err := Get(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			checkGot(t, r)
		})
	}
}

// TestCertificates: a server that nobody vouches for is refused, and nothing of
// it is kept; one whose authority the user names by SSL_CERT_FILE is not. Go
// reads that variable once, so another process shows it.
func TestCertificates(t *testing.T) {
	const variable = "GETFILE_TEST_URL"
	if address := os.Getenv(variable); address != "" {
		r := Request{Path: os.Getenv("GETFILE_TEST_PATH"), URLs: []string{address}, Hash: contentMD5(),
			Pause: time.Millisecond}
		fmt.Printf("result: %v\n", Get(t.Context(), r))
		return
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(whole))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would complain of refusals
	server.StartTLS()
	defer server.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o644); err != nil {
		t.Fatal(err)
	}
	proxied := atomic.Int32{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		whole(w, r)
	}))
	defer proxy.Close()
	wrongHost := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for name, c := range map[string]struct {
		url  string
		env  []string
		want string
	}{
		"unknown authority": {server.URL, []string{"SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/nonexistent"},
			"certificate signed by unknown authority"},
		"the user's authority":             {server.URL, []string{"SSL_CERT_FILE=" + authority}, "<nil>"},
		"the user's authority, wrong host": {wrongHost, []string{"SSL_CERT_FILE=" + authority}, "certificate is valid for"},
		"a proxy":                          {"http://data.invalid/w.h5", []string{"HTTP_PROXY=" + proxy.URL}, "<nil>"},
		"a proxy, small letters":           {"http://data.invalid/w.h5", []string{"http_proxy=" + proxy.URL}, "<nil>"},
		"a proxy that this is not to use": {"http://data.invalid/w.h5",
			[]string{"HTTP_PROXY=" + proxy.URL, "NO_PROXY=data.invalid"}, "no such host"},
		"a proxy that is not there": {"http://data.invalid/w.h5",
			[]string{"HTTP_PROXY=http://127.0.0.1:1"}, "connection refused"},
		"a proxy that makes no connections": {"https://data.invalid/w.h5",
			[]string{"HTTPS_PROXY=" + proxy.URL}, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "w.h5")
			cmd := exec.Command(os.Args[0], "-test.run=^TestCertificates$")
			for _, pair := range os.Environ() {
				if name, _, _ := strings.Cut(pair, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") &&
					!strings.HasPrefix(name, "SSL_CERT") {
					cmd.Env = append(cmd.Env, pair)
				}
			}
			cmd.Env = append(cmd.Env, variable+"="+c.url, "GETFILE_TEST_PATH="+path)
			cmd.Env = append(cmd.Env, c.env...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if c.want == "no such host" && strings.Contains(string(out), "lookup data.invalid") {
				return // however the name server says no
			}
			if !strings.Contains(string(out), c.want) {
				t.Errorf("%s", out)
			}
			_, err = os.Stat(path)
			if there := err == nil; there != (c.want == "<nil>") {
				t.Errorf("there is a file: %v", there)
			}
		})
	}
	if proxied.Load() < 2 {
		t.Errorf("the proxy was asked %d times", proxied.Load())
	}
}

// The name of an https proxy's password never gets into an error.
func TestProxyPasswordIsNotTold(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("me", "geheim")}
	client := NewClient()
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	r := Request{Path: filepath.Join(t.TempDir(), "w.h5"), URLs: []string{"http://data.invalid/w.h5"},
		Hash: contentMD5(), Client: client}
	if err := Get(t.Context(), r); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("error %v", err)
	}
}

// A folder that cannot be written to, and a disk without room, are said so.
func TestPlaces(t *testing.T) {
	t.Run("a file where the folder should be", func(t *testing.T) {
		r := serve(t, whole)
		if err := os.WriteFile(filepath.Dir(r.Path), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Get(t.Context(), r); err == nil || !strings.Contains(err.Error(), "not a directory") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write everywhere")
		}
		r := serve(t, whole)
		if err := os.MkdirAll(filepath.Dir(r.Path), 0o555); err != nil {
			t.Fatal(err)
		}
		if err := Get(t.Context(), r); !errors.Is(err, os.ErrPermission) {
			t.Errorf("error %v", err)
		}
	})
}
