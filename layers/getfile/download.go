package getfile

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/internal/wholefile"
)

// download is one Request on its way.
type download struct {
	Request
	newHash func() hash.Hash
}

// unavailableError says that a server had nothing for us.
type unavailableError struct{ error }

func (e unavailableError) Unwrap() error { return e.error }

// againError marks what may go better at the next attempt.
type againError struct{ error }

func (e againError) Unwrap() error { return e.error }

var errStalled = errors.New("the connection went silent")

// run tries each address in turn. We hold the lock.
func (d *download) run(ctx context.Context) error {
	part, err := openPart(ctx, d.Path+".part", d.newHash)
	if err != nil {
		return err
	}
	defer part.close()
	if d.Hash == "" && part.n > 0 { // nothing would tell if its first bytes were another file's
		if err := part.restart(); err != nil {
			return err
		}
	}
	var failures []error
	for _, address := range d.URLs {
		err := d.whole(ctx, address, part)
		if errors.Is(err, ErrHash) && part.resumed {
			// The first bytes may be of another file than the last ones.
			part.resumed = false
			err = d.whole(ctx, address, part)
		}
		if err == nil {
			wholefile.SyncFolder(filepath.Dir(d.Path))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failures = append(failures, fmt.Errorf("%s: %w", address, err))
	}
	return d.failure(failures, part)
}

// whole fetches what is missing and checks the whole.
func (d *download) whole(ctx context.Context, url string, part *part) error {
	if err := d.from(ctx, url, part); err != nil {
		return err
	}
	return part.finish(d.Path, d.Hash)
}

// failure puts the failures of all addresses into one error.
func (d *download) failure(failures []error, part *part) error {
	unavailable := part.n == 0
	var texts []string
	for _, err := range failures {
		texts = append(texts, err.Error())
		unavailable = unavailable && errors.As(err, new(unavailableError))
	}
	switch {
	case unavailable:
		part.remove()
		return fmt.Errorf("%w: %s", ErrUnreachable, strings.Join(texts, "; "))
	case part.n > 0:
		of := ""
		if d.Size > 0 {
			of = " of " + termtext.Thousands(d.Size)
		}
		return fmt.Errorf("the download stopped at %s%s bytes, run again to resume it: %w",
			termtext.Thousands(part.n), of, errors.Join(failures...))
	default:
		part.remove()
		return errors.Join(failures...)
	}
}

// from fetches what part still lacks, resuming as long as bytes keep coming.
func (d *download) from(ctx context.Context, url string, part *part) error {
	pause := d.Pause
	for failed := 0; ; {
		before := part.n
		err := d.attempt(ctx, url, part)
		if err == nil || ctx.Err() != nil || !errors.As(err, new(againError)) {
			return err
		}
		if part.n > before {
			failed, pause = 0, d.Pause
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
}

// attempt makes one request, for all bytes or for those from part.n on.
func (d *download) attempt(ctx context.Context, url string, part *part) error {
	if d.Size > 0 && part.n == d.Size {
		return nil // a former run got all bytes and died before the rename
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(d.Stall, func() { cancel(errStalled) })
	defer watchdog.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if part.n > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.n))
	}
	response, err := d.Client.Do(request)
	if err != nil {
		return unavailableError{cause(ctx, err)}
	}
	defer response.Body.Close()
	total, err := d.accept(response, part)
	if err != nil {
		return err
	}
	report := func() { d.Report(Progress{Stage: "download", Done: part.n, Total: total, Detail: url}) }
	last := time.Now()
	body := Reader(ctx, response.Body, func(int64) {
		watchdog.Reset(d.Stall)
		if time.Since(last) > 100*time.Millisecond {
			last = time.Now()
			report()
		}
	})
	if err := part.fill(body, total, d.Most); err != nil {
		return cause(ctx, err)
	}
	report()
	return nil
}

// cause returns errStalled where that is why a request failed. Else it leaves
// the address out, which the error of the whole download names, and the name
// server's, which tells more about the user's network than about the failure.
func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return againError{errStalled}
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		anonymous := *dns
		anonymous.Server = ""
		return &anonymous
	}
	if request := (*url.Error)(nil); errors.As(err, &request) {
		return request.Err
	}
	return err
}

// accept checks the head of a response before a byte of it is kept, and
// returns the size of the whole file, 0 if the server does not say.
func (d *download) accept(response *http.Response, part *part) (total int64, err error) {
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") && response.StatusCode < 300 {
		return 0, unavailableError{errors.New("sent an HTML page instead of the file (a log-in page of the network?)")}
	}
	switch response.StatusCode {
	case http.StatusOK:
		if part.n > 0 { // it ignores ranges, so this is the file from its start
			if err := part.restart(); err != nil {
				return 0, err
			}
		}
	case http.StatusPartialContent:
		if err := d.acceptRange(response, part); err != nil {
			return 0, err
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if d.Size == 0 && response.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", part.n) {
			// Nothing is missing: a former run died before the rename.
			response.Body = http.NoBody
			return part.n, nil
		}
		if err := part.restart(); err != nil {
			return 0, err
		}
		return 0, againError{errors.New("cannot send the rest of the file: it was changed")}
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return 0, unavailableError{againError{fmt.Errorf("answered %s", response.Status)}}
	default:
		return 0, unavailableError{fmt.Errorf("answered %s", response.Status)}
	}
	total = d.Size
	if n := response.ContentLength; n >= 0 {
		if total > 0 && part.n+n != total {
			return 0, unavailableError{fmt.Errorf("offers %s bytes, want the file's %s", termtext.Thousands(part.n+n),
				termtext.Thousands(total))}
		}
		total = part.n + n
	}
	if total > d.Most && d.Size == 0 {
		return 0, unavailableError{fmt.Errorf("offers %s bytes, at most %s are taken", termtext.Thousands(total),
			termtext.Thousands(d.Most))}
	}
	return total, nil
}

// acceptRange checks that a partial response goes on where part ends.
func (d *download) acceptRange(response *http.Response, part *part) error {
	var from, to, size int64
	header := response.Header.Get("Content-Range")
	_, err := fmt.Sscanf(header, "bytes %d-%d/%d", &from, &to, &size)
	if err == nil && from == part.n && (d.Size == 0 || size == d.Size) {
		part.resumed = true
		return nil
	}
	n := part.n
	if err := part.restart(); err != nil {
		return err
	}
	return againError{fmt.Errorf("answered a request for bytes %d- with %q: the file there was changed", n, header)}
}
