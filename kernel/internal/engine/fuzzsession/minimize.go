package fuzzsession

import "slices"

// Without leaves out up to size items at a time, from the end, as long as what
// is left still fails.
func (s *Session) Without(size int, fails func(*Session) bool) *Session {
	total := 0
	for _, items := range s.Cells {
		total += len(items)
	}
	for end := total; end > 0; end -= size {
		if smaller := s.cut(max(0, end-size), end); fails(smaller) {
			s = smaller
		}
	}
	return s
}

// cut leaves out the items from start to end, counted over all cells, and cells
// that are empty then.
func (s *Session) cut(start, end int) *Session {
	c := &Session{Suffix: s.Suffix}
	at := 0
	for _, items := range s.Cells {
		from, to := min(max(start-at, 0), len(items)), min(max(end-at, 0), len(items))
		at += len(items)
		if kept := slices.Concat(items[:from], items[to:]); len(kept) > 0 {
			c.Cells = append(c.Cells, kept)
		}
	}
	return c
}
