package engine

// magicTime says at the cell's end what it took, or what a statement behind it
// takes.
func (r *run) magicTime([]string) error {
	code := r.rest
	if code == "" {
		r.timed = true
		return nil
	}
	before := r.costs
	r.costs = nil
	result, err := r.snippet(code)
	took := r.costs
	r.costs = before
	if result != nil {
		r.front().Show(Display{Data: result})
	}
	if took != nil {
		r.stdout("%s\n", took.text())
		r.compiled(took.Compile)
		r.costs.Slower = append(r.costs.Slower, took.Slower...)
		r.addCosts(&took.Costs)
	}
	return err
}

// sayTime is for a cell with %time.
func (r *run) sayTime() {
	if r.timed && r.costs != nil {
		r.stdout("%s\n", r.costs.text())
	}
}
