package cifar

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhereDataComeFrom walks the order in which sources are tried.
func TestWhereDataComeFrom(t *testing.T) {
	l := smallLayout()
	folder := writeFolder(t, files(&l))
	inside := t.TempDir()
	if err := os.Rename(folder, filepath.Join(inside, l.folder)); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(inside, l.folder)
	beside := t.TempDir()
	writeFile(t, filepath.Join(beside, "cifar-10-binary.tar.gz"), tarGz(t, goodMembers(&l)))
	for _, test := range []struct {
		name, variable, option string
		want                   Kind
		err                    string
	}{
		{"variable", folder, "", Folder, ""},
		{"option before variable", "/nonexistent", folder, Folder, ""},
		{"folder that holds the folder", inside, "", Folder, ""},
		{"folder that holds the archive", beside, "", Archive, ""},
		{"the word builtin", "builtin", "", Builtin, ""},
		{"no such path", "/nonexistent/data", "", "",
			"cifar: CIFAR10_DIR=/nonexistent/data: there is no /nonexistent/data: want a folder"},
		{"no such path in the option", "", "/nonexistent/data", "", "cifar: there is no /nonexistent/data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := testLoader(t, l, test.variable)
			From(test.option)(load)
			data, err := load.load(context.Background())
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if data.Source.Kind != test.want {
				t.Errorf("kind %q, want %q", data.Source.Kind, test.want)
			}
		})
	}
}

// TestCacheByHand: the official archive may be copied into the cache.
func TestCacheByHand(t *testing.T) {
	load, archive, requests := downloading(t, serve)
	root := filepath.Join(load.cacheRoot, "cifar-10")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "cifar-10-binary.tar.gz")
	l := smallLayout()
	other := goodMembers(&l)
	other[1].body[1] ^= 1
	writeFile(t, path, tarGz(t, other))
	if _, err := load.load(context.Background()); err == nil ||
		!strings.Contains(err.Error(), "is not the official archive") {
		t.Errorf("another archive: error %v", err)
	}
	writeFile(t, path, archive)
	data, err := load.load(context.Background())
	if err != nil || !data.Source.Official || requests.Load() != 0 {
		t.Errorf("%v after %d requests: %v", data, requests.Load(), err)
	}
}

func TestCacheCannotBeWritten(t *testing.T) {
	l := smallLayout()
	path := filepath.Join(t.TempDir(), "mine.tar.gz")
	writeFile(t, path, tarGz(t, goodMembers(&l)))
	load := testLoader(t, l, path)
	load.cacheRoot = path // a file where a folder should be
	_, err := load.load(context.Background())
	if err == nil || !strings.Contains(err.Error(), "set GOCIFAR_CACHE to a folder you may write to") {
		t.Errorf("error %v", err)
	}
}

func TestPrintProgress(t *testing.T) {
	var out bytes.Buffer
	report := PrintProgress(&out)
	for n := int64(0); n <= 100; n++ {
		report(Progress{Stage: "download", Done: n * 1e6, Total: 100e6, Detail: "https://example.com/x"})
	}
	report(Progress{Stage: "wait", Detail: "another process"})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 12 {
		t.Errorf("%d lines, want 12:\n%s", len(lines), out.String())
	}
	if want := "download 50.0 of 100.0 MB (50 %): https://example.com/x"; lines[5] != want {
		t.Errorf("line %q, want %q", lines[5], want)
	}
	if want := "wait: another process"; lines[11] != want {
		t.Errorf("line %q, want %q", lines[11], want)
	}
}

func TestBanner(t *testing.T) {
	data, err := testLoader(t, cifar10, "builtin").load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data.Source.Reason = "<nobody> answered"
	shown := data.Display()
	for _, want := range []string{"NOT CIFAR-10: generated drawings", "4,000 training and 1,000 test drawings",
		"CIFAR10_DIR"} {
		if !strings.Contains(shown.Text, want) || !strings.Contains(shown.HTML, want) {
			t.Errorf("banner lacks %q:\n%s\n%s", want, shown.Text, shown.HTML)
		}
	}
	if strings.Contains(shown.HTML, "<nobody>") {
		t.Error("the reason is not escaped in HTML")
	}
	data.Source = Source{Kind: Archive, SHA256: strings.Repeat("ab", 32), Archive: "/data/mine.tar.gz"}
	want := "CIFAR-10: 4,000 training and 1,000 test pictures, not the official archive (sha256 abababababababab): " +
		"mine.tar.gz."
	if got := data.Display().Text; got != want {
		t.Errorf("banner %q\nwant   %q", got, want)
	}
}

// realData loads the real data set, or skips.
func realData(t testing.TB) *Dataset {
	t.Helper()
	if path := os.Getenv("CIFAR10_DIR"); path == "" || path == "builtin" {
		t.Skip("set CIFAR10_DIR to the real CIFAR-10 (a folder or archive) for this test")
	}
	data, err := Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRealData compares the pixels that the walkthrough prints.
func TestRealData(t *testing.T) {
	data := realData(t)
	if data.Train.Len() != 50000 || data.Test.Len() != 10000 {
		t.Errorf("%d training and %d test pictures, want 50000 and 10000", data.Train.Len(), data.Test.Len())
	}
	if data.Train.Labels[0] != 6 {
		t.Errorf("y_train[0] = %d, want 6", data.Train.Labels[0])
	}
	for _, pixel := range []struct {
		row, column int
		want        [3]uint8
	}{
		{0, 0, [3]uint8{59, 62, 63}}, {0, 1, [3]uint8{43, 46, 45}}, {0, 2, [3]uint8{50, 48, 43}},
		{0, 29, [3]uint8{158, 132, 108}}, {0, 30, [3]uint8{152, 125, 102}}, {0, 31, [3]uint8{148, 124, 103}},
		{1, 0, [3]uint8{16, 20, 20}}, {1, 31, [3]uint8{122, 87, 57}}, {2, 0, [3]uint8{25, 24, 21}},
		{2, 31, [3]uint8{109, 73, 42}},
	} {
		at := (pixel.row*Side + pixel.column) * Channels
		if got := [3]uint8(data.Train.Bytes[at : at+3]); got != pixel.want {
			t.Errorf("x_train[0][%d][%d] = %v, want %v", pixel.row, pixel.column, got, pixel.want)
		}
	}
	counts := make([]int, 10)
	for _, label := range data.Test.Labels {
		counts[label]++
	}
	for class, n := range counts {
		if n != 1000 {
			t.Errorf("%d test pictures of class %d, want 1000", n, class)
		}
	}
}

func ExampleLoad() {
	data, err := Load(context.Background(), From("builtin"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(data.Train.Shape(), data.Test.Shape(), data.Classes[:3])
	// Output: (4000, 32, 32, 3) (1000, 32, 32, 3) [airplane automobile bird]
}

func BenchmarkLoad(b *testing.B) {
	realData(b)
	for b.Loop() {
		if _, err := Load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBuiltinSaysWhy: who gave the word is told apart, for a run whose network
// did not answer hands it on in the variable.
func TestBuiltinSaysWhy(t *testing.T) {
	t.Setenv("CIFAR10_DIR", "builtin")
	for want, options := range map[string][]Option{
		"CIFAR10_DIR names them": nil,
		"they were asked for":    {From("builtin")},
	} {
		data, err := Load(t.Context(), options...)
		if err != nil {
			t.Fatal(err)
		}
		if got := data.Source.Reason; !strings.HasPrefix(got, want) {
			t.Errorf("the reason is %q, want %q", got, want)
		}
	}
}
