package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// goplsBuild builds gopls behind the user's back once somebody asks for it, on
// machines that have none.
type goplsBuild struct {
	program string
	build   func(context.Context) error // nil: nobody builds it
	ctx     context.Context             // of the kernel: a build ends with it

	mu      sync.Mutex
	began   time.Time
	running bool
	failed  error // the last build's
}

// buildAgain is how long a build that failed is not tried again.
const buildAgain = time.Minute

// errBuilding says that an answer is not to be had yet.
var errBuilding = errors.New("completion and help come when gopls is built, " +
	"which happens once and takes about a minute")

// ready says why the program cannot be started, and has it built.
func (b *goplsBuild) ready() error {
	_, err := os.Stat(b.program)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || b.build == nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.running:
	case b.failed != nil && time.Since(b.began) < buildAgain:
		return fmt.Errorf("completion and help need gopls: %w", b.failed)
	default:
		b.running, b.began = true, time.Now()
		go b.run()
	}
	return errBuilding
}

func (b *goplsBuild) run() {
	err := b.build(b.ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.failed = false, err
}
