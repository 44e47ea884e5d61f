package gateway

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Gateway is a server that runs kernels. Its methods may be called by several
// goroutines at a time.
type Gateway struct {
	options Options
	rest    *url.URL // of the API, without /api
	sockets *url.URL // of the websockets, likewise
	http    *http.Client
	header  http.Header

	mu    sync.Mutex
	known bool // the version is one that we can talk to
}

// New returns the gateway of the options. Its error says which of them makes no
// sense; whether there is such a gateway shows later.
func New(options Options) (*Gateway, error) {
	g := &Gateway{options: options.withDefaults(), header: http.Header{}}
	var err error
	var token string
	if g.rest, g.sockets, token, err = g.options.addresses(); err != nil {
		return nil, err
	}
	if g.options.Token == "" {
		g.options.Token = token
	}
	o := g.options
	for name, value := range o.Headers {
		g.header.Set(name, value)
	}
	if o.User != "" || g.rest.User != nil {
		name, password := o.User, o.Password
		if name == "" {
			name = g.rest.User.Username()
			password, _ = g.rest.User.Password()
		}
		g.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	}
	g.rest.User = nil // errors show the address
	if o.Token != "" {
		g.header.Set(o.AuthHeader, o.AuthScheme+" "+o.Token)
	} else {
		g.comeFromNoPage()
	}
	security, err := o.security()
	if err != nil {
		return nil, err
	}
	g.http = &http.Client{
		Transport: &http.Transport{
			Proxy:           http.ProxyFromEnvironment,
			DialContext:     (&net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 15 * time.Second}).DialContext,
			TLSClientConfig: security, TLSHandshakeTimeout: o.ConnectTimeout,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		},
		// A redirection leads to a log-in page, or to an address that the token
		// is not meant for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return g, nil
}

// comeFromNoPage answers the question of servers without a token whether
// somebody else's page, in a browser, makes a request: a page cannot set a
// cookie and a header to the same value.
func (g *Gateway) comeFromNoPage() {
	var value [16]byte
	rand.Read(value[:])
	same := hex.EncodeToString(value[:])
	g.header.Set("X-XSRFToken", same)
	cookie := "_xsrf=" + same
	if others := g.header.Get("Cookie"); others != "" {
		cookie = others + "; " + cookie
	}
	g.header.Set("Cookie", cookie)
}

// URL is the address of the server, without secrets.
func (g *Gateway) URL() string { return g.rest.String() }

// security is how the two sides prove who they are.
func (o Options) security() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: o.AnyCert} //nolint:gosec // the user has asked for it
	if o.CACerts != "" {
		pem, err := os.ReadFile(o.CACerts)
		if err != nil {
			return nil, fmt.Errorf("certificates of the gateway's authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificates of the gateway's authorities: %s has no certificate in PEM", o.CACerts)
		}
	}
	if o.ClientCert == "" && o.ClientKey == "" {
		return config, nil
	}
	key := o.ClientKey
	if key == "" {
		key = o.ClientCert // one file may hold both
	}
	pair, err := tls.LoadX509KeyPair(o.ClientCert, key)
	if err != nil {
		return nil, fmt.Errorf("our certificate for the gateway (%s, %s): %w", o.ClientCert, key, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// oldest is the first version of the classic notebook server that hands what it
// kept to a session that comes back. Its successor counts from 0 again.
const oldest = 5

// check asks the server for its version, once.
func (g *Gateway) check(ctx context.Context) error {
	g.mu.Lock()
	known := g.known
	g.mu.Unlock()
	if known {
		return nil
	}
	var answer struct{ Version string }
	if err := g.call(ctx, http.MethodGet, "/api", nil, &answer); err != nil {
		return err
	}
	first, _, _ := strings.Cut(answer.Version, ".")
	// Jupyter Server has versions 0 to 2 so far, the classic one 3 to 7.
	if major, err := strconv.Atoi(first); err != nil {
		return g.errorf("GET /api: it names no version of a Jupyter server: give the address of one")
	} else if major > 2 && major < oldest {
		return g.errorf("its version %s is too old: update it to Jupyter Server 1, Notebook %d, Kernel Gateway 2 "+
			"or Enterprise Gateway 2, or later", answer.Version, oldest)
	}
	g.mu.Lock()
	g.known = true
	g.mu.Unlock()
	return nil
}

// errorf is an error of this gateway.
func (g *Gateway) errorf(format string, args ...any) error {
	return fmt.Errorf("gateway %s: "+format, append([]any{g.URL()}, args...)...)
}
