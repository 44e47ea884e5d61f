package execute

import (
	"context"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/gocell"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// A run that does not begin with the first cell. GoNB makes it possible: each
// cell is a program of its own, and only declarations and settings go from cell
// to cell, so those of the earlier cells are sent again without running what
// else they do. Kernels that keep values cannot be resumed so: there a run that
// should be resumed starts again.

// takeOver finds where the run begins, and gives the cells before it what an
// earlier run left in them.
func (r *run) takeOver() {
	if r.opts.Earlier == nil {
		return
	}
	earlier := codeCells(r.opts.Earlier)
	if r.opts.Resume {
		r.opts.From = r.resumeAt(earlier)
	}
	for k, i := range codeCells(r.nb) {
		if i >= r.opts.From || k >= len(earlier) {
			return
		}
		old, cell := r.opts.Earlier.Cells[earlier[k]], r.nb.Cells[i]
		if old.Source() != cell.Source() {
			continue
		}
		for _, key := range []string{"outputs", "execution_count"} {
			if old.Object().Has(key) {
				cell.Object().Set(key, old.Clone().Object().Get(key))
			}
		}
		for _, key := range []string{"execution", metadataKey} {
			if record := old.Object().Object("metadata").Object(key); record != nil {
				cell.Metadata().Set(key, record.Clone())
			}
		}
		r.executed = max(r.executed, cell.ExecutionCount())
	}
}

// resumeAt is the index of the first code cell that the earlier run did not run
// well, or that is another one now; the number of all cells if there is none.
func (r *run) resumeAt(earlier []int) int {
	basis := r.opts.Earlier.Metadata().Object(metadataKey).String("basis")
	if basis != r.opts.Basis {
		r.warn(nil, fmt.Sprintf("not resumed: the earlier run was made with %q, this one with %q", basis, r.opts.Basis))
		return 0
	}
	for k, i := range codeCells(r.nb) {
		cell := r.nb.Cells[i]
		if k >= len(earlier) {
			return i
		}
		old := r.opts.Earlier.Cells[earlier[k]]
		if old.Source() != cell.Source() {
			return i
		}
		state := State(old.Object().Object("metadata").Object(metadataKey).String("state"))
		if ran := state == OK; ran != r.wants(cell) && strings.TrimSpace(cell.Source()) != "" {
			return i
		}
	}
	return len(r.nb.Cells)
}

// codeCells are the indices of a document's code cells.
func codeCells(nb *nbformat.Notebook) []int {
	var indices []int
	for i, cell := range nb.Cells {
		if cell.Type() == nbformat.Code {
			indices = append(indices, i)
		}
	}
	return indices
}

// replay brings the kernel to where it was before the cell that the run begins
// with.
func (r *run) replay(ctx context.Context) error {
	if r.opts.From == 0 {
		return nil
	}
	if !r.gonb {
		if r.opts.Resume {
			r.startAgain(fmt.Sprintf("not resumed: kernel %s keeps values, and those of the earlier run are gone",
				r.result.Kernel.Name))
			return nil
		}
		r.warn(nil, "the cells before the first one were not run: what they define is not there")
		return nil
	}
	var cells []*gocell.Cell
	var indices []int
	for i, cell := range r.nb.Cells[:r.opts.From] {
		if r.wants(cell) {
			cells, indices = append(cells, gocell.Parse(cell.Source())), append(indices, i)
		}
	}
	for _, piece := range gocell.Replays(cells) {
		failure, err := r.replayOne(ctx, indices[piece.Cells[0]], piece.Source)
		if err != nil {
			return err
		}
		if failure == nil {
			continue
		}
		for _, k := range piece.Cells { // one of them is to blame; the others are wanted
			failure, err := r.replayOne(ctx, indices[k], cells[k].Replay())
			if err != nil {
				return err
			}
			if failure != nil {
				r.warn(nil, fmt.Sprintf("the declarations of cell %d could not be made again: %s", r.cell(indices[k]).Number,
					failure.Text()))
			}
		}
	}
	return nil
}

// startAgain runs all cells where only the last ones were to run.
func (r *run) startAgain(why string) {
	r.warn(nil, why)
	r.opts.From, r.executed = 0, 0
	r.prepare()
}

// replayOne sends code in the place of a cell. Its outputs are nobody's.
func (r *run) replayOne(ctx context.Context, index int, source string) (*Failure, error) {
	id := r.cell(index)
	id.Cell = nbformat.NewCode(source)
	x := &cellRun{run: r, id: id, out: &cellOutputs{cell: id.Cell, index: index, hidden: true}, limit: r.opts.CellTimeout}
	x.execute(ctx)
	end := x.judge()
	switch {
	case x.Dead != nil, x.stop != notStopped && x.stop != stopInput:
		return end.failure, end.stop
	}
	return end.failure, nil
}
