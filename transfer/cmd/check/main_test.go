package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/transfer/rowfile"
)

func TestRun(t *testing.T) {
	keras, cache := t.TempDir(), t.TempDir()
	t.Setenv("KERAS_HOME", keras)
	t.Setenv("GOCIFAR_CACHE", cache)
	var out, errs bytes.Buffer
	if code := run(t.Context(), &out, &errs); code != 0 || out.Len() > 0 || errs.Len() > 0 {
		t.Errorf("nothing there: code %d, %q, %q", code, out.String(), errs.String())
	}
	for _, name := range []string{"good", "bad"} {
		b := rowfile.Builder{Path: filepath.Join(cache, "features", name+".rows"),
			Spec: rowfile.Spec{Key: "k", About: "a small matrix", Rows: 5, Columns: 3, ChunkRows: 2},
			Fill: func(_ context.Context, _, _ int, out []float32) error { out[0] = 1; return nil }}
		m, err := b.Build(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
	path := filepath.Join(cache, "features", "bad.rows")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	weights := filepath.Join(keras, "models", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5")
	if err := os.MkdirAll(filepath.Dir(weights), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{path: data, weights: []byte("no weights")} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code := run(t.Context(), &out, &errs); code != 0 || errs.Len() > 0 {
		t.Errorf("code %d, %q", code, errs.String())
	}
	for _, want := range []string{"damaged\tweights\t", "Keras publishes", "damaged\tfeatures\t",
		"good.rows: a small matrix"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if code := run(ended, &out, &errs); code != 130 {
		t.Errorf("interrupted: code %d", code)
	}
}
