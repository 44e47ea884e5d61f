package execute

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway"
	"github.com/gocifar/gocifar/kernel/jupyter/gateway/fakegateway"
)

// TestBrokenConnections breaks the websocket in mid-cell: what the gateway has
// kept comes all the same, in order and once, and what it has not is said.
func TestBrokenConnections(t *testing.T) {
	type exec = *fakekernel.Execution
	var g *fakegateway.Gateway
	// A cell prints a text, which has come when something happens.
	then := func(happens func(x exec)) script {
		return script{"a": func(x exec) { x.Stdout("1"); x.Sleep(50 * time.Millisecond); happens(x) }}
	}
	cut := func(x exec) {
		x.Stdout("1 ")
		x.Sleep(50 * time.Millisecond) // it has come
		g.Cut()
		x.Stdout("2 ")
		x.Sleep(300 * time.Millisecond) // it is there again
		x.Stdout("3 ")
		x.Sleep(50 * time.Millisecond)
	}
	for name, c := range map[string]struct {
		gateway fakegateway.Options
		script  script
		outputs string // of the first cell
		bytes   int    // of its text, in place of outputs
		states  string
		warning string
		class   string
		code    int
	}{
		"in mid-cell": {script: script{"a": func(x exec) { cut(x); x.Stdout("4 ") }},
			outputs: `stdout "1 2 3 4 "`, states: "ok ok", warning: "what the kernel sent meanwhile has been kept"},
		"three times": {script: script{"a": func(x exec) { cut(x); cut(x); cut(x) }},
			outputs: `stdout "1 2 3 1 2 3 1 2 3 "`, states: "ok ok", warning: "was made again"},
		"the end comes while there is no connection": {script: then(func(exec) { g.Cut() }),
			outputs: `stdout "1"`, states: "ok ok", warning: "was made again"},
		"an error while there is no connection": {script: script{"a": func(x exec) { g.Cut(); x.Fail("E", "bad") }},
			outputs: "error E: bad", states: "error not-run", warning: "was made again", class: "E", code: ExitFailed},
		"a gateway that keeps nothing loses the reply": {gateway: fakegateway.Options{Forgetful: true},
			script:  then(func(exec) { g.Cut() }),
			outputs: "stdout \"1\"\nerror KernelError: the kernel became idle without a reply",
			states:  "error not-run", warning: "whether the cell ran, and how it ended, is not known",
			class: ClassKernel, code: ExitFailed},
		"a gateway that is started anew": {script: then(func(exec) { g.Forget() }),
			outputs: "stdout \"1\"\nerror KernelDied: jupyter: the kernel died: gateway URL: it does not know the kernel any " +
				"more: it was ended there, or the gateway was started anew",
			states: "error not-run", class: ClassDied, code: ExitKernelDied},
		"a gateway that ends": {script: then(func(exec) { go g.Close() }),
			states: "error not-run", class: ClassDied, code: ExitKernelDied},
		"the server says that the kernel died": {script: then(func(exec) { g.Say("restarting") }),
			outputs: "stdout \"1\"\nerror KernelDied: jupyter: the kernel died: gateway URL: it found the kernel dead and " +
				"started it anew, without its values",
			states: "error not-run", class: ClassDied, code: ExitKernelDied},
		"output over the server's limit": {script: script{"a": func(x exec) {
			x.Publish(&jupyter.Stream{Name: "stderr", Text: "IOPub data rate exceeded.\nThe Jupyter server will"})
		}}, outputs: `stderr "IOPub data rate exceeded.\nThe Jupyter server will"`, states: "ok ok",
			warning: "it dropped output that came faster than its iopub_data_rate_limit allows"},
		"an output of 100 MB": {script: script{"a": func(x exec) { x.Stdout(strings.Repeat("x", 100<<20)) }},
			states: "ok ok", bytes: 100 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := fakekernel.Start(fakekernel.Options{Execute: func(x exec) {
				if f := c.script[x.Code]; f != nil {
					f(x)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(k.Close)
			g = fakegateway.Start(c.gateway, func() (*fakekernel.Kernel, error) { return k, nil })
			t.Cleanup(g.Close)
			opts := quick()
			opts.Kernel, opts.IdleTimeout = fakegateway.Name, 10*time.Second
			opts.Gateway, err = gateway.New(gateway.Options{URL: g.URL(), RetryInterval: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			nb := document("a", "b")
			result, err := Document(t.Context(), "test.ipynb", nb, opts)
			if got := states(result); got != c.states || ExitCode(err) != c.code {
				t.Errorf("states %s, want %s; exit code %d, want %d (%v)", got, c.states, ExitCode(err), c.code, err)
			}
			if got := strings.ReplaceAll(outputsOf(nb.Cells[0]), g.URL(), "URL"); c.outputs != "" && got != c.outputs {
				t.Errorf(" got %s\nwant %s", got, c.outputs)
			}
			if c.bytes > 0 {
				if _, text := nb.Cells[0].Outputs()[0].Stream(); len(text) != c.bytes {
					t.Errorf("%d bytes came, want %d", len(text), c.bytes)
				}
			}
			warnings := strings.Join(append(result.Warnings, result.Cells[0].Warnings...), "; ")
			if !strings.Contains(warnings, c.warning) || c.warning == "" && c.code == 0 && warnings != "" {
				t.Errorf("warnings %q, want %q", warnings, c.warning)
			}
			if f := result.Cells[0].Failure; f != nil && f.Class != c.class {
				t.Errorf("class %s, want %s", f.Class, c.class)
			}
		})
	}
}

// TestGatewaysThatDoNotStart gives the sentence of each failure to start, all
// with the exit code for it.
func TestGatewaysThatDoNotStart(t *testing.T) {
	page := func(status int, header, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			if header != "" {
				w.Header().Set("Location", header)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	sockets := func(before func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/channels") && before(w, r)
		}
	}
	for name, c := range map[string]struct {
		gateway fakegateway.Options
		token   string
		kernel  string
		when    string // what comes before the gateway's address
		want    string
	}{
		"no token": {gateway: fakegateway.Options{Token: "s"}, want: "GET /api: it wants to know who asks " +
			"(HTTP 403: Forbidden): set JUPYTER_GATEWAY_AUTH_TOKEN"},
		"wrong token": {gateway: fakegateway.Options{Token: "s"}, token: "t", want: "GET /api: it does not accept the " +
			"token or password (HTTP 403: Forbidden): look at JUPYTER_GATEWAY_AUTH_TOKEN"},
		"a log-in page": {gateway: fakegateway.Options{Before: page(200, "", "<html><title>Sign\n in</title></html>")},
			want: `GET /api: it answers with a page "Sign in" instead of JSON: a log-in page in front of it, or no ` +
				`Jupyter server`},
		"a redirection to a log-in page": {gateway: fakegateway.Options{Before: page(302, "/hub/login?next=%2Fapi", "")},
			want: "GET /api: it sends us to a log-in page (HTTP 302): set JUPYTER_GATEWAY_AUTH_TOKEN to a token that it " +
				"accepts"},
		"a redirection": {gateway: fakegateway.Options{Before: page(301, "https://there/?token=secret", "")},
			want: `GET /api: it redirects to "https://there/" (HTTP 301), which is not followed: give the address behind it`},
		"nothing there": {gateway: fakegateway.Options{Before: page(404, "", "")},
			want: "GET /api: there is nothing at this address (HTTP 404): give the address of a Jupyter server, with its " +
				"base path"},
		"too old": {gateway: fakegateway.Options{Version: "4.4.1"},
			want: "its version 4.4.1 is too old: update it to Jupyter " +
				"Server 1, Notebook 5, Kernel Gateway 2 or Enterprise Gateway 2, or later"},
		"no version": {gateway: fakegateway.Options{Version: "latest"}, want: "GET /api: it names no version of a Jupyter " +
			"server: give the address of one"},
		// A proxy lets the REST API through, and no websocket.
		"a log-in page for websockets": {gateway: fakegateway.Options{Before: sockets(page(200, "", "<html></html>"))},
			when: "the kernel did not get ready: ", want: "websocket of the kernel: it answers with a page instead of " +
				"JSON: a log-in page in front of it, or no Jupyter server"},
		"a redirection of websockets": {gateway: fakegateway.Options{Before: sockets(page(302, "/hub/login", ""))},
			when: "the kernel did not get ready: ", want: "websocket of the kernel: it sends us to a log-in page " +
				"(HTTP 302): set JUPYTER_GATEWAY_AUTH_TOKEN to a token that it accepts"},
		"without the kernel": {kernel: "ir", want: "it has no kernel ir; it has: fake"},
	} {
		t.Run(name, func(t *testing.T) {
			g := fakegateway.Start(c.gateway, func() (*fakekernel.Kernel, error) {
				k, err := fakekernel.Start(fakekernel.Options{})
				if err == nil {
					t.Cleanup(k.Close)
				}
				return k, err
			})
			t.Cleanup(g.Close)
			opts := quick()
			if opts.Kernel = c.kernel; c.kernel == "" {
				opts.Kernel = fakegateway.Name
			}
			var err error
			if opts.Gateway, err = gateway.New(gateway.Options{URL: g.URL(), Token: c.token}); err != nil {
				t.Fatal(err)
			}
			_, err = Document(t.Context(), "n.ipynb", document("a"), opts)
			want := `n.ipynb: cannot start kernel "` + opts.Kernel + `": ` + c.when + "gateway " + g.URL() + ": " + c.want
			if err == nil || err.Error() != want || ExitCode(err) != ExitStartFailed {
				t.Errorf("%v\nwant %s", err, want)
			}
			if g.Running() > 0 {
				t.Error("a kernel is left there")
			}
		})
	}
}

// TestExpiredCertificate: whom the gateway's certificate is from, and until
// when, is the subject of package gateway; here it has an exit code.
func TestExpiredCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(-time.Minute)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: until.Add(-time.Hour), NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	g := fakegateway.Unstarted(fakegateway.Options{}, nil)
	g.Server().TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	g.Server().Config.ErrorLog = log.New(io.Discard, "", 0)
	g.Server().StartTLS()
	t.Cleanup(g.Close)
	opts := quick()
	opts.Kernel = fakegateway.Name
	if opts.Gateway, err = gateway.New(gateway.Options{URL: g.URL(), CACerts: file}); err != nil {
		t.Fatal(err)
	}
	_, err = Document(t.Context(), "n.ipynb", document("a"), opts)
	want := `n.ipynb: cannot start kernel "` + fakegateway.Name + `": gateway ` + g.URL() + ": GET /api: its certificate " +
		"expired on " + until.UTC().Format(time.DateTime) + ": renew it there"
	if err == nil || err.Error() != want || ExitCode(err) != ExitStartFailed {
		t.Errorf("%v\nwant %s", err, want)
	}
}
