package widgets

// Link keeps the values of two controls the same, by way of this process: it
// works without a front end, too. The first one's value is the one to begin
// with.
func Link[T any](a, b interface {
	Value() T
	SetValue(T)
	Observe(func(T)) func()
}) (stop func()) {
	b.SetValue(a.Value())
	// SetValue calls nobody for a value that is there already.
	stopA, stopB := a.Observe(b.SetValue), b.Observe(a.SetValue)
	return func() { stopA(); stopB() }
}

// LinkTo has one control's value follow another's, converted.
func LinkTo[S, T any](from *Control[S], to *Control[T], convert func(S) T) (stop func()) {
	to.SetValue(convert(from.Value()))
	return from.Observe(func(v S) { to.SetValue(convert(v)) })
}

// FrontLink keeps attributes of two widgets the same within the front end, where
// no kernel is needed: FrontLink(play, "value", slider, "value").
func FrontLink(a Widget, attribute string, b Widget, other string) *Model {
	return frontLink("Link", a, attribute, b, other)
}

// FrontLinkTo has an attribute follow another within the front end.
func FrontLinkTo(from Widget, attribute string, to Widget, other string) *Model {
	return frontLink("DirectionalLink", from, attribute, to, other)
}

func frontLink(class string, a Widget, attribute string, b Widget, other string) *Model {
	m := newModel(class, map[string]any{"source": []any{a.model(), attribute}, "target": []any{b.model(), other}})
	m.open(nil)
	return m
}
