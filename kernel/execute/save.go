package execute

import (
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// saver writes the document while it runs. Each save replaces the file in one
// step, so that whatever happens a whole document is there. While the run goes
// on files are written in the background: the disk does not hold up the kernel.
type saver struct {
	path  string // "" saves nothing
	nb    *nbformat.Notebook
	cells [][]byte      // encoded cells; nil for those that changed since
	last  time.Time     // end of the last save
	cost  time.Duration // what the last save took
	err   error         // of the last save

	writing chan saved // has one entry when the write in the background has ended; nil when there is none
}

// saved is the end of a write.
type saved struct {
	at   time.Time
	cost time.Duration
	err  error
}

func newSaver(path string, nb *nbformat.Notebook) saver {
	return saver{path: path, nb: nb, cells: make([][]byte, len(nb.Cells))}
}

// changed says that a cell is no longer what was last saved.
func (s *saver) changed(cell int) { s.cells[cell] = nil }

// saveShare is the part of the time that saving may take: one in saveShare.
const saveShare = 10

// offer saves unless saves would then take more than a tenth of the time: a
// document of 100 MB is not written after every one of its 1,000 cells.
func (s *saver) offer() {
	if s.path == "" || !s.idle() || time.Since(s.last) < (saveShare-1)*s.cost {
		return
	}
	start := time.Now()
	data := s.nb.EncodeChanged(s.cells)
	s.writing = make(chan saved, 1)
	go func(path string, done chan<- saved) {
		err := nbformat.WriteFile(path, data)
		done <- saved{time.Now(), time.Since(start), err}
	}(s.path, s.writing)
}

// idle tells whether no write is going on.
func (s *saver) idle() bool {
	if s.writing == nil {
		return true
	}
	select {
	case end := <-s.writing:
		s.ended(end)
		return true
	default:
		return false
	}
}

func (s *saver) ended(end saved) {
	s.last, s.cost, s.err = end.at, end.cost, end.err
	s.writing = nil
}

// save saves and waits for it.
func (s *saver) save() {
	if s.path == "" {
		return
	}
	if s.writing != nil {
		s.ended(<-s.writing)
	}
	start := time.Now()
	err := nbformat.WriteFile(s.path, s.nb.EncodeChanged(s.cells))
	s.ended(saved{time.Now(), time.Since(start), err})
}

// announceEvery is how old the last save must be for one that only says which
// cell is running.
const announceEvery = time.Second

// announce saves that a cell is running, unless the file is fresh: most cells
// end before anybody could look.
func (s *saver) announce() {
	if time.Since(s.last) >= announceEvery {
		s.offer()
	}
}
