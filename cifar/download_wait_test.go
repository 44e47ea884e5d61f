package cifar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

func TestDownloadIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	load, _, _ := downloading(t, func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
		w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
		w.Write(archive[:100000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	load.stall = time.Minute
	if _, err := load.load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if _, err := os.Stat(filepath.Join(load.cacheRoot, "cifar-10", "cifar-10-binary.tar.gz")); err == nil {
		t.Error("a cancelled download has its final name")
	}
}

// TestTwoAtOnce: loaders that share a cache download once between them. They
// lock through separate file descriptors, as two processes do.
func TestTwoAtOnce(t *testing.T) {
	first, _, requests := downloading(t, func(w http.ResponseWriter, r *http.Request, n int, archive []byte) {
		time.Sleep(100 * time.Millisecond)
		serve(w, r, n, archive)
	})
	done := make(chan error)
	var waited atomic.Bool
	for range 3 {
		load := *first
		load.report = func(p Progress) {
			if p.Stage == "wait" {
				waited.Store(true)
			}
		}
		go func() {
			data, err := load.load(context.Background())
			if err == nil && data.Source.Kind != Download {
				err = fmt.Errorf("source %+v", data.Source)
			}
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if requests.Load() != 1 || !waited.Load() {
		t.Errorf("%d requests, want 1; waiting was reported: %v", requests.Load(), waited.Load())
	}
}

// TestWaitIsCancelled: a process that waits for another one can be stopped.
func TestWaitIsCancelled(t *testing.T) {
	load, _, _ := downloading(t, serve)
	cache, err := load.cache()
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := cache.lock(context.Background(), load.report)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(context.Background())
	load.report = func(Progress) { cancel() }
	if _, err := load.load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
