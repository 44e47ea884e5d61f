package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// readAhead is how many batches wait, made, for the step that needs them, beside
// the one that is being made.
const readAhead = 2

// patience is how long the end of a fit waits for a source that does not watch
// its context.
const patience = 2 * time.Second

// reading is an epoch of a source that is read in the background.
type reading struct {
	items  chan readItem
	cancel context.CancelFunc
}

// readItem is a batch, or the error after the last: io.EOF where nothing failed.
type readItem struct {
	batch *batch
	err   error
}

// read begins to read an epoch of so many examples, 0 if that is unknown, of which
// a number is skipped. prepare turns the batch of a number, from 1 on, into what
// waits; it need not keep the batch's memory.
func read(ctx context.Context, source Source, epoch Epoch, skipped, length int,
	prepare func(number int, e *Examples) (*batch, error)) *reading {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{items: make(chan readItem, readAhead), cancel: cancel}
	go func() {
		defer close(r.items)
		err := errors.New("the source ended its goroutine (runtime.Goexit)")
		defer func() { r.send(ctx, readItem{err: err}) }()
		err = r.pull(ctx, source, epoch, skipped, length, prepare)
	}()
	return r
}

// pull sends what the source yields. A panic of the source is its error.
func (r *reading) pull(ctx context.Context, source Source, epoch Epoch, examples, length int,
	prepare func(number int, e *Examples) (*batch, error)) (err error) {
	number := 0
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("batch %d: the source panicked at %s: %v", number+1, panicPlace(), p)
		}
	}()
	for e, err := range source.Batches(ctx, epoch) {
		if err != nil {
			return fmt.Errorf("batch %d: %w", number+1, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if number++; number > epoch.Skip {
			b, err := prepare(number, e)
			if err != nil {
				return err
			}
			if !r.send(ctx, readItem{batch: b}) {
				return context.Cause(ctx)
			}
			examples += b.real
		}
		if number >= epoch.Skip && length > 0 && examples >= length {
			return io.EOF
		}
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case number == 0:
		return errors.New("the source has no batches")
	case number >= epoch.Skip && examples < length:
		return fmt.Errorf("the source ended after batch %d with %d examples, and said that it has %d",
			number, examples, length)
	case number < epoch.Skip:
		return fmt.Errorf("the source ended after %d batches, and had at least %d before the fit was interrupted: "+
			"for the same Epoch it has to yield the same", number, epoch.Skip)
	}
	return io.EOF
}

// send hands on an item, unless nobody wants it any more.
func (r *reading) send(ctx context.Context, item readItem) bool {
	if ctx.Err() == nil {
		select {
		case r.items <- item:
			return true
		case <-ctx.Done():
		}
	}
	item.free()
	return false
}

func (i readItem) free() {
	if i.batch != nil {
		i.batch.data.Free()
	}
}

// next returns the next batch, or io.EOF. It returns when the context ends, also
// if the source does not.
func (r *reading) next(ctx context.Context) (*batch, error) {
	select {
	case item, ok := <-r.items:
		switch {
		case ctx.Err() != nil:
			item.free()
			return nil, context.Cause(ctx)
		case !ok:
			return nil, io.EOF
		}
		return item.batch, item.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// close ends the reading and frees what nobody took. It waits for the source,
// but not for ever.
func (r *reading) close() {
	r.cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for item := range r.items {
			item.free()
		}
	}()
	select {
	case <-ended:
	case <-time.After(patience):
	}
}

// panicPlace is the file and line of what panicked, while it is recovered.
func panicPlace() string {
	pcs := make([]uintptr, 50)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		frame, more := frames.Next()
		ofRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !ofRuntime {
			return fmt.Sprintf("%s:%d", frame.File, frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
