package layers

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// PipelineLayer applies several layers as one, mostly such as change images.
// Variables: those of the layers.
// (keras/src/layers/preprocessing/pipeline.py)
type PipelineLayer struct {
	Base[*PipelineLayer]
	inner []*wrapped
}

func init() {
	RegisterLayer("Pipeline", func(s *Settings) Layer {
		l := &PipelineLayer{}
		l.Init(l, "Pipeline")
		list, ok := s.Take("layers").([]any)
		if !ok {
			s.Fail("layers wants a list of layers")
		}
		for _, object := range list {
			if w := wrappedFrom(s, "layers", object, ""); w != nil {
				l.add(w)
			}
		}
		return l
	})
}

// Pipeline makes the layer of at least one other. They must be part of no model,
// nor models themselves. Masks do not pass. To look inside a model, or to
// use layers twice, connect them one by one.
func Pipeline(layers ...Layer) *PipelineLayer {
	l := &PipelineLayer{}
	l.Init(l, "Pipeline")
	for _, layer := range layers {
		if layer == nil {
			l.Invalid("wants layers, got nil")
			continue
		}
		l.add(&wrapped{layer: layer})
	}
	return l
}

// add appends a layer. In files it has a place by its class: "dense", and
// "dense_1" for the next one.
func (l *PipelineLayer) add(w *wrapped) {
	w.name("")
	w.check(&l.state)
	class, before := SnakeCase(w.layer.Class()), 0
	for _, other := range l.inner {
		if other.layer == w.layer {
			l.Invalid("layer %s is in it twice", describe(w.layer))
		}
		if SnakeCase(other.layer.Class()) == class {
			before++
		}
	}
	if w.place = "_pipeline_layers/" + class; before > 0 {
		w.place = fmt.Sprintf("%s_%d", w.place, before)
	}
	l.inner = append(l.inner, w)
}

// OutputShape is the last layer's.
func (l *PipelineLayer) OutputShape(in []Shape) (Shape, error) {
	return l.follow(in, func(*wrapped, Shape) error { return nil })
}

// follow calls a function with the shape that each layer gets, and returns the
// last one's.
func (l *PipelineLayer) follow(in []Shape, each func(w *wrapped, in Shape) error) (Shape, error) {
	s, err := oneInput(in)
	if err == nil && len(l.inner) == 0 {
		err = errors.New("wants at least 1 layer, got none")
	}
	for _, w := range l.inner {
		if err != nil {
			return nil, err
		}
		if err = each(w, s); err != nil {
			return nil, err
		}
		if s, err = outputShape(w.layer, []Shape{s}); err != nil {
			err = fmt.Errorf("layer %s: %w", describe(w.layer), err)
		}
	}
	return s, err
}

// Build builds the layers.
func (l *PipelineLayer) Build(in []Shape) error {
	_, err := l.follow(in, func(w *wrapped, in Shape) error { return w.build(&l.state, in) })
	return err
}

// Call applies the layers.
func (l *PipelineLayer) Call(c *Pass, in []*graph.Node) *graph.Node {
	x := in[0]
	for _, w := range l.inner {
		x = c.within(l, w.layer, []*graph.Node{x})
	}
	return x
}

// Config returns Keras' configuration of a Pipeline, which has neither a type
// nor whether it trains.
func (l *PipelineLayer) Config() map[string]any {
	list := []any{}
	for _, w := range l.inner {
		list = append(list, w.config())
	}
	return map[string]any{"name": l.Name(), "layers": list}
}
