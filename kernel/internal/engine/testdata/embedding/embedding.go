// Package embedding has the types of a fluent interface, as package layers has:
// what all share is in a generic type that knows what it is embedded in.
package embedding

// Part is what a model is made of.
type Part interface {
	Name() string
	secret() int
}

// Base is embedded in all parts.
type Base[T Part] struct {
	self T
	state
}

// state has the methods that need not know the part's type.
type state struct{ name string }

func (s *state) Name() string { return s.name }

func (s *state) secret() int { return len(s.name) }

// Named gives the part a name and returns it.
func (b *Base[T]) Named(name string) T {
	b.name = name
	if b.self.Name() != name {
		panic("the part is not its own")
	}
	return b.self
}

// Model is a part.
type Model struct{ Base[*Model] }

// New returns a model without a name.
func New() *Model {
	m := &Model{}
	m.self = m
	return m
}

// Secret asks a part for what it hides.
func Secret(p Part) int { return p.secret() }
