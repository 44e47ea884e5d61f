package engine

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"
)

// stream reads a pipe of the host and passes on text.
type stream struct {
	file *os.File
	pass func(string)
	rest []byte // the beginning of a character

	mu      sync.Mutex
	waiting []chan struct{}
	ended   bool
}

func newStream(r *os.File, pass func(string)) *stream { return &stream{file: r, pass: pass} }

// most is the size of one message.
const most = 64 << 10

// read passes on until the pipe ends.
func (s *stream) read() {
	defer s.end()
	buf := make([]byte, most)
	for {
		n, err := s.file.Read(buf)
		s.emit(buf[:n])
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.catchUp(buf)
		default:
			return
		}
	}
}

// catchUp answers those who wait in drain: it reads all that is there.
func (s *stream) catchUp(buf []byte) {
	s.mu.Lock()
	waiting := s.waiting
	s.waiting = nil
	_ = s.file.SetReadDeadline(time.Time{})
	s.mu.Unlock()
	if raw, err := s.file.SyscallConn(); err == nil {
		_ = raw.Read(func(fd uintptr) bool {
			for {
				n, err := readNow(fd, buf)
				if n > 0 {
					s.emit(buf[:n])
				}
				if n <= 0 && !errors.Is(err, syscall.EINTR) {
					return true // nothing more now
				}
			}
		})
	}
	for _, w := range waiting {
		close(w)
	}
}

// drain returns when all has been passed on that is in the pipe.
func (s *stream) drain() {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	done := make(chan struct{})
	s.waiting = append(s.waiting, done)
	_ = s.file.SetReadDeadline(time.Unix(1, 0))
	s.mu.Unlock()
	<-done
}

// emit passes on whole characters.
func (s *stream) emit(b []byte) {
	if len(b) == 0 {
		return
	}
	b = append(s.rest, b...)
	cut := len(b)
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				cut = len(b) - i
			}
			break
		}
	}
	s.rest = append([]byte(nil), b[cut:]...)
	if cut > 0 {
		s.pass(string(b[:cut]))
	}
}

func (s *stream) end() {
	if len(s.rest) > 0 {
		s.pass(string(s.rest))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, w := range s.waiting {
		close(w)
	}
	s.waiting = nil
	s.file.Close()
}

func (s *stream) close() { s.file.Close() }
