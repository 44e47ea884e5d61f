package rowfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestDamage changes a complete file in several ways: Open must refuse it and
// Build must repair it, computing only what was lost.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(f *os.File) error
		chunks int32
	}{
		"a flipped bit": {func(f *os.File) error {
			_, err := f.WriteAt([]byte{0xff}, testSpec.offset(57)+3)
			return err
		}, 1},
		"an unwritten chunk": {func(f *os.File) error {
			_, err := f.WriteAt(make([]byte, entrySize), page+10*entrySize)
			return err
		}, 1},
		"cut off":        {func(f *os.File) error { return f.Truncate(testSpec.offset(95)) }, 2},
		"cut to header":  {func(f *os.File) error { return f.Truncate(page) }, 11},
		"empty":          {func(f *os.File) error { return f.Truncate(0) }, 11},
		"another format": {func(f *os.File) error { _, err := f.WriteAt([]byte("zip"), 0); return err }, 11},
		"trailing bytes": {func(f *os.File) error { return f.Truncate(testSpec.size() + 1) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.rows")
			var calls atomic.Int32
			b := &Builder{Path: path, Spec: testSpec, Fill: func(ctx context.Context, from, to int, out []float32) error {
				calls.Add(1)
				return fill(ctx, from, to, out)
			}}
			build(t, b).Close()
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.damage(f), f.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path, testSpec); !errors.Is(err, ErrDamaged) {
				t.Fatalf("Open: %v", err)
			}
			calls.Store(0)
			build(t, b)
			if calls.Load() != c.chunks {
				t.Errorf("%d chunks were computed again, want %d", calls.Load(), c.chunks)
			}
		})
	}
}

// TestOtherChunks: how many rows are computed together changes neither a
// complete file nor what an interrupted one is worth.
func TestOtherChunks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	ctx, cancel := context.WithCancel(t.Context())
	b := &Builder{Path: path, Spec: testSpec, Fill: fill, Progress: func(done, _ int) {
		if done == 50 {
			cancel()
		}
	}}
	if _, err := b.Build(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	other := testSpec
	other.ChunkRows, other.About = 33, "the same numbers"
	first := -1
	b = &Builder{Path: path, Spec: other, Fill: fill, Progress: func(done, _ int) {
		if first < 0 {
			first = done
		}
	}}
	build(t, b)
	if first < 50 {
		t.Errorf("the build resumed with %d rows of at least 50", first)
	}
	m, err := Open(path, other)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	checkValues(t, m)
}

func TestAnotherSpecStartsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	build(t, &Builder{Path: path, Spec: testSpec, Fill: fill})
	other := testSpec
	other.Key = "k2"
	if _, err := Open(path, other); !errors.Is(err, ErrDamaged) {
		t.Errorf("Open: %v", err)
	}
	m, err := (&Builder{Path: path, Spec: other, Fill: func(_ context.Context, _, _ int, out []float32) error {
		clear(out)
		return nil
	}}).Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Values[5] != 0 {
		t.Errorf("value of the old file: %g", m.Values[5])
	}
}

// fullDisk has room for a number of bytes.
type fullDisk struct {
	partFile
	room int
}

func (d *fullDisk) WriteAt(p []byte, at int64) (int, error) {
	if len(p) > d.room {
		return 0, &os.PathError{Op: "write", Path: "a.part", Err: syscall.ENOSPC}
	}
	d.room -= len(p)
	return d.partFile.WriteAt(p, at)
}

func (d *fullDisk) Reserve(size int64) error { return d.Truncate(size) } // as where fallocate is unknown

func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	calls := 0
	b := &Builder{Path: path, Spec: testSpec,
		Fill: func(ctx context.Context, from, to int, out []float32) error {
			calls++
			return fill(ctx, from, to, out)
		},
		create: func(path string) (partFile, error) {
			f, err := createPart(path)
			return &fullDisk{f, page + 3*(10*7*4+entrySize)}, err
		}}
	_, err := b.Build(t.Context())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "disk is full") ||
		!strings.Contains(err.Error(), path) {
		t.Fatalf("got %v", err)
	}
	b.create, calls = nil, 0
	build(t, b)
	if calls != 8 {
		t.Errorf("%d chunks were computed after 3 of 11 were kept, want 8", calls)
	}
}

// FuzzOpen feeds files of any content: Open must return, and must serve only
// files whose checksums fit.
func FuzzOpen(f *testing.F) {
	small := Spec{Key: "k", Rows: 2, Columns: 2, ChunkRows: 1}
	path := filepath.Join(f.TempDir(), "seed")
	m, err := (&Builder{Path: path, Spec: small, Fill: fill}).Build(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	m.Close()
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:page+20])
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path, small)
		if err != nil {
			return
		}
		defer m.Close()
		if found, err := Check(path); err != nil || !found.sameMatrix(small) || len(m.Values) != 4 {
			t.Errorf("%d numbers of the file of %+v (%v) were served", len(m.Values), found, err)
		}
	})
}
