package getfile

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
)

// part is the beginning of a download on disk, with the running hash.
type part struct {
	file *os.File
	hash hash.Hash
	n    int64
	// resumed is true if the bytes may come from more than one response.
	resumed bool
	gone    bool // renamed or removed
}

// openPart opens or creates the file and hashes what is in it.
func openPart(ctx context.Context, path string, newHash func() hash.Hash) (*part, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	p := &part{file: file, hash: newHash()}
	if p.n, err = io.Copy(p.hash, Reader(ctx, file, nil)); err != nil {
		file.Close()
		return nil, err
	}
	p.resumed = p.n > 0
	return p, nil
}

// restart forgets all bytes.
func (p *part) restart() error {
	p.hash.Reset()
	p.n = 0
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.file.Truncate(0)
}

// fill appends r, which must end at total bytes if that is not 0, and may not
// pass most if it is. Failures of r may go better next time; failures of the
// disk will not.
func (p *part) fill(r io.Reader, total, most int64) error {
	buffer := make([]byte, 128<<10)
	for {
		n, readErr := r.Read(buffer)
		if n > 0 {
			if err := p.append(buffer[:n], total, most); err != nil {
				return err
			}
		}
		switch {
		case readErr == io.EOF && (total == 0 || p.n == total):
			return nil
		case readErr == io.EOF:
			return againError{fmt.Errorf("the transfer ended early, at %s of %s bytes",
				termtext.Thousands(p.n), termtext.Thousands(total))}
		case readErr != nil:
			return againError{readErr}
		}
	}
}

func (p *part) append(data []byte, total, most int64) error {
	if p.n == 0 && LooksLikeHTML(data) {
		return unavailableError{errors.New("sent an HTML page instead of the file")}
	}
	limit := total
	if total == 0 {
		limit = most
	}
	if p.n+int64(len(data)) > limit {
		if err := p.restart(); err != nil {
			return err
		}
		return unavailableError{fmt.Errorf("sends more than the file's %s bytes", termtext.Thousands(limit))}
	}
	if _, err := p.file.Write(data); err != nil {
		return err
	}
	p.hash.Write(data)
	p.n += int64(len(data))
	return nil
}

// LooksLikeHTML tells by a file's first bytes whether it is a web page, such as
// the one that a network asks to log in with.
func LooksLikeHTML(data []byte) bool {
	start := strings.ToLower(string(bytes.TrimSpace(data[:min(len(data), 512)])))
	return slices.ContainsFunc([]string{"<!doctype html", "<html", "<head", "<?xml"}, func(mark string) bool {
		return strings.HasPrefix(start, mark)
	})
}

// finish checks the hash, if one is wanted, and gives the file its final name.
func (p *part) finish(path, want string) error {
	if got := hex.EncodeToString(p.hash.Sum(nil)); want != "" && !strings.EqualFold(got, want) {
		n := p.n
		if err := p.restart(); err != nil {
			return err
		}
		return fmt.Errorf("%w: got %s, want %s; the %s bytes that came are not the file wanted and were discarded",
			ErrHash, got, want, termtext.Thousands(n))
	}
	if err := errors.Join(p.file.Sync(), p.file.Close()); err != nil {
		return err
	}
	p.gone = true
	return os.Rename(p.file.Name(), path)
}

// remove deletes the file, which holds nothing of use.
func (p *part) remove() {
	p.close()
	os.Remove(p.file.Name())
	p.gone = true
}

func (p *part) close() {
	if !p.gone {
		p.file.Close()
	}
}
