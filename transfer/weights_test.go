package transfer

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/getfile"
	"github.com/gocifar/gocifar/layers/kerasfile"
)

// published serves a file and returns what Keras would publish of it.
func publishedFile(t *testing.T, content string) officialFile {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write([]byte(content))
	}))
	t.Cleanup(server.Close)
	sum := md5.Sum([]byte(content))
	return officialFile{"w_notop.h5", server.URL + "/w_notop.h5", hex.EncodeToString(sum[:])}
}

// homes gives Keras and the cache folders of their own.
func homes(t *testing.T) (keras, cache string) {
	t.Helper()
	keras, cache = filepath.Join(t.TempDir(), "keras"), filepath.Join(t.TempDir(), "cache")
	t.Setenv("KERAS_HOME", keras)
	t.Setenv("GOCIFAR_CACHE", cache)
	t.Setenv("GOCIFAR_WEIGHTS", "")
	return filepath.Join(keras, "models"), filepath.Join(cache, "models")
}

func write(t *testing.T, folder, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLocate(t *testing.T) {
	t.Run("downloads into Keras' folder", func(t *testing.T) {
		keras, _ := homes(t)
		f := publishedFile(t, "weights")
		at, err := f.locate(t.Context(), nil)
		if err != nil || at.path != filepath.Join(keras, f.name) || at.hash != f.hash {
			t.Fatalf("%+v, %v", at, err)
		}
		f.url = "http://127.0.0.1:1/gone"
		if again, err := f.locate(t.Context(), nil); err != nil || again != at {
			t.Errorf("the second time: %+v, %v", again, err)
		}
	})
	t.Run("takes what Keras has", func(t *testing.T) {
		keras, _ := homes(t)
		f := publishedFile(t, "weights")
		f.url = "http://127.0.0.1:1/gone"
		want := write(t, keras, f.name, "weights")
		if at, err := f.locate(t.Context(), nil); err != nil || at.path != want {
			t.Errorf("%+v, %v", at, err)
		}
	})
	t.Run("leaves a foreign file of that name alone", func(t *testing.T) {
		keras, cache := homes(t)
		f := publishedFile(t, "weights")
		foreign := write(t, keras, f.name, "my own")
		at, err := f.locate(t.Context(), nil)
		if err != nil || at.path != filepath.Join(cache, f.name) {
			t.Errorf("%+v, %v", at, err)
		}
		if text, _ := os.ReadFile(foreign); string(text) != "my own" {
			t.Errorf("it was changed to %q", text)
		}
	})
	t.Run("takes a chosen file whatever its hash", func(t *testing.T) {
		homes(t)
		f := publishedFile(t, "weights")
		folder := t.TempDir()
		t.Setenv("GOCIFAR_WEIGHTS", folder)
		want := write(t, folder, f.name, "fine-tuned")
		at, err := f.locate(t.Context(), nil)
		if err != nil || at.path != want || at.hash == f.hash {
			t.Errorf("%+v, %v", at, err)
		}
	})
	t.Run("chosen folder that is none", func(t *testing.T) {
		homes(t)
		t.Setenv("GOCIFAR_WEIGHTS", "/no/such/folder")
		if _, err := publishedFile(t, "w").locate(t.Context(), nil); err == nil ||
			!strings.Contains(err.Error(), "GOCIFAR_WEIGHTS=/no/such/folder is not a folder") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unreachable says what to put where", func(t *testing.T) {
		keras, _ := homes(t)
		f := publishedFile(t, "weights")
		f.url = "http://127.0.0.1:1/w_notop.h5"
		_, err := f.locate(t.Context(), nil)
		want := "download http://127.0.0.1:1/w_notop.h5 where there is a network and put it into " + getfile.Tilde(keras)
		if !errors.Is(err, getfile.ErrUnreachable) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("wrong hash", func(t *testing.T) {
		homes(t)
		f := publishedFile(t, "weights")
		f.hash = strings.Repeat("0", 32)
		if _, err := f.locate(t.Context(), nil); !errors.Is(err, getfile.ErrHash) || errors.Is(err, getfile.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWeightsFromFiles saves weights and takes them back by path, by
// GOCIFAR_WEIGHTS, and into networks they do not fit.
func TestWeightsFromFiles(t *testing.T) {
	homes(t)
	small := layers.Shape{32, 32, 3}
	b, err := VGG16(t.Context(), Config{InputShape: small, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if b.Source.Kind != Seeded || !strings.Contains(b.Banner().Display().Text, "Not trained weights") {
		t.Errorf("source %+v", b.Source)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "mine.weights.h5")
	if err := kerasfile.SaveWeights(b.Model, path); err != nil {
		t.Fatal(err)
	}
	loaded, err := VGG16(t.Context(), Config{InputShape: small, Weights: path})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Source.Kind != File || loaded.Source.Path != path || !sameWeights(t, b, loaded) {
		t.Errorf("by path: %+v", loaded.Source)
	}
	if _, err := VGG19(t.Context(), Config{InputShape: small, Weights: path}); err == nil ||
		!strings.Contains(err.Error(), "block3_conv4") {
		t.Errorf("VGG16's weights for VGG19: %v", err)
	}
	official := filepath.Join(folder, vgg16.weights(Config{}).name)
	if err := os.Rename(path, official); err != nil {
		t.Fatal(err)
	}
	if _, err := VGG19(t.Context(), Config{InputShape: small, Weights: official}); err == nil ||
		!strings.Contains(err.Error(), "name is that of VGG16 without its classifier (IncludeTop: false)") {
		t.Errorf("VGG16's official weights for VGG19: %v", err)
	}
	t.Setenv("GOCIFAR_WEIGHTS", folder)
	chosen, err := VGG16(t.Context(), Config{InputShape: small, Weights: ImageNet})
	if err != nil {
		t.Fatal(err)
	}
	if chosen.Source.Kind != File || chosen.Source.Hash == "" || !sameWeights(t, b, chosen) {
		t.Errorf("chosen: %+v", chosen.Source)
	}
	if text := chosen.Banner().Display().Text; !strings.Contains(text, "not Keras' official ones") {
		t.Errorf("banner: %s", text)
	}
}

func sameWeights(t *testing.T, a, b *Backbone) bool {
	t.Helper()
	var sums [2]string
	for i, one := range []*Backbone{a, b} {
		var err error
		if sums[i], err = weightsHash(one.Model); err != nil {
			t.Fatal(err)
		}
	}
	return sums[0] == sums[1]
}

// TestNoHDF5 gives files that are none.
func TestNoHDF5(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "text": "not HDF5", "truncated": "\x89HDF\r\n\x1a\n\x00"} {
		path := write(t, t.TempDir(), "w.h5", content)
		if _, err := VGG16(t.Context(), Config{InputShape: layers.Shape{32, 32, 3}, Weights: path}); err == nil ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSeededIfUnreachable(t *testing.T) {
	homes(t)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // no network, whatever the machine has
	n := *vgg16
	n.body = func(x layers.Symbol, _ Config) layers.Symbol { return layers.Flatten().Apply(x) } // quick to seed
	c := Config{InputShape: layers.Shape{32, 32, 3}, Weights: ImageNet}
	if _, err := n.build(t.Context(), c); !errors.Is(err, getfile.ErrUnreachable) {
		t.Skipf("the proxy was not used: %v", err)
	}
	c.SeededIfUnreachable = true
	b, err := n.build(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if b.Source.Kind != Seeded || !strings.Contains(b.Source.Reason, "where there is a network") {
		t.Errorf("source %+v", b.Source)
	}
	if shown := b.Banner().Display(); !strings.Contains(shown.Text, "Not trained weights") ||
		!strings.Contains(shown.HTML, "Not trained weights") {
		t.Errorf("banner %+v", shown)
	}
}
