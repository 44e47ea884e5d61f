package execute

import (
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// saver writes the document while it runs. Each save replaces the file in one step, so that whatever happens a whole
// document is there.
type saver struct {
	path string // "" saves nothing
	nb   *nbformat.Notebook
	last time.Time     // end of the last save
	cost time.Duration // what the last save took
	err  error         // of the last save
}

// often is the share of time that saving may take, as one part in often.
const often = 4

// offer saves unless saves would then take more than a quarter of the time: a document of 100 MB is not written after
// every one of its 1,000 cells.
func (s *saver) offer() {
	if time.Since(s.last) >= (often-1)*s.cost {
		s.save()
	}
}

func (s *saver) save() {
	if s.path == "" {
		return
	}
	start := time.Now()
	s.err = s.nb.WriteFile(s.path)
	s.last = time.Now()
	s.cost = s.last.Sub(start)
}

// announceEvery is how old the last save must be for one that only says which cell is running.
const announceEvery = time.Second

// announce saves that a cell is running, unless the file is fresh: most cells end before anybody could look.
func (s *saver) announce() {
	if time.Since(s.last) >= announceEvery {
		s.offer()
	}
}
