package kerasfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// member is one file of a hand-made archive.
type member struct {
	name, content string
	method        uint16
}

func writeZip(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// kerasParts are the members of a small .keras file.
func kerasParts(t testing.TB) (config, weights string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.keras")
	if err := SaveModel(smallModel(), path); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	read := func(name string) string {
		b, err := readMember(&z.Reader, name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return read(configMember), read(weightsMember)
}

func readMember(z *zip.Reader, name string) ([]byte, error) {
	r, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(r)
	return b.Bytes(), err
}

func TestLoadModelRefuses(t *testing.T) {
	config, weights := kerasParts(t)
	whole := writeZip(t, member{configMember, config, zip.Store}, member{weightsMember, weights, zip.Store})
	damaged := bytes.Clone(whole)
	damaged[bytes.Index(damaged, []byte("\x89HDF"))+200] ^= 1
	tests := []struct {
		name    string
		content []byte
		says    string
	}{
		{"empty file", nil, "empty"},
		{"web page", []byte("<html><body>404 Not Found"), "web page"},
		{"cut short", whole[:len(whole)/2], "cut short"},
		{"a flipped bit", damaged, "checksum"},
		{"no config", writeZip(t, member{weightsMember, weights, zip.Store}), "no config.json"},
		{"no weights", writeZip(t, member{configMember, config, zip.Store}), "no model.weights.h5"},
		{"numpy weights", writeZip(t, member{configMember, config, zip.Store}, member{numpyMember, "PK", zip.Store}),
			"not supported"},
		{"two configs", writeZip(t, member{configMember, config, 0}, member{configMember, "{}", 0},
			member{weightsMember, weights, 0}), "two members"},
		{"path outside", writeZip(t, member{"../" + configMember, config, 0}, member{"/" + weightsMember, weights, 0}),
			"no model.weights.h5"},
		{"zip bomb", writeZip(t, member{configMember, strings.Repeat(" ", maxConfig+1), zip.Deflate},
			member{weightsMember, weights, 0}), "more than"},
		{"config is no JSON", writeZip(t, member{configMember, "import os", 0}, member{weightsMember, weights, 0}),
			"invalid character"},
		{"config is no model", writeZip(t, member{configMember, "[1]", 0}, member{weightsMember, weights, 0}), "config.json"},
		{"unknown class", writeZip(t, member{configMember, strings.Replace(config, `"BatchNormalization"`, `"Lambda"`, 1), 0}, member{weightsMember, weights, 0}), "Lambda"},
		{"weights are no HDF5", writeZip(t, member{configMember, config, 0}, member{weightsMember, "<html>", 0}), "web page"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "model.keras")
			if err := os.WriteFile(path, test.content, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := LoadModel(path)
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v, want one that names the file and says %q", err, test.says)
			}
		})
	}
	if _, err := LoadModel(filepath.Join(t.TempDir(), "none.keras")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: got error %v", err)
	}
	if _, err := LoadModel(t.TempDir()); err == nil {
		t.Error("a folder opened as a model")
	}
}

// TestLoadCompressed reads an archive that was packed again with compression.
func TestLoadCompressed(t *testing.T) {
	config, weights := kerasParts(t)
	path := filepath.Join(t.TempDir(), "model.keras")
	b := writeZip(t, member{configMember, config, zip.Deflate}, member{weightsMember, weights, zip.Deflate})
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel(path); err != nil {
		t.Error(err)
	}
}

func TestLoadWeightsRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "other.h5")
	var root hdf5.Tree
	root.PutFloat32("data", []int{2}, []float32{1, 2})
	var b bytes.Buffer
	if _, err := root.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := LoadWeights(smallModel(), path); err == nil || !strings.Contains(err.Error(), "not one of Keras") {
		t.Errorf("HDF5 that is not Keras': got error %v", err)
	}
	path = filepath.Join(dir, "w.weights.h5")
	if err := SaveWeights(smallModel(), path); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadModel(path); err == nil || !strings.Contains(err.Error(), "describes no model") {
		t.Errorf("weights opened as a model: got error %v", err)
	}
}

// FuzzLoadModel feeds damaged archives and HDF5 files to the loader.
func FuzzLoadModel(f *testing.F) {
	config, weights := kerasParts(f)
	f.Add(writeZip(f, member{configMember, config, 0}, member{weightsMember, weights, zip.Deflate}))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte(weights[:200]))
	path := filepath.Join(f.TempDir(), "fuzz.keras")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if m, err := LoadModel(path); err == nil && m.Ready() != nil {
			t.Error("loaded a model that is not ready")
		}
	})
}
