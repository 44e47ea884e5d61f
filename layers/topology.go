package layers

import (
	"fmt"
	"slices"
)

// topology is the graph of a functional model in Keras' order
// (keras/src/ops/function.py, map_graph). Weight files that have no names are
// matched by this order, so it has to be Keras' own.
type topology struct {
	nodes  []*node       // inputs before what reads them
	depths map[*node]int // how far before the outputs
	layers []Layer       // by decreasing depth, ties by order of traversal
}

// mapGraph walks from the outputs to the inputs.
func mapGraph(inputs, outputs []*Tensor) (*topology, error) {
	w := &walk{inputs: inputs, finished: map[*node]bool{}, order: map[Layer]int{}}
	for _, t := range outputs {
		if err := w.visit(t); err != nil {
			return nil, err
		}
	}
	nodeDepth, layerDepth := w.depths()
	for _, t := range inputs { // inputs that no output needs
		if l := t.node.layer; !w.finished[t.node] {
			w.nodes = append(w.nodes, t.node)
			nodeDepth[t.node], layerDepth[l], w.order[l] = 0, 0, -1
		}
	}
	var all []Layer
	for _, n := range w.nodes {
		if !slices.Contains(all, n.layer) {
			all = append(all, n.layer)
		}
	}
	slices.SortStableFunc(all, func(a, b Layer) int {
		if d := layerDepth[b] - layerDepth[a]; d != 0 {
			return d
		}
		return w.order[a] - w.order[b]
	})
	return &topology{nodes: w.nodes, depths: nodeDepth, layers: all}, nil
}

// walk is the depth-first search from outputs to inputs.
type walk struct {
	inputs   []*Tensor
	nodes    []*node // in post-order: inputs first
	finished map[*node]bool
	order    map[Layer]int // first visit of each layer
}

func (w *walk) visit(t *Tensor) error {
	n := t.node
	if w.finished[n] {
		return nil
	}
	if len(n.inputs) == 0 && !slices.Contains(w.inputs, t) {
		if t.err != nil {
			return t.err
		}
		return fmt.Errorf("layer %s is needed by the outputs but is not among the inputs", describe(n.layer))
	}
	if _, seen := w.order[n.layer]; !seen {
		w.order[n.layer] = len(w.order)
	}
	for _, in := range n.inputs {
		if err := w.visit(in); err != nil {
			return err
		}
	}
	w.finished[n] = true
	w.nodes = append(w.nodes, n)
	return nil
}

// depths gives every node and layer its distance from the outputs. A layer
// applied several times takes the largest depth of its nodes that were seen.
func (w *walk) depths() (map[*node]int, map[Layer]int) {
	byNode, byLayer := map[*node]int{}, map[Layer]int{}
	for _, n := range slices.Backward(w.nodes) {
		depth := max(byNode[n], byLayer[n.layer])
		byNode[n], byLayer[n.layer] = depth, depth
		for _, in := range n.inputs {
			byNode[in.node] = max(byNode[in.node], depth+1)
		}
	}
	return byNode, byLayer
}
