package getfile

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// content is the file that the tests want.
var content = func() []byte {
	data := make([]byte, 700_001)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	return data
}()

func contentMD5() string {
	sum := md5.Sum(content)
	return hex.EncodeToString(sum[:])
}

func contentSHA256() string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// serve starts a server and returns its address and a request for the file.
func serve(t *testing.T, handler http.HandlerFunc) Request {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Request{
		Path: filepath.Join(t.TempDir(), "models", "w.h5"), URLs: []string{server.URL + "/w.h5"},
		Hash: contentMD5(), Pause: time.Millisecond, Stall: 5 * time.Second,
	}
}

// whole serves the file as a static web server does, ranges included.
func whole(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "w.h5", time.Time{}, bytes.NewReader(content))
}

func checkGot(t *testing.T, r Request) {
	t.Helper()
	got, err := os.ReadFile(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, content) {
		t.Fatalf("got %d bytes that are not the file's %d", len(got), len(content))
	}
	if _, err := os.Stat(r.Path + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a .part is left: %v", err)
	}
}

func TestGet(t *testing.T) {
	for name, hash := range map[string]string{
		"md5": contentMD5(), "sha256": contentSHA256(), "upper case": strings.ToUpper(contentMD5()), "none published": "",
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			r := serve(t, func(w http.ResponseWriter, request *http.Request) { requests.Add(1); whole(w, request) })
			r.Hash = hash
			var last Progress
			r.Report = func(p Progress) { last = p }
			for range 2 { // the second time nothing is asked of the server
				if err := Get(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				checkGot(t, r)
			}
			if requests.Load() != 1 {
				t.Errorf("%d requests, want 1", requests.Load())
			}
			if last.Done != int64(len(content)) || last.Total != last.Done || !strings.Contains(last.String(), "100 %") {
				t.Errorf("last progress: %s", last)
			}
		})
	}
}

// TestResume breaks transfers off in several ways; the file must come out
// right with as few bytes sent twice as the server allows.
func TestResume(t *testing.T) {
	cut := func(n int) http.HandlerFunc { // every answer is cut off after n bytes
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(&cutWriter{ResponseWriter: w, left: n}, r, "w.h5", time.Time{}, bytes.NewReader(content))
		}
	}
	var once sync.Once
	for name, handler := range map[string]http.HandlerFunc{
		"cut off again and again": cut(150_000),
		"ranges ignored once": func(w http.ResponseWriter, r *http.Request) {
			first := false
			once.Do(func() { first = true })
			if first {
				cut(300_000)(w, r)
				return
			}
			r.Header.Del("Range")
			whole(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, handler)
			if err := Get(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			checkGot(t, r)
		})
	}
}

// cutWriter drops the connection after a number of bytes.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		w.ResponseWriter.Write(p[:w.left])
		panic(http.ErrAbortHandler)
	}
	w.left -= len(p)
	return w.ResponseWriter.Write(p)
}

// TestResumeLater: a part file of an earlier run, good, stale, or whole.
func TestResumeLater(t *testing.T) {
	for name, c := range map[string]struct {
		part []byte
		sent int64 // bytes the server must send
	}{
		"good beginning":  {content[:400_000], 300_001},
		"whole file":      {content, 0},
		"another file's":  {bytes.Repeat([]byte("x"), 1000), int64(len(content)) + int64(len(content)) - 1000},
		"longer than it":  {bytes.Repeat([]byte("x"), len(content)+7), int64(len(content))},
		"an empty begin.": {nil, int64(len(content))},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			r := serve(t, func(w http.ResponseWriter, r *http.Request) {
				whole(&countWriter{w, &sent}, r)
			})
			if err := os.MkdirAll(filepath.Dir(r.Path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(r.Path+".part", c.part, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := Get(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			checkGot(t, r)
			if sent.Load() != c.sent {
				t.Errorf("the server sent %d bytes, want %d", sent.Load(), c.sent)
			}
		})
	}
}

type countWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w *countWriter) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("invalid range")) {
		w.sent.Add(int64(len(p)))
	}
	return w.ResponseWriter.Write(p)
}

// TestRefused lists the answers that must not become the file.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		handler     http.HandlerFunc
		want        string
		unreachable bool
	}{
		"not found": {http.NotFound, "404", true},
		"log-in": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<!DOCTYPE html><p>Welcome</p>")
		}, "HTML page", true},
		"hidden log-in": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			fmt.Fprint(w, "\n <HTML>")
		}, "HTML page", true},
		"busy":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "503", true},
		"other file": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "PK\x03\x04") }, "wrong hash", false},
		"empty": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
		}, "wrong hash", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, c.handler)
			err := Get(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrUnreachable) != c.unreachable {
				t.Errorf("got %v", err)
			}
			for _, path := range []string{r.Path, r.Path + ".part"} {
				if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is left: %v", path, err)
				}
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	r := Request{Path: filepath.Join(t.TempDir(), "w.h5"), URLs: []string{"http://" + address}, Hash: contentMD5()}
	if err := Get(t.Context(), r); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestSecondAddress(t *testing.T) {
	r := serve(t, whole)
	r.URLs = []string{strings.Replace(r.URLs[0], "127.0.0.1", "127.0.0.1:1", 1), r.URLs[0]}
	r.URLs[0] = "http://127.0.0.1:1/w.h5"
	if err := Get(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	checkGot(t, r)
}

func TestSilentServer(t *testing.T) {
	release := make(chan struct{})
	r := serve(t, func(w http.ResponseWriter, request *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	r.Stall = 20 * time.Millisecond
	err := Get(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "silent") || !strings.Contains(err.Error(), "run again to resume") {
		t.Errorf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := serve(t, func(w http.ResponseWriter, request *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:300_000])
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
		cancel()
		<-request.Context().Done()
	})
	if err := Get(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if info, err := os.Stat(r.Path + ".part"); err != nil || info.Size() == 0 {
		t.Errorf("what arrived is gone: %v", err)
	}
}

func TestForeignFileIsLeftAlone(t *testing.T) {
	r := serve(t, whole)
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Path, []byte("my own weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Get(t.Context(), r); !errors.Is(err, ErrHash) || !strings.Contains(err.Error(), r.Path) {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(r.Path); string(text) != "my own weights" {
		t.Errorf("the file was changed to %q", text)
	}
}

func TestTogether(t *testing.T) {
	var requests atomic.Int32
	r := serve(t, func(w http.ResponseWriter, request *http.Request) {
		requests.Add(1)
		time.Sleep(20 * time.Millisecond)
		whole(w, request)
	})
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if err := Get(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	checkGot(t, r)
	if requests.Load() != 1 {
		t.Errorf("%d requests, want 1", requests.Load())
	}
}

func TestBadHashIsRefused(t *testing.T) {
	for _, hash := range []string{"abc", strings.Repeat("g", 32), strings.Repeat("0", 33)} {
		if err := Get(t.Context(), Request{Path: filepath.Join(t.TempDir(), "a"), Hash: hash}); err == nil {
			t.Errorf("%q was taken", hash)
		}
	}
}

// TestNoHashStartsAnew: without a hash the rest of an older download may be
// another file's.
func TestNoHashStartsAnew(t *testing.T) {
	r := serve(t, whole)
	r.Hash = ""
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Path+".part", []byte("another file's first bytes"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Get(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	checkGot(t, r)
}
