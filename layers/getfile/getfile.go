// Package getfile downloads one file of known hash to one place on disk: what
// Keras' keras.utils.get_file does, but resumable and safe.
//
// What has arrived is kept in path+".part" and resumed, in this run or a later
// one. The final name appears by a rename, once the hash is right and the
// bytes are on the disk. Processes that want the same file wait for each
// other.
package getfile

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/lock"
)

// Request names a file and where to get it.
type Request struct {
	// Path is where the file goes; its folder is created.
	Path string
	// URLs are tried in order.
	URLs []string
	// Hash is the file's MD5 (32 hexadecimal digits, as Keras publishes it) or
	// SHA-256 (64). An empty Hash, where nobody publishes one, takes whatever
	// the address sends, and a file that is there already.
	Hash string
	// Size is the number of bytes; 0 if only the server knows.
	Size int64
	// Most is how many bytes are taken where Size is 0, so that a server that
	// never ends does not fill the disk. Default 4 GiB.
	Most int64
	// Report, if set, is called several times a second, by one goroutine.
	Report func(Progress)

	// Locked says that the caller holds a lock of its own, under which no other
	// process asks for this file. Get then leaves no lock file beside it.
	Locked bool
	// Client makes the requests. Default: one that finds out within seconds
	// whether there is a network at all, and then lets a slow transfer take
	// its time.
	Client *http.Client
	// Stall gives up a connection that is silent for so long. Default 20 s.
	Stall time.Duration
	// Pause is the wait before a failed transfer is tried again; it doubles.
	// Default 0.5 s.
	Pause time.Duration
}

// Progress tells how far a download is.
type Progress struct {
	// Stage is "download", or "wait" while another process has the file.
	Stage string
	// Done and Total count bytes; Total is 0 where it is not known.
	Done, Total int64
	// Detail is the address, or the file waited for.
	Detail string
}

// String returns one line such as "download 51.2 of 170.1 MB (30 %): https://...".
func (p Progress) String() string {
	switch {
	case p.Stage == "wait" || p.Done == 0 && p.Total == 0:
		return p.Stage + ": " + p.Detail
	case p.Total <= 0:
		return fmt.Sprintf("%s %.1f MB: %s", p.Stage, float64(p.Done)/1e6, p.Detail)
	default:
		return fmt.Sprintf("%s %.1f of %.1f MB (%d %%): %s",
			p.Stage, float64(p.Done)/1e6, float64(p.Total)/1e6, 100*p.Done/p.Total, p.Detail)
	}
}

// ErrUnreachable is wrapped by the error of a download of which no address
// sent a single byte: there is no network, or something else answers.
var ErrUnreachable = errors.New("unreachable")

// ErrHash is wrapped by the error of a file that is not the one wanted.
var ErrHash = errors.New("wrong hash")

// attempts is how often in a row a server may fail without a single new byte.
const attempts = 3

// Get makes sure that the file is at Path with the right hash, downloading it
// if it is not. A file of another hash at Path is an error that wraps
// [ErrHash] and is left alone: it may be somebody's work.
func Get(ctx context.Context, r Request) error {
	r.defaults()
	newHash, err := hashFor(r.Hash)
	if err != nil {
		return err
	}
	if done, err := r.there(ctx); done || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o755); err != nil {
		return fmt.Errorf("getfile: %w", err)
	}
	if !r.Locked {
		unlock, err := r.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		if done, err := r.there(ctx); done || err != nil {
			return err
		}
	}
	d := &download{Request: r, newHash: newHash}
	if err := d.run(ctx); err != nil {
		return fmt.Errorf("getfile: %s: %w", filepath.Base(r.Path), err)
	}
	return nil
}

func (r *Request) defaults() {
	if r.Report == nil {
		r.Report = func(Progress) {}
	}
	if r.Client == nil {
		r.Client = NewClient()
	}
	if r.Stall == 0 {
		r.Stall = 20 * time.Second
	}
	if r.Most == 0 {
		r.Most = 4 << 30
	}
	if r.Pause == 0 {
		r.Pause = 500 * time.Millisecond
	}
}

// NewClient returns the client that requests use by default; it bounds the time
// to find out that nobody answers.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 4 * time.Second}).DialContext,
			TLSHandshakeTimeout:   4 * time.Second,
			ResponseHeaderTimeout: 8 * time.Second,
			DisableCompression:    true, // the hash is of the file as it is stored
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= 5 {
				return errors.New("redirected more than 5 times")
			}
			return nil
		},
	}
}

// hashFor tells the kind of a hash by its length, as Keras does; MD5 where none
// is wanted.
func hashFor(want string) (func() hash.Hash, error) {
	if want == "" {
		return md5.New, nil
	}
	if _, err := hex.DecodeString(want); err == nil {
		switch len(want) {
		case 2 * md5.Size:
			return md5.New, nil
		case 2 * sha256.Size:
			return sha256.New, nil
		}
	}
	return nil, fmt.Errorf("getfile: want an MD5 or SHA-256 in hexadecimal, got %q", want)
}

// Hash returns the hash of a file in hexadecimal, of the same kind as want; its
// MD5 if want is empty.
func Hash(ctx context.Context, path, want string) (string, error) {
	newHash, err := hashFor(want)
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("getfile: %w", err)
	}
	defer f.Close()
	h := newHash()
	if _, err := io.Copy(h, Reader(ctx, f, nil)); err != nil {
		return "", fmt.Errorf("getfile: reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// there tells whether the file is there with the right hash.
func (r *Request) there(ctx context.Context) (bool, error) {
	got, err := Hash(ctx, r.Path, r.Hash)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case r.Hash != "" && !strings.EqualFold(got, r.Hash):
		return false, fmt.Errorf("getfile: %s has the hash %s, want %s (%w): it is not the published file; remove "+
			"it to download that",
			r.Path, got, r.Hash, ErrHash)
	}
	return true, nil
}

// lock waits until no other process downloads the file.
func (r *Request) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = lock.Wait(ctx, r.Path+".lock", func() {
		r.Report(Progress{Stage: "wait", Detail: "another process is downloading " + r.Path})
	})
	if err != nil {
		return nil, fmt.Errorf("getfile: locking %s: %w", r.Path, err)
	}
	return unlock, nil
}

// Reader returns a reader of r that stops with its context. seen, if not nil, is
// called after every read with the number of bytes read so far.
func Reader(ctx context.Context, r io.Reader, seen func(total int64)) io.Reader {
	return &reader{ctx: ctx, r: r, seen: seen}
}

type reader struct {
	ctx   context.Context
	r     io.Reader
	total int64
	seen  func(total int64)
}

func (m *reader) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.total += int64(n)
	if m.seen != nil && n > 0 {
		m.seen(m.total)
	}
	return n, err
}
