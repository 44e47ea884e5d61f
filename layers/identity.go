package layers

import "github.com/gomlx/gomlx/core/graph"

// IdentityLayer returns its input: Keras' Identity, which stands in a model for
// a layer that is left out. (keras/src/layers/core/identity.py)
type IdentityLayer struct{ Base[*IdentityLayer] }

func init() { RegisterLayer("Identity", func(*Settings) Layer { return PassThrough() }) }

// PassThrough makes the layer. [Identity] is an initializer.
func PassThrough() *IdentityLayer {
	l := &IdentityLayer{}
	l.Init(l, "Identity")
	return l
}

// OutputShape is the input's shape.
func (l *IdentityLayer) OutputShape(in []Shape) (Shape, error) { return oneInput(in) }

// Call returns the input.
func (l *IdentityLayer) Call(_ *Pass, in []*graph.Node) *graph.Node { return in[0] }
