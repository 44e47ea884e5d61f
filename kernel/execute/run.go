package execute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// run is one run of one document. All of it happens in the goroutine that
// called Notebook or Document.
type run struct {
	path     string
	nb       *nbformat.Notebook
	opts     Options
	kernel   *jupyter.Kernel
	info     *jupyter.KernelInfoReply
	gonb     bool
	outputs  *outputs
	save     saver
	result   *Result
	inputs   []string
	executed int // code cells sent so far: the prompt's number
	total    <-chan time.Time
	hung     <-chan error
	// touched are cells whose outputs changed since the document was last
	// brought up to date.
	touched map[*cellOutputs]bool
	// numbers counts the code cells up to each cell, codeCells all of them.
	numbers   []int
	codeCells int
	last      int // index of the last cell that runs
}

// Result is what became of a run.
type Result struct {
	Path     string
	Notebook *nbformat.Notebook // with outputs
	Kernel   KernelInfo
	Cells    []CellResult // one for each cell of the document, in order
	Warnings []string     // about the run, not about one cell
	Started  time.Time
	Ended    time.Time
	Err      error // what Notebook returned
}

// CellResult is what became of one cell.
type CellResult struct {
	Index   int
	Type    nbformat.CellType
	State   State // "" for text cells
	Failure *Failure
	Allowed bool // the failure did not stop the run
	Timing  Timing
	// Costs are what the kernel says that the cell took, nil if it says nothing
	// or Options.NoCosts is set.
	Costs    *jupyter.Costs
	Warnings []string
}

// Duration is how long the run took, start and end of the kernel included.
func (r *Result) Duration() time.Duration { return r.Ended.Sub(r.Started) }

// Count is the number of cells in a state.
func (r *Result) Count(state State) int {
	n := 0
	for _, c := range r.Cells {
		if c.State == state {
			n++
		}
	}
	return n
}

// skipExecution is the tag of cells that are never run, nbclient's.
const skipExecution = "skip-execution"

// runs tells whether the options let a cell run.
func (r *run) runs(i int, cell *nbformat.Cell) bool {
	return i >= r.opts.From && r.wants(cell)
}

// wants tells whether the cell's text and tags let it run, wherever the run
// begins.
func (r *run) wants(cell *nbformat.Cell) bool {
	switch {
	case cell.Type() != nbformat.Code, strings.TrimSpace(cell.Source()) == "", cell.HasTag(skipExecution):
		return false
	case len(r.opts.OnlyTags) > 0 && !hasAnyTag(cell, r.opts.OnlyTags):
		return false
	}
	return !hasAnyTag(cell, r.opts.SkipTags)
}

func hasAnyTag(cell *nbformat.Cell, tags []string) bool {
	return slices.ContainsFunc(tags, cell.HasTag)
}

// prepare marks every cell before anything runs: the file is truthful from its
// first save on.
func (r *run) prepare() {
	r.result.Cells, r.numbers, r.codeCells = nil, nil, 0
	for i, cell := range r.nb.Cells {
		result := CellResult{Index: i, Type: cell.Type()}
		if cell.Type() == nbformat.Code {
			r.codeCells++
			result.State = Skipped
			if r.runs(i, cell) {
				result.State = Pending
				r.last = i
				cell.SetOutputs(nil)
				cell.SetExecutionCount(0)
				cell.Metadata().Delete("execution")
			}
			if strings.TrimSpace(cell.Source()) == "" {
				result.State = OK // there is nothing to run
			}
			if i >= r.opts.From { // what an earlier run recorded of the cells before stays
				r.store(i, result.State, 0, nil, nil)
			}
		}
		r.result.Cells = append(r.result.Cells, result)
		r.numbers = append(r.numbers, r.codeCells)
	}
}

// listen says what is done with outputs.
func (r *run) listen() {
	r.outputs.warn = r.warn
	if r.opts.KernelLog != nil {
		r.outputs.log = func(text string) { io.WriteString(r.opts.KernelLog, text) }
	}
	r.outputs.touch = func(c *cellOutputs) { r.touched[c] = true }
	r.outputs.observe = func(c *cellOutputs, change OutputChange) {
		r.observe(CellOutput{CellRef: r.cell(c.index), OutputChange: change, At: time.Now()})
	}
	r.outputs.widgets.send = func(content jupyter.Content) error {
		_, err := r.kernel.SendComm(context.Background(), content)
		return err
	}
}

// store records what became of a cell.
func (r *run) store(i int, state State, duration time.Duration, failure *Failure, warnings []string) {
	storeState(r.nb.Cells[i], state, duration, failure, warnings)
	r.save.changed(i)
}

func (r *run) observe(e Event) { r.opts.Observer(e) }

// warn records something odd, with the cell that it is about.
func (r *run) warn(c *cellOutputs, text string) {
	list := &r.result.Warnings
	if c != nil && !c.hidden {
		list = &r.result.Cells[c.index].Warnings
	}
	const most = 20 // a kernel that sends nonsense sends much of it
	switch {
	case slices.Contains(*list, text), len(*list) > most:
	case len(*list) == most:
		*list = append(*list, "more warnings were left out")
	default:
		*list = append(*list, text)
	}
}

func (r *run) cell(i int) CellRef {
	return CellRef{Path: r.path, Index: i, Number: r.numbers[i], Of: r.codeCells, Cell: r.nb.Cells[i]}
}

// cells runs the document's cells in order. The error says why it ended early
// or which failure is not allowed.
func (r *run) cells(ctx context.Context) error {
	for i, cell := range r.nb.Cells {
		id := r.cell(i)
		r.observe(CellStart{CellRef: id, At: time.Now()})
		var err error
		if r.result.Cells[i].State == Pending {
			err = r.execute(ctx, id)
		}
		if err == nil && cell.Type() == nbformat.Code {
			r.observe(CellComplete{CellRef: id, Result: r.result.Cells[i], At: time.Now()})
		}
		if err != nil {
			r.observe(CellComplete{CellRef: id, Result: r.result.Cells[i], At: time.Now()})
			return err
		}
	}
	return nil
}

// execute runs one cell, records its end in the document, and returns an error
// if the run must end.
func (r *run) execute(ctx context.Context, id CellRef) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	result := &r.result.Cells[id.Index]
	limit, err := r.opts.cellTimeout(id.Cell)
	if err != nil {
		return &UsageError{fmt.Errorf("%s: cell %d: %w", r.path, id.Number, err)}
	}
	r.executed++
	out := r.outputs.begin(id.Cell, id.Index, r.executed)
	x := &cellRun{run: r, id: id, out: out, limit: limit}
	if r.gonb && needsBrowser(id.Cell.Source()) {
		r.warn(out, "%widgets needs a browser: programs that wait for a widget's events wait for ever here")
	}
	result.State = Running
	r.store(id.Index, Running, 0, nil, nil)
	r.save.announce()
	x.execute(ctx)

	end := x.judge()
	result.State, result.Failure, result.Timing, result.Allowed = end.state, end.failure, x.timing, end.stop == nil
	if end.failure != nil && !out.hasError() {
		f := end.failure
		traceback := f.Traceback
		if len(traceback) == 0 {
			traceback = []string{f.Class + ": " + f.Value}
		}
		r.outputs.show(out, "error", nbformat.NewError(f.Class, f.Value, traceback), "")
	}
	id.Cell.SetExecutionCount(r.executed)
	x.timing.store(id.Cell)
	if !r.opts.NoCosts {
		result.Costs = x.costs
	}
	storeCosts(id.Cell, result.Costs)
	r.observe(CellExecuted{CellRef: id, State: end.state, Timing: x.timing, Costs: result.Costs, At: time.Now()})
	if end.failure != nil {
		r.observe(CellError{CellRef: id, Failure: end.failure, Allowed: end.stop == nil, At: time.Now()})
	}
	r.touched[out] = true
	r.bringUpToDate()
	if end.stop == nil && id.Index < r.last { // else the last save follows at once
		r.save.offer()
	}
	return end.stop
}

// bringUpToDate writes outputs and records into the document's cells.
func (r *run) bringUpToDate() {
	for out := range r.touched {
		out.store()
		result := &r.result.Cells[out.index]
		r.store(out.index, result.State, result.Timing.Duration(), result.Failure, result.Warnings)
		delete(r.touched, out)
	}
}

// drainRest takes in what came until the kernel's end, without waiting.
func (r *run) drainRest() {
	// What it says of its own end is not about the notebook.
	r.outputs.warn = func(c *cellOutputs, text string) {
		if c != nil {
			r.warn(c, text)
		}
	}
	for {
		select {
		case e, ok := <-r.kernel.Events():
			if !ok {
				return
			}
			if e.Content != nil {
				r.outputs.handle(e)
			}
		default:
			return
		}
	}
}

// finish marks what did not run, stores what belongs to the whole document, and
// saves for the last time.
func (r *run) finish(err error) error {
	for i := range r.result.Cells {
		if c := &r.result.Cells[i]; c.State == Pending {
			c.State = NotRun
			r.store(i, NotRun, 0, nil, nil)
		}
	}
	r.bringUpToDate()
	r.outputs.widgets.store(r.nb)
	r.outputs.storeRequire(r.nb)
	r.result.Ended = time.Now()
	r.storeRecord(err)
	r.save.save()
	if r.save.err != nil {
		err = errors.Join(err, &SaveError{r.save.err})
	}
	r.result.Err = err
	return err
}

// storeRecord writes metadata.gocifar of the document.
func (r *run) storeRecord(err error) {
	record := r.nb.Metadata().Ensure(metadataKey)
	state := OK
	var timeout *TimeoutError
	switch {
	case errors.As(err, &timeout):
		state = Timeout
	case err != nil:
		state = Failed
	}
	record.Set("state", string(state))
	setOrDelete(record, "error", err != nil, func() any { return err.Error() })
	setOrDelete(record, "warnings", len(r.result.Warnings) > 0, func() any { return r.result.Warnings })
	// Names only: values may be secrets.
	setOrDelete(record, "env", len(r.opts.Env) > 0, func() any {
		var names []string
		for _, entry := range r.opts.Env {
			name, _, _ := strings.Cut(entry, "=")
			names = append(names, name)
		}
		return names
	})
	setOrDelete(record, "started", !r.result.Started.IsZero(),
		func() any { return r.result.Started.UTC().Format(timeFormat) })
	record.Set("seconds", float64(r.result.Duration().Microseconds())/1e6)
	setOrDelete(record, "basis", r.opts.Basis != "", func() any { return r.opts.Basis })
	setOrDelete(record, "kernel", r.result.Kernel.Name != "", func() any { return r.result.Kernel.Name })
}

// storeLanguage records what the kernel says about its language, as Jupyter
// does.
func (r *run) storeLanguage() {
	raw, err := json.Marshal(r.info.LanguageInfo)
	if err == nil && r.info.LanguageInfo.Name != "" {
		r.nb.Metadata().Set("language_info", json.RawMessage(raw))
	}
}

// defaultDir is the folder of the notebook.
func defaultDir(path string) string {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return filepath.Dir(path)
	}
	return dir
}
