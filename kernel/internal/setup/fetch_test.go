package setup

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// toServer sends every request to one test server, whatever its host.
type toServer struct{ url *url.URL }

func (s toServer) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host == "" {
		return nil, errors.New("an address without a host: " + request.URL.String())
	}
	clone := request.Clone(request.Context())
	clone.URL.Scheme, clone.URL.Host = s.url.Scheme, s.url.Host
	response, err := http.DefaultTransport.(*http.Transport).RoundTrip(clone)
	if err == nil {
		response.Request = request // what http.Client makes of it
	}
	return response, err
}

// zipOf packs one file into an archive.
func zipOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWheelFetch(t *testing.T) {
	good := zipOf(t, "pkg/plugin.so", "the plugin")
	sum := sha256.Sum256(good)
	pinned := wheel{project: "pkg", version: "1.0", file: "pkg-1.0-x86_64.whl", sha256: hex.EncodeToString(sum[:]),
		member: "pkg/plugin.so"}

	for _, c := range []struct {
		name    string
		address string // of the wheel in the look-up's answer; "" for the usual one
		version string // that is offered
		content []byte // of the wheel
		member  string // that we want
		want    string // part of the error; "" for none
	}{
		{name: "as pinned"},
		{name: "an address relative to the look-up, as mirrors give", address: "../../files/pkg.whl"},
		{name: "other bytes than pinned", content: append(bytes.Clone(good), 0), want: "hash mismatch"},
		{name: "half of it", content: good[:len(good)/2], want: "hash mismatch"},
		{name: "nothing", content: []byte{}, want: "hash mismatch"},
		{name: "withdrawn", version: "1.1", want: "pkg 1.0 is not offered any more"},
		{name: "no such file inside", member: "pkg/other.so", want: "cannot take pkg/other.so out of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := pinned
			if c.member != "" {
				w.member = c.member
			}
			if c.content == nil {
				c.content = good
			}
			if c.version == "" {
				c.version = "1.0"
			}
			if c.address == "" {
				c.address = "https://files.example/files/pkg.whl"
			}
			mux := http.NewServeMux()
			mux.HandleFunc("/pypi/pkg/json", func(rw http.ResponseWriter, _ *http.Request) {
				release := map[string]any{"filename": w.file, "url": c.address, "packagetype": "bdist_wheel"}
				_ = json.NewEncoder(rw).Encode(map[string]any{"releases": map[string]any{c.version: []any{release}}})
			})
			mux.HandleFunc("/files/pkg.whl", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(c.content) })
			server := httptest.NewServer(mux)
			defer server.Close()
			base, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			// go-xla takes http.DefaultClient; the tests of this package that
			// use it do not run in parallel.
			http.DefaultClient.Transport = &answeringTransport{next: toServer{base}}
			defer func() { http.DefaultClient.Transport = nil }()
			dir := t.TempDir()
			t.Setenv("TMPDIR", t.TempDir())
			quietly(t, func() { err = w.fetch(dir) })

			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if got, _ := os.ReadDir(dir); len(got) != 0 {
					t.Errorf("left %v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")); err != nil ||
				string(got) != "the plugin" {
				t.Errorf("the plugin is %q, %v", got, err)
			}
		})
	}
}

// quietly keeps the spinner of go-xla's installer out of the tests' output.
func quietly(t *testing.T, f func()) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	defer func(old *os.File) { os.Stdout = old }(os.Stdout)
	os.Stdout = null
	f()
}

func TestFetchRefusesOtherArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"cpu"}, {"cpu", "a", "b"}} {
		if err := fetch(args); err == nil {
			t.Errorf("fetch(%q) does not complain", args)
		}
	}
}

func TestWheelPins(t *testing.T) {
	for _, w := range cpuWheels {
		if sum, err := hex.DecodeString(w.sha256); err != nil || len(sum) != sha256.Size {
			t.Errorf("%s: %q is no SHA-256", w.project, w.sha256)
		}
		if !strings.HasSuffix(w.file, ".whl") || !strings.Contains(w.file, w.version) {
			t.Errorf("%s %s does not go with the file %s", w.project, w.version, w.file)
		}
	}
}
