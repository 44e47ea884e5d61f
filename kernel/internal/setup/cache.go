package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// cache is the folder that holds all that set-up makes:
//
//	builds/<key>/        the probe of backends, and what was learnt while linking it
//	gonb/<key>/          gonb, goimports, and the go command that GoNB uses
//	gopls/<key>/         gopls, which has a lock of its own
//	pjrt/<name>/         a PJRT plugin and where it came from
//	live/library-<key>/  the library for live cells
//	live/program-<key>/  the live kernel's program
//	jupyter/<key>/       a Jupyter data folder with our kernelspec
//	setup.lock           held by the process that installs
//
// Beside what was made stands a record of its files (package seal), so that
// damage is noticed and the part made again.
//
// Data sets and training runs of the libraries live beside them.
type cache struct {
	root string
}

// partialMark stands in the name of everything that is still being made.
const partialMark = cachedir.Partial

// needSpace is what a complete set-up takes at most, tools, plugin and staging.
const needSpace = 700 << 20

// openCache creates the cache folder if need be and makes sure that it can be
// written to, and that what set-up makes in it can run.
func openCache() (cache, error) {
	c, err := openCacheFolder()
	if err == nil && !cachedir.Loadable(c.root) {
		return cache{}, fmt.Errorf("no program can run from the cache folder %s, whose file system is mounted with noexec: "+
			"set GOCIFAR_CACHE to a folder elsewhere", c.root)
	}
	return c, err
}

func openCacheFolder() (cache, error) {
	root, err := cachedir.Root()
	if err != nil {
		return cache{}, err
	}
	if strings.ContainsAny(root, ",:") {
		// GOMLX_BACKEND and PATH cannot quote these.
		return cache{}, fmt.Errorf("the cache folder %q has a comma or a colon in its name, which GoMLX and "+
			"PATH cannot take: set GOCIFAR_CACHE to another folder", root)
	}
	if err := cachedir.Writable(root); err != nil {
		return cache{}, cannotWrite(root, err)
	}
	return cache{root: root}, nil
}

func cannotWrite(dir string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w (folder %s)", errDiskFull, dir)
	}
	return fmt.Errorf("cannot write to the cache folder: %w; set GOCIFAR_CACHE to a folder of yours", err)
}

// checkSpace fails if the disk cannot hold a set-up.
func (c cache) checkSpace() error {
	free, err := freeSpace(c.root)
	if err != nil || free >= needSpace {
		return nil // where the system cannot tell, ENOSPC will
	}
	return fmt.Errorf("only %d MB are free in %s, and set-up needs up to %d MB: "+
		"free some, or set GOCIFAR_CACHE to a folder on another disk", free>>20, c.root, needSpace>>20)
}

// lock waits until no other process installs into this cache.
func (c cache) lock(ctx context.Context, progress *Progress) (unlock func(), err error) {
	end := func() {}
	unlock, err = lock.Wait(ctx, filepath.Join(c.root, "setup.lock"), func() {
		task := progress.Start("set-up", "waiting for another one to end")
		end = func() { task.End("", err) }
	})
	end()
	if err != nil {
		return nil, fmt.Errorf("cannot lock the cache folder %s: %w", c.root, err)
	}
	return unlock, nil
}

// removePartial deletes what killed set-ups left. The caller holds the lock.
func (c cache) removePartial() {
	for _, pattern := range []string{"*", "*/*"} {
		names, _ := filepath.Glob(filepath.Join(c.root, pattern+partialMark+"*"))
		hidden, _ := filepath.Glob(filepath.Join(c.root, filepath.Dir(pattern), ".*"+partialMark+"*"))
		for _, name := range append(names, hidden...) {
			if filepath.Dir(name) != filepath.Join(c.root, goplsFolder) { // it may be at work
				_ = os.RemoveAll(name)
			}
		}
	}
}

// publish lets fill make a folder under a temporary name, flushes it to disk
// and gives it its final name. On any failure nothing is left.
func publish(final string, fill func(dir string) error) error {
	parent := filepath.Dir(final)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return cannotWrite(parent, err)
	}
	staging, err := os.MkdirTemp(parent, "."+filepath.Base(final)+partialMark)
	if err != nil {
		return cannotWrite(parent, err)
	}
	defer os.RemoveAll(staging)
	if err := fill(staging); err != nil {
		return err
	}
	if err := syncTree(staging); err != nil {
		return cannotWrite(staging, err)
	}
	// MkdirTemp made it private; others on the machine may share the cache.
	if err := os.Chmod(staging, 0o755); err != nil {
		return cannotWrite(staging, err)
	}
	// What is there is incomplete or damaged, else we would not be here. It
	// goes away by its name first: a kernel may still have its files open, and
	// half of what it was must not stay if we are ended meanwhile.
	old := staging + ".old"
	defer os.RemoveAll(old)
	if err := os.Rename(final, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(final, err)
	}
	if err := os.Rename(staging, final); err != nil {
		return cannotWrite(final, err)
	}
	return syncPath(parent)
}

// publishSealed is publish for a folder that seal.Verify is to compare later.
func publishSealed(final string, fill func(dir string) error) error {
	return publish(final, func(staging string) error {
		if err := fill(staging); err != nil {
			return err
		}
		if err := seal.Write(staging); err != nil {
			return cannotWrite(staging, err)
		}
		return nil
	})
}

// writeFile writes a small file so that readers see the old text or the new.
func writeFile(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	options := wholefile.Options{Pattern: "." + filepath.Base(path) + partialMark}
	if err := options.Write(path, write); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// syncTree flushes every file below dir, and the folders.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// key names a folder after everything that its content depends on.
func key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// writeJSON writes what seal.ReadJSON reads.
func writeJSON(path string, v any) error { return writeFile(path, wholefile.JSON(v, "  ")) }
