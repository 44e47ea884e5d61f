package jupyter

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gocifar/gocifar/internal/lock"
)

// scratch is a started kernel's private folder. It holds the connection file,
// the unix sockets, and the temporary files of everything the kernel starts
// (TMPDIR), so that one removal leaves nothing behind.
type scratch struct {
	dir    string
	unlock func() // dir is locked while this process uses it, see sweep
}

// scratchPrefix is short because socket paths have a limit.
const scratchPrefix = "gck-"

// longestInside is the longest socket path that a kernel makes below TMPDIR
// that we know of, GoNB's gopls.
const longestInside = "/t/gonb_00000000/gopls_socket"

// newScratch makes the folder below the system's folder for temporary files,
// or below /tmp if the former's path leaves no room for sockets.
func newScratch() (*scratch, error) {
	root := os.TempDir()
	sweep(root)
	s, err := makeScratch(root)
	if err == nil && len(s.dir)+len(longestInside) > maxSocketPath && root != "/tmp" {
		if short, shortErr := makeScratch("/tmp"); shortErr == nil {
			s.remove()
			s = short
		}
	}
	if err != nil {
		return nil, fmt.Errorf("jupyter: the kernel's temporary folder: %w", err)
	}
	return s, nil
}

func makeScratch(root string) (*scratch, error) {
	dir, err := os.MkdirTemp(root, scratchPrefix) // mode 0700
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	s := &scratch{dir: dir}
	if s.unlock, err = lock.Try(filepath.Join(dir, "lock"), 0o600); err == nil {
		err = os.Mkdir(s.temp(), 0o700)
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// temp is the kernel's TMPDIR.
func (s *scratch) temp() string { return filepath.Join(s.dir, "t") }

// connectionFile has the name that Jupyter gives such files, of which GoNB
// takes the kernel's id.
func (s *scratch) connectionFile(id string) string {
	return filepath.Join(s.dir, "kernel-"+id+".json")
}

// remove deletes the folder. Processes that are just being killed may still
// write into it, hence the attempts.
func (s *scratch) remove() error {
	var err error
	for pause := time.Millisecond; pause < 300*time.Millisecond; pause *= 2 {
		if err = os.RemoveAll(s.dir); err == nil {
			break
		}
		time.Sleep(pause)
	}
	if s.unlock != nil {
		s.unlock()
	}
	return err
}
