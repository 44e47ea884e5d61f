package rowfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/internal/wholefile"
)

// Builder computes the matrix of Spec at Path.
type Builder struct {
	// Path is the file's final name. Path.part and Path.lock lie beside it
	// while it is being built.
	Path string
	Spec Spec
	// Fill computes rows from..to (to excluded) into out, which has
	// (to-from)*Columns numbers of unknown content. It is called for one chunk
	// after the other, by one goroutine, while the previous chunk is written.
	// A build that resumes one of another Spec.ChunkRows keeps that one's.
	Fill func(ctx context.Context, from, to int, out []float32) error
	// Progress, if set, is told how many rows are done: at the beginning those
	// that an earlier build left, then after each chunk.
	Progress func(done, total int)
	// Waiting, if set, is called once if another process is building the file.
	Waiting func()

	create func(path string) (partFile, error) // tests replace it
}

// partFile is the file under construction.
type partFile interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Reserve(size int64) error
	Sync() error
	Close() error
}

type osPart struct{ *os.File }

func (p osPart) Reserve(size int64) error { return reserve(p.File, size) }

func createPart(path string) (partFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return osPart{f}, nil
}

// Build returns the matrix, from the file if it is complete, else computing
// the chunks that are missing. Canceling ctx stops after the current chunk and
// keeps what was computed for the next Build.
func (b *Builder) Build(ctx context.Context) (*Matrix, error) {
	m, err := Open(b.Path, b.Spec)
	if err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, ErrDamaged) {
		return m, err
	}
	if err := os.MkdirAll(filepath.Dir(b.Path), 0o755); err != nil {
		return nil, b.explain(err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	m, err = Open(b.Path, b.Spec) // another process may have built it meanwhile
	if err == nil {
		return m, nil
	}
	if errors.Is(err, ErrDamaged) { // repair it: its good chunks stay
		if err := os.Rename(b.Path, b.part()); err != nil {
			return nil, b.explain(err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := b.complete(ctx); err != nil {
		return nil, err
	}
	return Open(b.Path, b.Spec)
}

func (b *Builder) part() string { return b.Path + ".part" }

// lock waits until no other process builds the file.
func (b *Builder) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = lock.Wait(ctx, b.Path+".lock", b.Waiting)
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("rowfile: waiting for the process that builds %s: %w", b.Path, ctx.Err())
	}
	return nil, b.explain(err)
}

// complete computes the missing chunks and gives the file its final name. We
// hold the lock.
func (b *Builder) complete(ctx context.Context) error {
	create := b.create
	if create == nil {
		create = createPart
	}
	part, err := create(b.part())
	if err != nil {
		return b.explain(err)
	}
	err = b.fillPart(ctx, part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return b.explain(err)
	}
	if err := os.Rename(b.part(), b.Path); err != nil {
		return b.explain(err)
	}
	wholefile.SyncFolder(filepath.Dir(b.Path))
	return nil
}

// fillPart writes what the file under construction lacks.
func (b *Builder) fillPart(ctx context.Context, part partFile) error {
	todo, err := b.resume(part)
	if err != nil {
		return err
	}
	done := b.Spec.Rows
	for _, chunk := range todo {
		from, to := b.Spec.span(chunk)
		done -= to - from
	}
	b.progress(done)
	return b.compute(ctx, part, todo, done)
}

// resume lists the chunks to compute, after starting the file anew if it is
// not one of this matrix.
func (b *Builder) resume(part partFile) ([]int, error) {
	if found, err := readSpec(part); err == nil && found.sameMatrix(b.Spec) {
		b.Spec = found
		if err := part.Reserve(b.Spec.size()); err != nil {
			return nil, err
		}
		return missing(part, b.Spec)
	}
	if err := part.Truncate(0); err != nil {
		return nil, err
	}
	if err := part.Reserve(b.Spec.size()); err != nil {
		part.Truncate(0) // give the space back
		return nil, err
	}
	header, err := b.Spec.header()
	if err != nil {
		return nil, err
	}
	if _, err := part.WriteAt(header, 0); err != nil {
		return nil, err
	}
	return missing(part, b.Spec)
}

// chunkData is a computed chunk on its way to the file.
type chunkData struct {
	chunk  int
	values []float32
}

// compute fills and writes chunks: one goroutine computes while another
// writes, with two buffers between them, so memory stays at two chunks.
func (b *Builder) compute(ctx context.Context, part partFile, todo []int, done int) error {
	group, ctx := errgroup.WithContext(ctx)
	computed := make(chan chunkData)
	free := make(chan []float32, 2)
	for range cap(free) {
		free <- make([]float32, b.Spec.ChunkRows*b.Spec.Columns)
	}
	group.Go(func() error {
		defer close(computed)
		for _, chunk := range todo {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case buffer := <-free:
				from, to := b.Spec.span(chunk)
				values := buffer[:(to-from)*b.Spec.Columns]
				if err := b.Fill(ctx, from, to, values); err != nil {
					return &fillError{err}
				}
				select {
				case computed <- chunkData{chunk, values}:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	group.Go(func() error {
		for c := range computed {
			if err := b.write(part, c); err != nil {
				return err
			}
			from, to := b.Spec.span(c.chunk)
			done += to - from
			b.progress(done)
			free <- c.values[:cap(c.values)]
		}
		return nil
	})
	return group.Wait()
}

// write writes a chunk and then its entry in the table.
func (b *Builder) write(part partFile, c chunkData) error {
	data := bytesOf(c.values)
	from, _ := b.Spec.span(c.chunk)
	if _, err := part.WriteAt(data, b.Spec.offset(from)); err != nil {
		return err
	}
	e := entryOf(data)
	_, err := part.WriteAt(e[:], page+int64(c.chunk)*entrySize)
	return err
}

func (b *Builder) progress(done int) {
	if b.Progress != nil {
		b.Progress(done, b.Spec.Rows)
	}
}

// fillError marks errors of Fill, which are not the file's.
type fillError struct{ cause error }

func (e *fillError) Error() string { return e.cause.Error() }
func (e *fillError) Unwrap() error { return e.cause }

// explain adds to an error of the file system what the user can do about it.
func (b *Builder) explain(err error) error {
	var path *os.PathError
	var fill *fillError
	switch {
	case errors.As(err, &fill):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("rowfile: the disk is full: %s takes %.1f MB; make room, or choose a folder on another disk "+
			"(what was written already is kept and used by the next run): %w",
			b.Path, float64(b.Spec.size())/1e6, err)
	case errors.Is(err, os.ErrPermission), errors.As(err, &path):
		return fmt.Errorf("rowfile: cannot write %s: %w", b.Path, err)
	default:
		return err
	}
}
