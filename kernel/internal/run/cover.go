package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gocifar/gocifar/internal/wholefile"
	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
)

// coverage gathers the profiles of all notebooks. Each live kernel writes one of
// its own.
type coverage struct {
	mu    sync.Mutex
	dir   string
	files []string
}

// startCoverage makes a place for the profiles; nil if none are wanted.
func (f *flagValues) startCoverage() (*coverage, error) {
	if f.cover == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "gocifar-cover")
	if err != nil {
		return nil, &execute.SaveError{Reason: err}
	}
	return &coverage{dir: dir}, nil
}

// env tells a kernel where its profile goes.
func (c *coverage) env() []string {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = append(c.files, filepath.Join(c.dir, fmt.Sprintf("%d.out", len(c.files))))
	return []string{kernels.CoverVariable + "=" + c.files[len(c.files)-1]}
}

// end writes what all notebooks together have reached.
func (c *coverage) end(file string) error {
	if c == nil {
		return nil
	}
	defer os.RemoveAll(c.dir)
	var profiles []string
	for _, name := range c.files {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &execute.SaveError{Reason: err}
		}
		if err == nil {
			profiles = append(profiles, string(text))
		}
	}
	if len(profiles) == 0 {
		fmt.Fprintf(os.Stderr, "warning: -cover: no kernel has told what cells reached; only the live kernel does\n")
	}
	if err := wholefile.Write(file, wholefile.Bytes(mergeProfiles(profiles))); err != nil {
		return &execute.SaveError{Reason: err}
	}
	return nil
}

const profileHead = "mode: set\n"

// mergeProfiles puts profiles together: a line "FILE:BLOCK STATEMENTS 1" of any
// goes before the same with 0.
func mergeProfiles(profiles []string) []byte {
	reached := map[string]string{}
	for _, profile := range profiles {
		for line := range strings.Lines(strings.TrimPrefix(profile, profileHead)) {
			line = strings.TrimSpace(line)
			if at := strings.LastIndexByte(line, ' '); at > 0 {
				reached[line[:at]] = max(reached[line[:at]], line[at+1:])
			}
		}
	}
	lines := make([]string, 0, len(reached))
	for block, count := range reached {
		lines = append(lines, block+" "+count+"\n")
	}
	slices.Sort(lines)
	return []byte(profileHead + strings.Join(lines, ""))
}
