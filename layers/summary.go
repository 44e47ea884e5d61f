package layers

import (
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
)

// SummaryOption changes what Summary prints.
type SummaryOption func(*summarySettings)

type summarySettings struct {
	width     int
	classic   bool
	trainable bool
	nested    bool
}

// SummaryWidth sets the width of the table in characters, at least 40. Default:
// 76, what Keras prints where there is no terminal.
func SummaryWidth(characters int) SummaryOption {
	return func(s *summarySettings) { s.width = max(40, characters) }
}

// SummaryClassic prints the form of Keras 2 (TensorFlow 2.9), which the
// walkthrough shows: no frame, counts without commas.
func SummaryClassic() SummaryOption { return func(s *summarySettings) { s.classic = true } }

// SummaryTrainable adds a column that says which layers with variables train.
func SummaryTrainable() SummaryOption { return func(s *summarySettings) { s.trainable = true } }

// SummaryNested lists the layers of nested models too.
func SummaryNested() SummaryOption { return func(s *summarySettings) { s.nested = true } }

// Summary returns Keras' model.summary(): a row for each layer with its output
// shape and number of parameters, then the totals. Models that branch or share
// layers get a column of connections. The text equals Keras 3's (or, with
// SummaryClassic, Keras 2's) and ends with a line break. A model with an error
// gives the error.
func (m *Model) Summary(options ...SummaryOption) string {
	s := summarySettings{width: 76}
	for _, o := range options {
		o(&s)
	}
	if m.modelErr != nil {
		return m.modelErr.Error() + "\n"
	}
	if s.classic {
		return m.classicSummary(s)
	}
	return m.richSummary(s)
}

// summaryRow is one layer of a summary.
type summaryRow struct {
	layer   Layer
	nesting int
	shape   string
	built   bool
	params  int
	inputs  []string // name[node][result], empty for inputs
}

// name is the layer's name and class.
func (r summaryRow) name() string { return fmt.Sprintf("%s (%s)", r.layer.Name(), shortClass(r.layer)) }

// trainable is Y, N, or - for a layer without variables.
func (r summaryRow) trainable() string {
	switch {
	case len(r.layer.Variables()) == 0:
		return "-"
	case r.layer.Trainable():
		return "Y"
	}
	return "N"
}

// summaryRows lists the layers as Keras does.
func (m *Model) summaryRows(nested bool, nesting int) []summaryRow {
	var rows []summaryRow
	for _, l := range m.summaryLayers() {
		r := summaryRow{layer: l, nesting: nesting, shape: "?", params: countParams(l.Variables()), built: m.topology != nil}
		for _, n := range l.core().nodes { // Keras shows the shape of the last application
			if n.outputs[0].shape != nil {
				r.shape = n.shape()
			}
		}
		if m.topology != nil {
			r.inputs = m.connections(l)
		}
		rows = append(rows, r)
		if inner, ok := l.(*Model); ok && nested {
			rows = append(rows, inner.summaryRows(true, nesting+1)...)
		}
	}
	return rows
}

// connections lists what a layer reads in this model.
func (m *Model) connections(l Layer) []string {
	var all []string
	for _, n := range m.layerNodes(l) {
		for _, t := range n.inputs {
			all = append(all, fmt.Sprintf("%s[%d][%d]", t.node.layer.Name(), t.node.index, t.index))
		}
	}
	return all
}

// isChain tells whether every layer reads the one before: then no column of
// connections is needed.
func (m *Model) isChain() bool {
	if m.stack != nil || m.topology == nil {
		return true
	}
	nodesAt := map[int]int{}
	for n, depth := range m.topology.depths {
		nodesAt[depth]++
		if len(n.inputs) > 1 || nodesAt[depth] > 1 || len(m.layerNodes(n.layer)) > 1 {
			return false
		}
	}
	return true
}

// summaryTotals are the counts below the table.
func (m *Model) summaryTotals() (trainable, fixed int) {
	return countParams(m.TrainableVariables()), countParams(m.NonTrainableVariables())
}

// richSummary is the form of Keras 3, drawn by Python's rich.
func (m *Model) richSummary(s summarySettings) string {
	t := richTable{width: s.width, header: []string{"Layer (type)", "Output Shape", "Param #"}, align: "llr"}
	positions := []float64{0.45, 0.80, 1}
	chain := m.isChain()
	if !chain {
		positions = []float64{0.3, 0.56, 0.74, 1}
		t.header, t.align = append(t.header, "Connected to"), t.align+"l"
	}
	if s.trainable {
		for i := range positions {
			positions[i] *= 0.9
		}
		positions = append(positions, 1)
		t.header, t.align = append(t.header, "Trainable"), t.align+"c"
	}
	t.setPositions(positions)
	for _, r := range m.summaryRows(s.nested, 0) {
		name := r.name()
		if r.nesting > 0 {
			name = strings.Repeat("   ", r.nesting) + "└ " + name
		}
		params := termtext.Thousands(r.params)
		if !r.built {
			params = "0 (unbuilt)"
		}
		cells := []string{name, r.shape, params}
		if !chain {
			connected := strings.Join(r.inputs, ", ")
			if connected == "" {
				connected = "-"
			}
			cells = append(cells, connected)
		}
		if s.trainable {
			cells = append(cells, r.trainable())
		}
		t.rows = append(t.rows, cells)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Model: %q\n", m.name)
	t.write(&b)
	for _, total := range m.richTotals() {
		fmt.Fprintf(&b, " %s\n", total)
	}
	return b.String()
}

// richTotals are Keras 3's lines below the table. A model whose optimizer has a
// state (after Fit, or from a file) counts it too.
func (m *Model) richTotals() []string {
	trainable, fixed := m.summaryTotals()
	optimizer, optimizerBytes, trained := m.optimizerParams()
	line := func(what string, count, bytes int) string {
		return fmt.Sprintf("%s params: %s (%s)", what, termtext.Thousands(count), memorySize(bytes))
	}
	lines := []string{
		line("Total", trainable+fixed+optimizer, 4*(trainable+fixed)+optimizerBytes),
		line("Trainable", trainable, 4*trainable), line("Non-trainable", fixed, 4*fixed),
	}
	if trained {
		lines = append(lines, line("Optimizer", optimizer, optimizerBytes))
	}
	return lines
}

// memorySize is Keras' readable_memory_size.
func memorySize(bytes int) string {
	size := float64(bytes)
	units := []string{"B", "KB", "MB", "GB", "TB", "PB"}
	for i, unit := range units {
		if size < 1024 || i == len(units)-1 {
			return fmt.Sprintf("%.2f %s", size, unit)
		}
		size /= 1024
	}
	return ""
}
