package cifar

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGivenArchive(t *testing.T) {
	l := smallLayout()
	archive := tarGz(t, goodMembers(&l))
	path := filepath.Join(t.TempDir(), "mine.tar.gz")
	writeFile(t, path, archive)
	load := testLoader(t, l, path)
	extracted := 0
	load.report = func(p Progress) {
		if p.Stage == "extract" && p.Done == p.Total {
			extracted++
		}
	}
	for range 3 {
		data, err := load.load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if data.Train.Len() != 320 || data.Source.Kind != Archive || data.Source.Official ||
			data.Source.SHA256 != sha(archive) {
			t.Errorf("%d pictures from %+v", data.Train.Len(), data.Source)
		}
		want := "not the official archive (sha256 " + sha(archive)[:16] + ")"
		if !strings.Contains(data.Source.String(), want) {
			t.Errorf("source %q lacks %q", data.Source, want)
		}
	}
	if extracted == 0 {
		t.Error("extraction was not reported")
	}
	before := extracted

	// The same bytes under a new time are read again, but not kept twice.
	writeFile(t, path, append(bytes.Clone(archive), "twenty bytes of junk"...))
	if _, err := load.load(context.Background()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("with junk at its end: %v", err)
	}
	writeFile(t, path, archive)
	if _, err := load.load(context.Background()); err != nil {
		t.Fatal(err)
	}
	if extracted == before {
		t.Error("a changed archive was taken from the cache")
	}

	// A batch that vanishes from the cache is extracted again.
	data, err := load.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(data.Source.Folder, "data_batch_2.bin"))
	if _, err := load.load(context.Background()); err != nil {
		t.Errorf("after damage to the cache: %v", err)
	}
}

func TestBadArchives(t *testing.T) {
	l := smallLayout()
	good := goodMembers(&l)
	archive := tarGz(t, good)
	damaged := bytes.Clone(archive)
	damaged[len(damaged)-6] ^= 1 // the checksum
	with := func(extra member) []byte { return tarGz(t, append([]member{extra}, good...)) }
	python := []member{regular("cifar-10-batches-py/data_batch_1", []byte("pickle"))}
	short := goodMembers(&l)
	short[1] = regular(short[1].header.Name, short[1].body[:3073*7])
	named := goodMembers(&l)
	for i := range named {
		if strings.HasSuffix(named[i].header.Name, l.names) {
			named[i] = regular(named[i].header.Name, []byte("apple\n"))
		}
	}
	for _, test := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"empty", nil, "it is empty"},
		{"HTML page", []byte("\n<!DOCTYPE html><html>Log in"), "it is an HTML page"},
		{"zip", []byte("PK\x03\x04aaaa"), "it is not a .tar.gz archive (it begins with 50 4b 03 04)"},
		{"cut in half", archive[:len(archive)/2], "it is truncated"},
		{"cut in the head", archive[:5], "it is truncated"},
		{"last bytes missing", archive[:len(archive)-3], "it is truncated"},
		{"wrong checksum", damaged, "it is damaged"},
		{"not a tar", zipped(t, bytes.Repeat([]byte("abc"), 700)), "compressed, but not a tar archive"},
		{"path traversal", with(regular("../../evil.bin", []byte("x"))), `"../../evil.bin", outside the folder`},
		{"path traversal within", with(regular("cifar-10-batches-bin/../../evil", nil)), "outside the folder"},
		{"absolute path", with(regular("/tmp/evil.bin", []byte("x"))), `"/tmp/evil.bin", outside the folder`},
		{"backslashes", with(regular(`..\evil.bin`, []byte("x"))), "outside the folder"},
		{"symbolic link", with(member{header: tar.Header{Name: "cifar-10-batches-bin/test_batch.bin",
			Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}}), "it holds a link"},
		{"hard link", with(member{header: tar.Header{Name: "cifar-10-batches-bin/test_batch.bin",
			Typeflag: tar.TypeLink, Linkname: "x"}}), "it holds a link"},
		{"one batch missing", tarGz(t, append(append([]member(nil), good[:1]...), good[2:]...)), "it lacks data_batch_1.bin"},
		{"short batch", tarGz(t, short), "data_batch_1.bin in it is 21,511 bytes long, want 921,900"},
		{"one batch twice", with(good[1]), "it holds data_batch_1.bin twice"},
		{"Python form", tarGz(t, python),
			"it is the Python form (cifar-10-batches-py); want the binary form, cifar-10-binary.tar.gz"},
		{"another data set's names", tarGz(t, named), "this is not CIFAR-10"},
		{"bomb", bomb(t, 80<<20), "refused as unsafe"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mine.tar.gz")
			writeFile(t, path, test.archive)
			load := testLoader(t, l, path)
			_, err := load.load(context.Background())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v\nwant %q", err, test.want)
			}
			mustBeClean(t, load)
		})
	}
}

func zipped(t testing.TB, data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Bytes()
}

// bomb is a small archive with one huge file of zeros in front.
func bomb(t testing.TB, size int64) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	tw := tar.NewWriter(w)
	if err := tw.WriteHeader(&tar.Header{Name: "zeros", Typeflag: tar.TypeReg, Size: size}); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for n := int64(0); n < size; n += int64(len(zeros)) {
		if _, err := tw.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	tw.Close()
	w.Close()
	return out.Bytes()
}

func TestExtractIsCancelled(t *testing.T) {
	l := smallLayout()
	path := filepath.Join(t.TempDir(), "mine.tar.gz")
	writeFile(t, path, tarGz(t, goodMembers(&l)))
	load := testLoader(t, l, path)
	ctx, cancel := context.WithCancel(context.Background())
	load.report = func(p Progress) { cancel() }
	if _, err := load.load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	mustBeClean(t, load)
}

func FuzzUntar(f *testing.F) {
	l := smallLayout()
	l.train = []batchFile{{"data_batch_1.bin", 1}}
	l.test = []batchFile{{"test_batch.bin", 1}}
	good := tarGz(f, goodMembers(&l))
	f.Add(good)
	f.Add(good[:100])
	f.Add(tarGz(f, []member{regular("../x", []byte("x"))}))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := map[string]int64{}
		err := l.untar(bufio.NewReader(bytes.NewReader(data)), func(name string, r io.Reader, size int64) error {
			if strings.ContainsAny(name, `/\`) || name == ".." {
				t.Fatalf("file name %q", name)
			}
			n, err := io.CopyN(io.Discard, r, size)
			got[name] += n
			return err
		})
		if err == nil && (got["data_batch_1.bin"] != 3073 || got["test_batch.bin"] != 3073) {
			t.Fatalf("accepted with %v", got)
		}
	})
}
