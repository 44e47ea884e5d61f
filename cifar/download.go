package cifar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A download gets one file of known size and hash. What has arrived is kept
// in path+".part" and resumed, in this run or a later one; the final name
// appears by a rename, once the hash is right and the bytes are on the disk.
type download struct {
	archiveFile
	path   string
	client *http.Client
	stall  time.Duration // give up a connection that is silent for so long
	pause  time.Duration // wait before the first new attempt; doubles
	report func(Progress)
}

// attempts is how often in a row a server may fail without a single new byte.
const attempts = 3

// newClient returns a client that finds out within seconds whether there is a
// network at all, and then lets a slow transfer take its time.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 4 * time.Second}).DialContext,
			TLSHandshakeTimeout:   4 * time.Second,
			ResponseHeaderTimeout: 8 * time.Second,
			DisableCompression:    true, // the hash is over the archive as it is stored
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= 5 {
				return errors.New("redirected more than 5 times")
			}
			return nil
		},
	}
}

// An unavailableError says that a server had nothing for us: there is no
// network, or something else answers in its place.
type unavailableError struct{ error }

func (e unavailableError) Unwrap() error { return e.error }

// errAgain marks what may go better at the next attempt.
type errAgain struct{ error }

func (e errAgain) Unwrap() error { return e.error }

var (
	errStalled = errors.New("the connection went silent")
	errHash    = errors.New("wrong SHA-256")
)

// run downloads the file, trying each address in turn. Its error is an
// unavailableError if no address sent a single byte of it.
func (d *download) run(ctx context.Context) error {
	part, err := openPart(ctx, d.path+".part", d.size)
	if err != nil {
		return err
	}
	defer part.close()
	var failures []error
	for _, address := range d.urls {
		err := d.from(ctx, address, part)
		if err == nil {
			err = part.finish(d.path, d.archiveFile)
		}
		if errors.Is(err, errHash) && part.resumed {
			// The first bytes may be of another file than the last ones.
			part.resumed = false
			if err = d.from(ctx, address, part); err == nil {
				err = part.finish(d.path, d.archiveFile)
			}
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failures = append(failures, fmt.Errorf("%s: %w", host(address), err))
	}
	return d.failure(failures, part)
}

// failure puts the failures of all addresses into one error.
func (d *download) failure(failures []error, part *part) error {
	var texts []string
	unavailable := part.n == 0
	for _, err := range failures {
		texts = append(texts, err.Error())
		if !errors.As(err, new(unavailableError)) {
			unavailable = false
		}
	}
	err := errors.New(strings.Join(texts, "; "))
	if unavailable {
		part.remove()
		return unavailableError{err}
	}
	if part.n > 0 {
		return fmt.Errorf("the download stopped at %s of %s bytes, run again to resume it: %w",
			commas(part.n), commas(d.size), err)
	}
	part.remove()
	return err
}

// host shortens an address for a message that names several.
func host(address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return address
}

// from fetches what part still lacks, resuming as long as bytes keep coming.
func (d *download) from(ctx context.Context, address string, part *part) error {
	pause := d.pause
	for failed := 0; part.n < d.size; {
		before := part.n
		err := d.attempt(ctx, address, part)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !errors.As(err, new(errAgain)) {
			return err
		}
		if part.n > before {
			failed, pause = 0, d.pause
		}
		if failed++; failed >= attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
	return nil
}

// attempt makes one request, for all bytes or for those from part.n on.
func (d *download) attempt(ctx context.Context, address string, part *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(d.stall, func() { cancel(errStalled) })
	defer watchdog.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if part.n > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.n))
	}
	response, err := d.client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // the address is named once, by our caller
		}
		return unavailableError{cause(ctx, err)}
	}
	defer response.Body.Close()
	if err := d.accept(response, part); err != nil {
		return err
	}
	body := &meter{ctx: ctx, r: response.Body, report: func(n int64) {
		watchdog.Reset(d.stall)
		d.report(Progress{Stage: "download", Done: part.n, Total: d.size, Detail: address})
	}}
	if err := part.fill(body, d.size); err != nil {
		return cause(ctx, err)
	}
	d.report(Progress{Stage: "download", Done: part.n, Total: d.size, Detail: address})
	return nil
}

// cause returns errStalled where that is why a request failed.
func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return errAgain{errStalled}
	}
	return err
}

// accept checks the head of a response before a byte of it is kept.
func (d *download) accept(response *http.Response, part *part) error {
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") && response.StatusCode < 300 {
		return unavailableError{errors.New("sent an HTML page instead of the archive (a log-in page of the network?)")}
	}
	switch response.StatusCode {
	case http.StatusOK:
		if part.n > 0 { // it ignores ranges, so this is the file from its start
			if err := part.restart(); err != nil {
				return err
			}
		}
	case http.StatusPartialContent:
		part.resumed = true
		var from, to, size int64
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &size); err != nil ||
			from != part.n || size != d.size {
			err := fmt.Errorf("answered a request for bytes %d- of %d with %q: the file there was changed",
				part.n, d.size, response.Header.Get("Content-Range"))
			if restart := part.restart(); restart != nil {
				return restart
			}
			return errAgain{err}
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if err := part.restart(); err != nil {
			return err
		}
		return errAgain{errors.New("cannot send the rest of the file: it was changed")}
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return unavailableError{errAgain{fmt.Errorf("answered %s", response.Status)}}
	default:
		return unavailableError{fmt.Errorf("answered %s", response.Status)}
	}
	if n := response.ContentLength; n >= 0 && part.n+n != d.size {
		return unavailableError{fmt.Errorf("offers %s bytes, want the archive's %s", commas(part.n+n), commas(d.size))}
	}
	return nil
}

// A part is the beginning of a download on disk, with the running hash.
type part struct {
	file *os.File
	hash hash.Hash
	n    int64
	// resumed is true if the bytes may come from more than one response.
	resumed bool
	gone    bool // renamed or removed
}

// openPart opens or creates the file and hashes what is in it.
func openPart(ctx context.Context, path string, size int64) (*part, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	p := &part{file: file, hash: sha256.New()}
	p.n, err = io.Copy(p.hash, &meter{ctx: ctx, r: file, report: func(int64) {}})
	p.resumed = p.n > 0
	if err == nil && p.n > size {
		err = p.restart()
	}
	if err != nil {
		file.Close()
		return nil, err
	}
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

// fill appends r, which must end at size bytes. Failures of r may go better
// next time; failures of the disk will not.
func (p *part) fill(r io.Reader, size int64) error {
	buffer := make([]byte, 128<<10)
	for {
		n, readErr := r.Read(buffer)
		if n > 0 {
			if p.n == 0 && looksLikeHTML(buffer[:n]) {
				return unavailableError{errors.New("sent an HTML page instead of the archive")}
			}
			if p.n+int64(n) > size {
				p.restart()
				return unavailableError{fmt.Errorf("sends more than the archive's %s bytes", commas(size))}
			}
			if _, err := p.file.Write(buffer[:n]); err != nil {
				return err
			}
			p.hash.Write(buffer[:n])
			p.n += int64(n)
		}
		switch {
		case readErr == io.EOF && p.n == size:
			return nil
		case readErr == io.EOF:
			return errAgain{fmt.Errorf("the transfer ended early, at %s of %s bytes", commas(p.n), commas(size))}
		case readErr != nil:
			return errAgain{readErr}
		}
	}
}

// finish checks the hash and gives the file its final name.
func (p *part) finish(path string, want archiveFile) error {
	if got := hex.EncodeToString(p.hash.Sum(nil)); got != want.sha256 {
		if err := p.restart(); err != nil {
			return err
		}
		return fmt.Errorf("%w: got %s, want %s; what came is not the official archive and was discarded", errHash, got, want.sha256)
	}
	if err := errors.Join(p.file.Sync(), p.file.Close()); err != nil {
		return err
	}
	p.gone = true
	if err := os.Rename(p.file.Name(), path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
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
