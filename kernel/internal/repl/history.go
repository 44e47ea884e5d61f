package repl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// history is the inputs of this and earlier sessions, the oldest first: from a
// file with one JSON object a line, {"time": …, "code": …}. Sessions append to
// it at the same time. It implements readline's history.Source.
type history struct {
	path string // "" keeps nothing

	mu    sync.Mutex
	lines []string
}

// entry is a line of the file.
type entry struct {
	Time time.Time `json:"time"`
	Code string    `json:"code"`
}

// Sizes of the history file: what is read of it, and when it is cut.
const (
	maxHistory     = 10_000
	maxHistoryFile = 16 << 20
)

// openHistory reads the file. Lines that are none of ours are left out. A
// history that cannot be read or written is an error, and works for the session
// alone.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.path = ""
		return h, fmt.Errorf("the history will not be kept: %w", err)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("the history cannot be read: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxHistoryFile {
		if _, err := f.Seek(-maxHistoryFile, io.SeekEnd); err != nil {
			return h, fmt.Errorf("the history cannot be read: %w", err)
		}
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxHistoryFile)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Code != "" {
			h.lines = append(h.lines, e.Code)
		}
	}
	h.lines = h.lines[max(0, len(h.lines)-maxHistory):]
	return h, nil
}

// Write adds an input, unless it is the last one again.
func (h *history) Write(code string) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	code = strings.TrimRight(code, " \t\n")
	if n := len(h.lines); code == "" || n > 0 && h.lines[n-1] == code {
		return n, nil
	}
	h.lines = append(h.lines, code)
	if h.path == "" {
		return len(h.lines), nil
	}
	if err := h.append(code); err != nil {
		h.path = "" // said once
		return len(h.lines), fmt.Errorf("the history is not kept: %w", err)
	}
	return len(h.lines), nil
}

func (h *history) append(code string) error {
	line, err := json.Marshal(entry{time.Now().UTC().Truncate(time.Second), code})
	if err != nil {
		return err
	}
	unlock, err := lock.Wait(context.Background(), h.path+".lock", nil)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// GetLine returns the input with an index from 0, the oldest.
func (h *history) GetLine(i int) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i < 0 || i >= len(h.lines) {
		return "", fmt.Errorf("history has no input %d, only 0 to %d", i, len(h.lines)-1)
	}
	return h.lines[i], nil
}

// Len is the number of inputs.
func (h *history) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lines)
}

// Dump returns all inputs.
func (h *history) Dump() any {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.lines...)
}

// kernelHistoryWait is how long the kernel may take to tell its history.
const kernelHistoryWait = 3 * time.Second

// addKernels puts what the kernel remembers, from other front ends too, before
// our own inputs. Many kernels remember nothing.
func (h *history) addKernels(ctx context.Context, kernel *jupyter.Kernel) {
	ctx, cancel := context.WithTimeout(ctx, kernelHistoryWait)
	defer cancel()
	reply, err := kernel.History(ctx, jupyter.HistoryRequest{Raw: true, AccessType: "tail", N: 1000})
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	known := make(map[string]bool, len(h.lines))
	for _, line := range h.lines {
		known[line] = true
	}
	var older []string
	for _, raw := range reply.History {
		var triple [3]json.RawMessage
		var code string
		if json.Unmarshal(raw, &triple) == nil && json.Unmarshal(triple[2], &code) == nil && code != "" && !known[code] {
			older = append(older, code)
		}
	}
	h.lines = append(older, h.lines...)
}
