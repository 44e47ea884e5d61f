package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/execute"
	reports "github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/internal/coverprofile"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// coverage gathers the profiles of all notebooks. Each live kernel writes one of
// its own.
type coverage struct {
	mu      sync.Mutex
	dir     string
	kernels []kernelProfile

	targets []string // files to write
	resume  bool
}

// kernelProfile is what the kernel of a notebook writes.
type kernelProfile struct{ notebook, file string }

// startCoverage makes a place for the profiles; nil if none are wanted. A shard
// keeps its profile also beside its index, where `kernel merge` finds it.
func (f *flagValues) startCoverage(shard *reports.IndexShard) (*coverage, error) {
	beside := ""
	if shard != nil {
		beside = filepath.Join(f.folder(), shard.CoverProfile())
	}
	if f.cover == "" {
		if beside != "" { // would be taken for this run's
			if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, &execute.SaveError{Reason: err}
			}
		}
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "gocifar-cover")
	if err != nil {
		return nil, &execute.SaveError{Reason: err}
	}
	c := &coverage{dir: dir, targets: []string{f.cover}, resume: f.opts.Resume}
	if beside != "" {
		c.targets = append(c.targets, beside)
	}
	return c, nil
}

// env tells a kernel where its profile goes.
func (c *coverage) env(notebook string) []string {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	file := filepath.Join(c.dir, fmt.Sprintf("%d.out", len(c.kernels)))
	c.kernels = append(c.kernels, kernelProfile{notebook, file})
	return []string{kernels.CoverVariable + "=" + file}
}

// end writes what all notebooks together have reached.
func (c *coverage) end() error {
	if c == nil {
		return nil
	}
	defer os.RemoveAll(c.dir)
	var profile coverprofile.Profile
	said, err := c.join(&profile)
	if len(c.kernels) > 0 && said == 0 {
		warnCover("no kernel has told what cells reached; only the live kernel does")
	}
	if c.resume {
		c.joinEarlier(&profile)
	}
	for _, target := range c.targets {
		err = errors.Join(err, wholefile.Write(target, wholefile.Bytes(profile.Bytes())))
	}
	if err != nil {
		return &execute.SaveError{Reason: fmt.Errorf("-cover: %w", err)}
	}
	return nil
}

// join takes in the kernels' profiles, and returns how many there are.
func (c *coverage) join(profile *coverprofile.Profile) (said int, err error) {
	for _, k := range c.kernels {
		text, readErr := os.ReadFile(k.file)
		if errors.Is(readErr, fs.ErrNotExist) { // it has run no cell, or is no live kernel
			continue
		}
		said++
		if readErr == nil {
			readErr = profile.Add(k.notebook, string(text))
		}
		err = errors.Join(err, readErr)
	}
	return said, err
}

// joinEarlier takes in what cells reached that -resume did not run again.
func (c *coverage) joinEarlier(profile *coverprofile.Profile) {
	name := c.targets[len(c.targets)-1]
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = profile.Add(name, string(text))
	}
	if err != nil {
		warnCover(fmt.Sprintf("without what was reached before -resume: %v", err))
	}
}

func warnCover(text string) { fmt.Fprintf(os.Stderr, "warning: -cover: %s\n", text) }
