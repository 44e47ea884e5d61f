package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// StatusError says that the server refused a request.
type StatusError struct {
	Status int // HTTP's
	Text   string
}

func (e *StatusError) Error() string { return e.Text }

// mostAnswer bounds an answer of the REST API. Kernelspecs are the largest.
const mostAnswer = 64 << 20

// call makes a request of the REST API. The body and the answer are JSON; either
// may be nil.
func (g *Gateway) call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, g.options.RequestTimeout,
		fmt.Errorf("no answer within %v", g.options.RequestTimeout))
	defer cancel()
	return g.callFor(ctx, method, path, body, answer)
}

// callFor is call for as long as ctx lasts.
func (g *Gateway) callFor(ctx context.Context, method, path string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return g.errorf("%s %s: %w", method, path, err)
		}
		sent = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, g.rest.String()+path, sent)
	if err != nil {
		return g.errorf("%s %s: %w", method, path, err)
	}
	request.Header = g.header.Clone()
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := g.http.Do(request)
	if err != nil {
		return g.errorf("%s %s: %w", method, path, g.explain(ctx, err))
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return g.errorf("%s %s: %w", method, path, g.explain(ctx, err))
	}
	if err := g.refusal(response, raw); err != nil {
		return g.errorf("%s %s: %w", method, path, err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return g.errorf("%s %s: it answers with something else than JSON of a Jupyter server: %w", method, path, err)
	}
	return nil
}

// explain says in words why there is no answer.
func (g *Gateway) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var outer *url.Error // repeats the address
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var (
		invalid  x509.CertificateInvalidError
		unknown  x509.UnknownAuthorityError
		wrong    x509.HostnameError
		notTLS   tls.RecordHeaderError
		alert    *net.OpError
		isBroken = strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if now := time.Now(); now.Before(invalid.Cert.NotBefore) {
			return fmt.Errorf("its certificate is valid from %s only, and it is %s: set the clock or renew the certificate",
				invalid.Cert.NotBefore.UTC().Format(time.DateTime), now.UTC().Format(time.DateTime))
		}
		return fmt.Errorf("its certificate expired on %s: renew it there", invalid.Cert.NotAfter.UTC().Format(time.DateTime))
	case errors.As(err, &unknown):
		return fmt.Errorf("its certificate is from an authority that is not trusted here: name the authority's file in "+
			"JUPYTER_GATEWAY_CA_CERTS (%w)", unknown)
	case errors.As(err, &wrong):
		return fmt.Errorf("its certificate is for another host: %w", wrong)
	case errors.As(err, &notTLS), isBroken:
		return errors.New("it does not speak TLS: give its address with http instead of https")
	case errors.As(err, &alert) && alert.Op == "remote error":
		return fmt.Errorf("it refuses our certificate, or that we have none (%w): name one that it accepts in "+
			"JUPYTER_GATEWAY_CLIENT_CERT and JUPYTER_GATEWAY_CLIENT_KEY", alert.Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it closed the connection without an answer (%w)", err)
	}
	return err
}

var (
	title  = regexp.MustCompile(`(?is)<title[^>]*>\s*(.*?)\s*</title>`)
	spaces = regexp.MustCompile(`\s+`)
)

// refusal says why an answer is none; nil if it is one.
func (g *Gateway) refusal(response *http.Response, raw []byte) error {
	status := response.StatusCode
	fail := func(format string, args ...any) error {
		return &StatusError{Status: status, Text: fmt.Sprintf(format, args...)}
	}
	html := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	said := reason(raw, html)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden && (html || g.options.Token == ""),
		status == http.StatusForbidden && strings.Contains(said, "Forbidden"):
		if g.options.Token == "" && g.options.User == "" {
			return fail("it wants to know who asks (HTTP %d%s): set JUPYTER_GATEWAY_AUTH_TOKEN", status, said)
		}
		return fail("it does not accept the token or password (HTTP %d%s): look at JUPYTER_GATEWAY_AUTH_TOKEN", status, said)
	case status >= 300 && status < 400:
		to := response.Header.Get("Location")
		if strings.Contains(to, "login") || strings.Contains(to, "oauth") {
			return fail("it sends us to a log-in page (HTTP %d): set JUPYTER_GATEWAY_AUTH_TOKEN to a token that it accepts",
				status)
		}
		if at, err := url.Parse(to); err == nil { // without what may be a secret
			at.RawQuery, at.User = "", nil
			to = at.String()
		}
		return fail("it redirects to %q (HTTP %d), which is not followed: give the address behind it", to, status)
	case status >= 200 && status < 300 && html:
		return fail("it answers with a page%s instead of JSON: a log-in page in front of it, or no Jupyter server", said)
	case status == http.StatusNotFound && html:
		return fail("there is nothing at this address (HTTP 404): give the address of a Jupyter server, with its base path")
	case status >= 200 && status < 300:
		return nil
	}
	if status >= 500 {
		return fail("it fails (HTTP %d%s): its log says why", status, said)
	}
	return fail("it refuses (HTTP %d%s)", status, said)
}

// reason is what an answer that is no success says of itself, with a colon in
// front, or nothing.
func reason(raw []byte, html bool) string {
	if html {
		if m := title.FindSubmatch(raw); m != nil {
			return fmt.Sprintf(" %q", spaces.ReplaceAllString(string(m[1]), " "))
		}
		return ""
	}
	var answer struct{ Message, Reason string }
	if json.Unmarshal(raw, &answer) != nil {
		return ""
	}
	text := answer.Message
	if text == "" {
		text = answer.Reason
	}
	if text = spaces.ReplaceAllString(strings.TrimSpace(text), " "); text == "" {
		return ""
	}
	const most = 300
	if len(text) > most {
		text = text[:most] + "…"
	}
	return ": " + text
}

// isGone tells whether the server says that it knows no such kernel.
func isGone(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusNotFound
}

// isRefused tells whether asking again will not help.
func isRefused(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status < 500 && status.Status != http.StatusTooManyRequests
}
