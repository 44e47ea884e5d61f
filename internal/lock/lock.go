// Package lock lets processes take turns by a locked file. A lock goes with its
// process, however that ends. The file stays: removing it would let a third
// process lock a new one while a second still waits for the old.
package lock

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// ErrHeld is the error of [Try] where somebody else holds the lock.
const ErrHeld = syscall.EAGAIN

// poll is how often a lock that is held is tried again.
const poll = 50 * time.Millisecond

// Try locks the file at path, which is made with the mode if it is not there.
func Try(path string, mode os.FileMode) (unlock func(), err error) {
	lock := flock.New(path, flock.SetPermissions(mode))
	ok, err := lock.TryLock()
	if err == nil && !ok {
		err = ErrHeld
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// Wait locks the file at path, which it makes for this user alone, and waits
// as long as somebody else holds it or until ctx ends. waiting, if set, is
// called once if it has to wait.
func Wait(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	for {
		if unlock, err = Try(path, 0o600); err != ErrHeld {
			return unlock, err
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(poll):
		}
	}
}
