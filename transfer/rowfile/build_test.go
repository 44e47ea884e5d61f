package rowfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var testSpec = Spec{Key: "k1", About: "test", Rows: 103, Columns: 7, ChunkRows: 10}

// fill is a deterministic matrix.
func fill(_ context.Context, from, to int, out []float32) error {
	for i := range out {
		out[i] = float32(from*testSpec.Columns + i)
	}
	return nil
}

// checkValues fails unless the matrix is what fill computes.
func checkValues(t *testing.T, m *Matrix) {
	t.Helper()
	if len(m.Values) != m.Rows*m.Columns {
		t.Fatalf("got %d values, want %d", len(m.Values), m.Rows*m.Columns)
	}
	for i, v := range m.Values {
		if v != float32(i) {
			t.Fatalf("value %d is %g", i, v)
		}
	}
}

func build(t *testing.T, b *Builder) *Matrix {
	t.Helper()
	m, err := b.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	checkValues(t, m)
	return m
}

func TestBuildThenOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "a.rows")
	if _, err := Open(path, testSpec); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	var steps []int
	build(t, &Builder{Path: path, Spec: testSpec, Fill: fill, Progress: func(done, total int) {
		steps = append(steps, done)
	}})
	if want := []int{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 103}; !slices.Equal(steps, want) {
		t.Errorf("progress %v, want %v", steps, want)
	}
	never := func(context.Context, int, int, []float32) error { return errors.New("computed again") }
	build(t, &Builder{Path: path, Spec: testSpec, Fill: never})
	if _, err := os.Stat(path + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a .part is left: %v", err)
	}
}

// TestResume cancels in the middle and expects the next build to compute only
// the rest.
func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	ctx, cancel := context.WithCancel(t.Context())
	first := map[int]bool{}
	b := &Builder{Path: path, Spec: testSpec, Fill: func(ctx context.Context, from, to int, out []float32) error {
		if len(first) == 5 {
			cancel()
			return ctx.Err()
		}
		first[from] = true
		return fill(ctx, from, to, out)
	}}
	if _, err := b.Build(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("canceled build: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the final name exists after a canceled build: %v", err)
	}
	second := map[int]bool{}
	b.Fill = func(ctx context.Context, from, to int, out []float32) error {
		second[from] = true
		return fill(ctx, from, to, out)
	}
	build(t, b)
	for from := range second {
		if first[from] && from < 40 { // the fifth may have been on its way
			t.Errorf("rows from %d were computed twice", from)
		}
	}
	if len(second) > 11-4 {
		t.Errorf("%d chunks were computed again after 5 of 11", len(second))
	}
}

// TestKilledAtAnyMoment runs a builder in a process of its own and kills it
// again and again until the file is complete.
func TestKilledAtAnyMoment(t *testing.T) {
	if path := os.Getenv("ROWFILE_TEST_BUILD"); path != "" {
		slow := func(ctx context.Context, from, to int, out []float32) error {
			time.Sleep(8 * time.Millisecond)
			return fill(ctx, from, to, out)
		}
		b := &Builder{Path: path, Spec: testSpec, Fill: slow}
		if _, err := b.Build(context.Background()); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	path := filepath.Join(t.TempDir(), "a.rows")
	kills := 0
	for delay := 30 * time.Millisecond; ; delay += 7 * time.Millisecond {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyMoment$")
		child.Env = append(os.Environ(), "ROWFILE_TEST_BUILD="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(delay, func() { child.Process.Kill() })
		err := child.Wait()
		if timer.Stop() { // it ended by itself
			if err != nil {
				t.Fatalf("child: %v", err)
			}
			break
		}
		kills++
		if m, err := Open(path, testSpec); err == nil {
			checkValues(t, m)
			m.Close()
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("after %d kills: %v", kills, err)
		}
	}
	t.Logf("killed %d times", kills)
	m, err := Open(path, testSpec)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	checkValues(t, m)
}

// TestTwoBuilders lets eight builders want one file: every chunk is computed
// once, and all get it.
func TestTwoBuilders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	var calls, waited atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			b := &Builder{Path: path, Spec: testSpec, Waiting: func() { waited.Add(1) },
				Fill: func(ctx context.Context, from, to int, out []float32) error {
					calls.Add(1)
					time.Sleep(time.Millisecond)
					return fill(ctx, from, to, out)
				}}
			m, err := b.Build(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer m.Close()
			checkValues(t, m)
		})
	}
	group.Wait()
	if calls.Load() != 11 {
		t.Errorf("%d chunks were computed, want 11", calls.Load())
	}
	if waited.Load() == 0 {
		t.Error("nobody was told to wait")
	}
}

func TestWaitingCanBeCanceled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rows")
	holder := &Builder{Path: path, Spec: testSpec}
	unlock, err := holder.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	b := &Builder{Path: path, Spec: testSpec, Fill: fill, Waiting: cancel}
	if _, err := b.Build(ctx); !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), "waiting for the process") {
		t.Errorf("got %v", err)
	}
}

func TestFillErrorPasses(t *testing.T) {
	cause := &os.PathError{Op: "read", Path: "images", Err: os.ErrPermission}
	b := &Builder{Path: filepath.Join(t.TempDir(), "a.rows"), Spec: testSpec,
		Fill: func(context.Context, int, int, []float32) error { return cause }}
	if _, err := b.Build(t.Context()); !errors.Is(err, cause) || strings.Contains(err.Error(), "rowfile") {
		t.Errorf("got %v", err)
	}
}

func TestSpecIsChecked(t *testing.T) {
	for _, s := range []Spec{
		{},
		{Rows: 1, Columns: 1},
		{Rows: -1, Columns: 1, ChunkRows: 1},
		{Rows: 1 << 40, Columns: 1 << 40, ChunkRows: 1},
		{Rows: 1, Columns: 1, ChunkRows: 1, About: strings.Repeat("x", page)},
	} {
		if _, err := Open("none", s); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
