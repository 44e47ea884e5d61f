package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/fakegateway"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, "ca.pem", "CERTIFICATE", raw)
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) write(t *testing.T, name, kind string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sign makes NAME.pem and NAME.key, for 127.0.0.1.
func (a *authority) sign(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name+".pem", "CERTIFICATE", raw)
	a.write(t, name+".key", "EC PRIVATE KEY", secret)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func fake(t *testing.T, options fakekernel.Options) func() (*fakekernel.Kernel, error) {
	return func() (*fakekernel.Kernel, error) {
		k, err := fakekernel.Start(options)
		if err == nil {
			t.Cleanup(k.Close)
		}
		return k, err
	}
}

// TestCertificates: REST and websockets go through TLS, with a certificate of
// our own if the server wants one; what does not fit is one sentence.
func TestCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	later, earlier := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	ours.sign(t, "client", later)
	theirs.sign(t, "stranger", later)
	for name, c := range map[string]struct {
		server  tls.Certificate
		mutual  bool
		options gateway.Options
		want    string // part of the error, "" for none
	}{
		"known authority": {ours.sign(t, "a", later), false, gateway.Options{CACerts: ours.file("ca.pem")}, ""},
		"unknown authority": {ours.sign(t, "b", later), false, gateway.Options{},
			"from an authority that is not trusted here: name the authority's file in JUPYTER_GATEWAY_CA_CERTS"},
		"any certificate": {ours.sign(t, "c", later), false, gateway.Options{AnyCert: true}, ""},
		"expired": {ours.sign(t, "d", earlier), false, gateway.Options{CACerts: ours.file("ca.pem")},
			"its certificate expired on " + earlier.UTC().Format(time.DateTime) + ": renew it there"},
		"our certificate": {ours.sign(t, "e", later), true, gateway.Options{CACerts: ours.file("ca.pem"),
			ClientCert: ours.file("client.pem"), ClientKey: ours.file("client.key")}, ""},
		"no certificate of ours": {ours.sign(t, "f", later), true, gateway.Options{CACerts: ours.file("ca.pem")},
			"or that we have none (tls: certificate required)"},
		"a stranger's certificate": {ours.sign(t, "g", later), true, gateway.Options{CACerts: ours.file("ca.pem"),
			ClientCert: theirs.file("stranger.pem"), ClientKey: theirs.file("stranger.key")},
			"it refuses our certificate, or that we have none (tls: unknown certificate authority)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := fakegateway.Unstarted(fakegateway.Options{}, fake(t, fakekernel.Options{}))
			server := g.Server()
			server.TLS = &tls.Config{Certificates: []tls.Certificate{c.server}}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if c.mutual {
				server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
				server.TLS.ClientCAs.AddCert(ours.cert)
			}
			server.StartTLS()
			t.Cleanup(g.Close)
			c.options.URL = g.URL()
			k, err := start(t, c.options)
			if err == nil {
				err = k.Shutdown(t.Context())
				k.Close()
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v\nwant %q", err, c.want)
			}
			if err != nil && strings.Count(err.Error(), g.URL()) != 1 {
				t.Errorf("not one address: %v", err)
			}
		})
	}
}

func start(t *testing.T, options gateway.Options) (*jupyter.Kernel, error) {
	t.Helper()
	g, err := gateway.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	spec, err := g.Choose(ctx)
	if err != nil {
		return nil, err
	}
	return g.Start(ctx, gateway.StartOptions{Name: spec.Name, Dir: "/there", Env: []string{"A=b"}})
}

// TestLife starts a kernel, comes to it a second time, starts it anew and ends
// it.
func TestLife(t *testing.T) {
	g := fakegateway.Start(fakegateway.Options{Token: "s"}, fake(t, fakekernel.Options{}))
	t.Cleanup(g.Close)
	options := gateway.Options{URL: g.URL() + "/lab?token=s"}
	k, err := start(t, options)
	if err != nil {
		t.Fatal(err)
	}
	env := g.Started()["env"].(map[string]any)
	if env["KERNEL_WORKING_DIR"] != "/there" || env["A"] != "b" || g.Started()["name"] != fakegateway.Name {
		t.Errorf("asked for %v", g.Started())
	}
	known, err := gateway.New(options)
	if err != nil {
		t.Fatal(err)
	}
	second, err := known.Attach(t.Context(), "0000-1")
	if err != nil {
		t.Fatal(err)
	}
	if second.Info.Implementation != k.Info.Implementation {
		t.Errorf("another kernel: %+v", second.Info)
	}
	if err := second.Close(); err != nil || g.Running() != 1 {
		t.Errorf("%v; %d kernels run after a visitor has left", err, g.Running())
	}
	_, err = known.Attach(t.Context(), "0000-2")
	if err == nil || !strings.HasSuffix(err.Error(), "no kernel 0000-2 runs there") {
		t.Error(err)
	}
	again, err := k.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := <-k.Events(); ok {
		t.Error("the kernel that was started anew still has events")
	}
	if err := again.Shutdown(t.Context()); err != nil || g.Running() != 0 {
		t.Errorf("%v; %d kernels run", err, g.Running())
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestNotReady: a kernel that does not get ready in time is ended.
func TestNotReady(t *testing.T) {
	g := fakegateway.Start(fakegateway.Options{}, fake(t, fakekernel.Options{NeverReady: true}))
	t.Cleanup(g.Close)
	known, err := gateway.New(gateway.Options{URL: g.URL()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = known.Start(ctx, gateway.StartOptions{Name: fakegateway.Name})
	if !errors.Is(err, gateway.ErrNoStart) || !errors.Is(err, context.DeadlineExceeded) || g.Running() != 0 {
		t.Errorf("%v; %d kernels run", err, g.Running())
	}
}

func TestFromEnvironment(t *testing.T) {
	o, err := gateway.FromEnvironment([]string{
		"JUPYTER_GATEWAY_URL=https://h/base", "JUPYTER_GATEWAY_AUTH_TOKEN=t", "JUPYTER_GATEWAY_AUTH_SCHEME=Bearer",
		"JUPYTER_GATEWAY_VALIDATE_CERT=no", "JUPYTER_GATEWAY_CONNECT_TIMEOUT=1.5", "JUPYTER_GATEWAY_RETRY_MAX=0",
		`JUPYTER_GATEWAY_HEADERS={"X-Team": "ours"}`, "JUPYTER_GATEWAY_ALLOWED_ENVS=SHOWN, ALSO", "SHOWN=1", "HIDDEN=2",
		"KERNEL_VOLUMES=v", "KERNEL_USERNAME=u",
	})
	if err != nil || o.URL != "https://h/base" || o.Token != "t" || o.AuthScheme != "Bearer" || !o.AnyCert ||
		o.ConnectTimeout != 1500*time.Millisecond || o.RetryMax != -1 || o.Headers["X-Team"] != "ours" {
		t.Errorf("%+v, %v", o, err)
	}
	slices.Sort(o.Env)
	if want := []string{"KERNEL_USERNAME=u", "KERNEL_VOLUMES=v", "SHOWN=1"}; !slices.Equal(o.Env, want) {
		t.Errorf("for the kernel %q, want %q", o.Env, want)
	}
	for text, want := range map[string]string{
		"JUPYTER_GATEWAY_REQUEST_TIMEOUT=soon": `JUPYTER_GATEWAY_REQUEST_TIMEOUT is "soon": want a number of seconds over 0`,
		"JUPYTER_GATEWAY_VALIDATE_CERT=maybe":  `JUPYTER_GATEWAY_VALIDATE_CERT is "maybe": want true or false`,
		"JUPYTER_GATEWAY_HEADERS=X: y": `JUPYTER_GATEWAY_HEADERS is "X: y": want a JSON object of texts such as ` +
			`{"X-Team": "ours"}`,
		"JUPYTER_GATEWAY_RETRY_MAX=-1": `JUPYTER_GATEWAY_RETRY_MAX is "-1": want a number from 0`,
	} {
		if _, err := gateway.FromEnvironment([]string{text}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestNew(t *testing.T) {
	for url, want := range map[string]string{
		"http://h:1":                    "http://h:1",
		"https://h/user/me/lab/tree/a":  "https://h/user/me",
		"http://h:1/tree?token=secret":  "http://h:1",
		"http://name:secret@h/base/":    "http://h/base",
		"h:8888":                        "",
		"ws://h":                        "",
		"http://":                       "",
		"http://h:port?token=secret":    "",
		"https://h/labels":              "https://h/labels",
		"http://[::1]:8888/notebooks/a": "http://[::1]:8888",
	} {
		g, err := gateway.New(gateway.Options{URL: url})
		if want == "" {
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", url, err)
			}
			continue
		}
		if err != nil || g.URL() != want {
			t.Errorf("%s is %v, want %s (%v)", url, g, want, err)
		}
	}
	for _, o := range []gateway.Options{
		{URL: "http://h", CACerts: "nowhere.pem"}, {URL: "http://h", ClientCert: "nowhere.pem"},
		{URL: "http://h", WebsocketURL: "http://h"}, {URL: "http://h", CACerts: "gateway_test.go"},
	} {
		if _, err := gateway.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
