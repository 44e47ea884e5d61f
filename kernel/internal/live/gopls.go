package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf16"

	"github.com/gocifar/gocifar/internal/child"
	"unicode/utf8"
)

// languageServer is gopls, started at the first question. It speaks the
// Language Server Protocol
// (https://microsoft.github.io/language-server-protocol/) on its standard input
// and output.
type languageServer struct {
	program  goplsBuild
	dir, uri string

	mu      sync.Mutex // held during a question
	cmd     *exec.Cmd
	in      io.WriteCloser
	version int
	nextID  int

	pendingMu sync.Mutex
	pending   map[int]chan rpcMessage
}

type rpcMessage struct {
	Version string           `json:"jsonrpc"`
	ID      *json.RawMessage `json:"id,omitempty"`
	Method  string           `json:"method,omitempty"`
	Params  any              `json:"params,omitempty"`
	Result  json.RawMessage  `json:"result,omitempty"`
	Error   *rpcError        `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// draftName is the file that the language server sees, in place of the one that
// shell commands have.
const draftName = "main.go"

// newLanguageServer is the program in dir, which build makes if it is missing
// and build is not nil.
func newLanguageServer(
	ctx context.Context, program, dir string, build func(context.Context) error,
) *languageServer {
	path := filepath.Join(dir, draftName)
	return &languageServer{
		program: goplsBuild{program: program, build: build, ctx: ctx},
		dir:     dir, uri: (&url.URL{Scheme: "file", Path: path}).String(),
	}
}

// start starts gopls if it does not run.
func (s *languageServer) start(ctx context.Context) error {
	if s.cmd != nil {
		return nil
	}
	if err := s.program.ready(); err != nil {
		return err
	}
	cmd := exec.Command(s.program.program, "serve")
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=")
	child.OwnGroup(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("gopls cannot be started: %w", err)
	}
	s.cmd, s.in, s.version = cmd, in, 0
	s.pendingMu.Lock()
	s.pending = map[int]chan rpcMessage{}
	s.pendingMu.Unlock()
	go s.read(bufio.NewReader(out))
	var ignored json.RawMessage
	root := (&url.URL{Scheme: "file", Path: s.dir}).String()
	err = s.call(ctx, "initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": root, "workspaceFolders": []any{map[string]any{"uri": root, "name": "cells"}},
		"capabilities": map[string]any{"textDocument": map[string]any{
			"hover":      map[string]any{"contentFormat": []string{"markdown"}},
			"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": false}}}},
		"initializationOptions": map[string]any{"completeUnimported": true, "completionBudget": "2s"},
	}, &ignored)
	if err != nil {
		s.end()
		return err
	}
	return s.notify("initialized", map[string]any{})
}

// read passes answers to who waits for them, and answers the server's own
// questions with nothing.
func (s *languageServer) read(r *bufio.Reader) {
	defer func() {
		s.pendingMu.Lock()
		defer s.pendingMu.Unlock()
		for id, c := range s.pending {
			close(c)
			delete(s.pending, id)
		}
		s.pending = nil
	}()
	for {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil || length < 0 || length > 64<<20 {
			return
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m rpcMessage
		if json.Unmarshal(body, &m) != nil || m.ID == nil {
			continue
		}
		if m.Method != "" {
			result := json.RawMessage("null")
			if m.Method == "workspace/configuration" {
				result = json.RawMessage("[null]")
			}
			_ = s.send(rpcMessage{ID: m.ID, Result: result})
			continue
		}
		id, _ := strconv.Atoi(string(*m.ID))
		s.pendingMu.Lock()
		c := s.pending[id]
		delete(s.pending, id)
		s.pendingMu.Unlock()
		if c != nil {
			c <- m
		}
	}
}

var errNoServer = errors.New("gopls has ended")

func (s *languageServer) send(m rpcMessage) error {
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	_, err = fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

func (s *languageServer) notify(method string, params any) error {
	return s.send(rpcMessage{Method: method, Params: params})
}

func (s *languageServer) call(ctx context.Context, method string, params, result any) error {
	s.nextID++
	id := json.RawMessage(strconv.Itoa(s.nextID))
	answer := make(chan rpcMessage, 1)
	s.pendingMu.Lock()
	if s.pending == nil {
		s.pendingMu.Unlock()
		return errNoServer
	}
	s.pending[s.nextID] = answer
	s.pendingMu.Unlock()
	if err := s.send(rpcMessage{ID: &id, Method: method, Params: params}); err != nil {
		return err
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return errNoServer
		case m.Error != nil:
			return errors.New(m.Error.Message)
		}
		return json.Unmarshal(m.Result, result)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask shows the server a file and asks about a place in it, an offset in bytes.
func (s *languageServer) ask(ctx context.Context, method, text string, offset int, result any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(ctx); err != nil {
		return err
	}
	err := s.show(text)
	if err == nil {
		err = s.call(ctx, method, map[string]any{"textDocument": map[string]any{"uri": s.uri},
			"position": positionOf(text, offset)}, result)
	}
	if errors.Is(err, errNoServer) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.EPIPE) {
		s.end() // the next question starts it again
	}
	return err
}

func (s *languageServer) show(text string) error {
	s.version++
	if s.version == 1 {
		return s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": s.uri,
			"languageId": "go", "version": 1, "text": text}})
	}
	return s.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": s.uri,
		"version": s.version},
		"contentChanges": []any{map[string]any{"text": text}}})
}

// end kills the server.
func (s *languageServer) end() {
	if s.cmd == nil {
		return
	}
	s.in.Close()
	_ = child.Signal(s.cmd.Process.Pid, syscall.SIGKILL)
	_ = s.cmd.Wait()
	s.cmd = nil
}

func (s *languageServer) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// position counts lines from 0, and UTF-16 units in a line.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

func positionOf(text string, offset int) position {
	before := text[:max(0, min(offset, len(text)))]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return position{Line: strings.Count(before, "\n"), Character: len(utf16.Encode([]rune(line)))}
}

// offsetOf is the reverse of positionOf.
func offsetOf(text string, p position) int {
	offset := 0
	for range p.Line {
		i := strings.IndexByte(text[offset:], '\n')
		if i < 0 {
			return len(text)
		}
		offset += i + 1
	}
	units := 0
	for units < p.Character && offset < len(text) && text[offset] != '\n' {
		r, size := utf8.DecodeRuneInString(text[offset:])
		units += utf16.RuneLen(max(r, 0))
		offset += size
	}
	return offset
}

// questionLimit bounds a question: a front end waits for it.
const questionLimit = 10 * time.Second
