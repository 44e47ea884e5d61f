package layers

import "fmt"

// RNNLayer is Keras' RNN: a recurrent layer whose cell is an object of its own,
// or several cells one on the other. It comes from files; a program uses
// [LSTM], [GRU] and [SimpleRNN].
// (keras/src/layers/rnn/rnn.py, stacked_rnn_cells.py)
type RNNLayer struct {
	Base[*RNNLayer]
	recurrence
	cell map[string]any // its serialized form, as it was read
}

func init() { RegisterLayer("RNN", readRNN) }

func readRNN(s *Settings) Layer {
	l := &RNNLayer{recurrence: readRecurrence(s)}
	l.Init(l, "RNN")
	l.cell, _ = withInts(s.Take("cell")).(map[string]any)
	class, config, err := savedClass(l.cell)
	if err != nil || config == nil {
		s.Fail("cell wants an object with class_name and config, got %v", l.cell)
		return l.withoutCells()
	}
	objects := []any{l.cell}
	if class == "StackedRNNCells" {
		objects, _ = config["cells"].([]any)
		l.stackName, _ = config["name"].(string)
	}
	for _, o := range objects {
		cell, err := cellFromConfig(&l.state, o)
		if err != nil {
			s.Fail("cell: %w", err)
			return l.withoutCells()
		}
		l.cells = append(l.cells, cell)
	}
	if len(l.cells) == 0 {
		s.Fail("StackedRNNCells wants at least 1 cell")
		return l.withoutCells()
	}
	return l
}

// withoutCells gives a layer that was refused a cell, so that nobody reads
// none.
func (l *RNNLayer) withoutCells() *RNNLayer {
	l.cells = []*recurrentCell{newRecurrentCell(&l.state, "SimpleRNNCell", 1)}
	return l
}

// cellFromConfig makes a cell of its serialized form.
func cellFromConfig(l *state, object any) (*recurrentCell, error) {
	class, config, err := savedClass(object)
	if err != nil {
		return nil, err
	}
	switch class {
	case "LSTMCell", "GRUCell", "SimpleRNNCell":
	default:
		return nil, fmt.Errorf("class %q is not supported, only LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells", class)
	}
	s := newSettings(config)
	s.Ignore("trainable", "dtype")
	name := s.String("name", SnakeCase(class))
	cell := readRecurrentCell(s, l, class)
	cell.name = name
	return cell, s.finish()
}

// Build creates the cells' variables.
func (l *RNNLayer) Build(in []Shape) error { return l.build(&l.state, in) }

// Config returns Keras' configuration of an RNN.
func (l *RNNLayer) Config() map[string]any {
	c := l.addTo(l.Base.Config())
	c["cell"] = l.cell
	return c
}
