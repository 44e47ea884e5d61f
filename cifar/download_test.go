package cifar

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A server answers the nth request, counted from 1, for the archive.
type server func(w http.ResponseWriter, r *http.Request, n int, archive []byte)

// serve honours ranges, as the real server does.
func serve(w http.ResponseWriter, r *http.Request, _ int, archive []byte) {
	w.Header().Set("Content-Type", "application/x-gzip")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(archive))
}

// cut sends the head of what was asked for and then drops the connection.
func cut(w http.ResponseWriter, r *http.Request, archive []byte, n int) {
	from := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(archive)-1, len(archive)))
		w.Header().Set("Content-Length", strconv.Itoa(len(archive)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
	}
	w.Write(archive[from:min(len(archive), from+n)])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// downloading returns a loader whose official archive is on a local server.
func downloading(t *testing.T, answer server) (*loader, []byte, *atomic.Int64) {
	t.Helper()
	l := smallLayout()
	archive := tarGz(t, goodMembers(&l))
	requests := &atomic.Int64{}
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, int(requests.Add(1)), archive)
	}))
	t.Cleanup(local.Close)
	l.archive = archiveFile{
		name:   "cifar-10-binary.tar.gz",
		urls:   []string{local.URL + "/cifar-10-binary.tar.gz"},
		size:   int64(len(archive)),
		sha256: sha(archive),
	}
	load := testLoader(t, l, "")
	load.client.Transport.(*http.Transport).Proxy = nil
	t.Cleanup(load.client.CloseIdleConnections)
	return load, archive, requests
}

// TestDownloadSucceeds: servers that are difficult, but have the archive.
func TestDownloadSucceeds(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   server
		requests int64
	}{
		{"plain", serve, 1},
		{"without a length", func(w http.ResponseWriter, r *http.Request, _ int, archive []byte) {
			for len(archive) > 0 {
				n := min(len(archive), 100000)
				w.Write(archive[:n])
				w.(http.Flusher).Flush()
				archive = archive[n:]
			}
		}, 1},
		{"reset five times, resumed", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n <= 5 {
				cut(w, r, archive, 150000)
			}
			serve(w, r, n, archive)
		}, 6},
		{"silent once, resumed", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n == 1 {
				w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
				w.Write(archive[:100000])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			serve(w, r, n, archive)
		}, 2},
		{"ignores ranges", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n == 1 {
				cut(w, r, archive, 100000)
			}
			r.Header.Del("Range")
			serve(w, r, n, archive)
		}, 2},
		{"other bytes before the reset", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n == 1 { // the hash is wrong at the end, nothing earlier tells
				cut(w, r, bytes.Repeat([]byte{0x1f}, len(archive)), 100000)
			}
			serve(w, r, n, archive)
		}, 3},
		{"the file has another length after the reset", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			switch n {
			case 1:
				cut(w, r, archive, 100000)
			case 2:
				serve(w, r, n, append(bytes.Clone(archive), 1, 2, 3))
			default:
				serve(w, r, n, archive)
			}
		}, 3},
		{"refuses the range", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			switch n {
			case 1:
				cut(w, r, archive, 100000)
			case 2:
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			default:
				serve(w, r, n, archive)
			}
		}, 3},
		{"busy twice", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n <= 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			serve(w, r, n, archive)
		}, 3},
		{"redirects once", func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
			if n == 1 {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			serve(w, r, n, archive)
		}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			load, _, requests := downloading(t, test.answer)
			data, err := load.load(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if data.Source.Kind != Download || !data.Source.Official || data.Train.Len() != 320 {
				t.Errorf("%d pictures from %+v", data.Train.Len(), data.Source)
			}
			// The second time it is in the cache.
			if _, err := load.load(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := requests.Load(); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
			left, _ := filepath.Glob(filepath.Join(load.cacheRoot, "cifar-10", "cifar-10-binary*"))
			if len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestNothingToDownload: where no byte of the archive comes, the drawings do,
// and say why.
func TestNothingToDownload(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer server
		want   string
	}{
		{"not found", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) { http.NotFound(w, r) }, "404"},
		{"HTML page", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<html>Please log in")
		}, "HTML page"},
		{"HTML page under another type", func(w http.ResponseWriter, r *http.Request, _ int, archive []byte) {
			w.Header().Set("Content-Type", "application/x-gzip")
			w.Write(append([]byte("<!doctype html>"), archive[15:]...))
		}, "HTML page"},
		{"redirects in a circle", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "redirected more than 5 times"},
		{"another length", func(w http.ResponseWriter, r *http.Request, _ int, archive []byte) {
			w.Write(archive[:1000])
		}, "offers 1,000 bytes"},
		{"endless", func(w http.ResponseWriter, r *http.Request, _ int, archive []byte) {
			for r.Context().Err() == nil {
				if _, err := w.Write(archive); err != nil {
					return
				}
			}
		}, "sends more than the file's"},
		{"down", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) { panic(http.ErrAbortHandler) }, "EOF"},
		{"busy", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) { w.WriteHeader(502) }, "502"},
		{"silent", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) { <-r.Context().Done() },
			"the connection went silent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			load, _, requests := downloading(t, test.answer)
			data, err := load.load(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if data.Source.Kind != Builtin || !strings.Contains(data.Source.Reason, test.want) {
				t.Errorf("source %+v, want a reason with %q", data.Source, test.want)
			}
			mustBeClean(t, load)

			// The next call does not ask again, unless it is told to.
			asked := requests.Load()
			if data, err = load.load(context.Background()); err != nil || data.Source.Kind != Builtin {
				t.Fatalf("second call: %v, %v", data, err)
			}
			if requests.Load() != asked {
				t.Error("the second call asked the server again")
			}
			RetryNetwork()(load)
			if _, err = load.load(context.Background()); err != nil {
				t.Fatal(err)
			}
			if requests.Load() == asked {
				t.Error("RetryNetwork did not ask the server again")
			}
		})
	}
}

func TestWrongHash(t *testing.T) {
	load, _, _ := downloading(t, func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
		other := bytes.Clone(archive)
		other[len(other)/2] ^= 1
		serve(w, r, n, other)
	})
	_, err := load.load(context.Background())
	if err == nil || !strings.Contains(err.Error(), "wrong hash: got") ||
		!strings.Contains(err.Error(), "not the file wanted and were discarded") {
		t.Errorf("error %v", err)
	}
	mustBeClean(t, load)
}

// TestResumeInAnotherRun: what one run leaves is not downloaded again.
func TestResumeInAnotherRun(t *testing.T) {
	var ranges []string
	answer := func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
		ranges = append(ranges, r.Header.Get("Range"))
		if n <= 3 {
			cut(w, r, archive, map[bool]int{true: 200000, false: 0}[n == 1])
		}
		serve(w, r, n, archive)
	}
	load, _, _ := downloading(t, answer)
	_, err := load.load(context.Background())
	if err == nil || !strings.Contains(err.Error(), "the download stopped at 200,000 of") {
		t.Fatalf("error %v", err)
	}
	if _, err := load.load(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := ranges[len(ranges)-1]; got != "bytes=200000-" {
		t.Errorf("the second run asked for %q of the file", got)
	}
}

// TestLeftOverPart: a part that is no use costs a new download, no failure.
func TestLeftOverPart(t *testing.T) {
	for name, size := range map[string]int{"garbage": 1000, "longer than the archive": 5 << 20} {
		t.Run(name, func(t *testing.T) {
			load, _, _ := downloading(t, serve)
			root := filepath.Join(load.cacheRoot, "cifar-10")
			if err := os.MkdirAll(root, 0o755); err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(root, "cifar-10-binary.tar.gz.part"), make([]byte, size))
			if _, err := load.load(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSecondAddress(t *testing.T) {
	load, archive, requests := downloading(t, serve)
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	load.layout.archive.urls = append([]string{dead.URL}, load.layout.archive.urls...)
	data, err := load.load(context.Background())
	if err != nil || data.Source.SHA256 != sha(archive) || requests.Load() != 1 {
		t.Errorf("%v after %d requests: %v", data, requests.Load(), err)
	}
}
