package cifar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// smallLayout is CIFAR-10's form with few records, so that tests are quick.
func smallLayout() layout {
	l := cifar10
	l.train = []batchFile{{"data_batch_1.bin", 300}, {"data_batch_2.bin", 20}}
	l.test = []batchFile{{"test_batch.bin", 10}}
	l.archive.urls = nil
	l.drawnTrain, l.drawnTest = 20, 10
	return l
}

// records returns the bytes of a batch: record i has label i mod the number of
// classes, and random pixels.
func records(l *layout, f batchFile, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]byte, 0, l.size(f))
	for i := range f.records {
		for _, classes := range l.labels {
			out = append(out, byte(i%classes))
		}
		for range imageBytes {
			out = append(out, byte(random.Uint32()))
		}
	}
	return out
}

// files returns the right contents of all files of a layout.
func files(l *layout) map[string][]byte {
	out := map[string][]byte{l.names: []byte{}}
	for _, class := range l.classes {
		out[l.names] = append(out[l.names], class+"\n"...)
	}
	for i, f := range l.batches() {
		out[f.name] = records(l, f, uint64(i))
	}
	return out
}

// member is an entry of a tar archive that a test makes.
type member struct {
	header tar.Header
	body   []byte
}

func goodMembers(l *layout) []member {
	members := []member{{header: tar.Header{Name: l.folder + "/", Typeflag: tar.TypeDir, Mode: 0o755}}}
	contents := files(l)
	for _, f := range append(l.batches(), batchFile{name: l.names}) {
		members = append(members, regular(l.folder+"/"+f.name, contents[f.name]))
	}
	return append(members, regular(l.folder+"/readme.html", []byte("<html>")))
}

func regular(name string, body []byte) member {
	return member{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(body))}, body}
}

func tarGz(t testing.TB, members []member) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, m := range members {
		if err := w.WriteHeader(&m.header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// writeFolder writes files into a new folder and returns its path.
func writeFolder(t testing.TB, contents map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	for name, body := range contents {
		writeFile(t, filepath.Join(folder, name), body)
	}
	return folder
}

func writeFile(t testing.TB, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// testLoader returns a loader of a layout with a cache and short waits of its
// own. given is as in CIFAR10_DIR.
func testLoader(t testing.TB, l layout, given string) *loader {
	t.Helper()
	t.Setenv("CIFAR10_DIR", given)
	load := newLoader(l, "CIFAR10_DIR", []Option{CacheIn(t.TempDir()), OnProgress(func(Progress) {})})
	load.stall = 300 * time.Millisecond
	load.pause = time.Millisecond
	return load
}

// mustBeClean fails if a cache holds anything half-written.
func mustBeClean(t testing.TB, load *loader) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(load.cacheRoot, load.layout.cache))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if name := entry.Name(); name != ".lock" && name != ".unreachable" {
			t.Errorf("left behind: %s", name)
		}
	}
}
