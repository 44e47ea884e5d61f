package widgets

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
)

// Interactive is a function with a control for each of its parameters, and its
// result below them.
type Interactive struct {
	*Container
	// Area holds what the function returned and printed.
	Area *Area

	call      reflect.Value
	arguments []argument
	mu        sync.Mutex // of calls
	results   []any
}

// argument is what gives a parameter its value: a control, or something fixed.
type argument interface{ valueOf() reflect.Value }

// fixed is a value without a control.
type fixed struct{ value any }

func (f fixed) valueOf() reflect.Value { return reflect.ValueOf(f.value) }

// Fixed is an argument of Interact that nobody can change: it has no control.
func Fixed(value any) any { return fixed{value} }

// Range says that a number is to have a slider. Without a step it is 1 for whole
// numbers and a hundredth of the way for others.
type Range[T int | float64] struct{ Min, Max, Step T }

// Param is a parameter with the name to show beside its control. Go functions do
// not know the names of their parameters.
type Param struct {
	Name  string
	Value any // as an argument of Interact
}

// Named is a [Param].
func Named(name string, value any) Param { return Param{name, value} }

// Interact shows a function's result, and calls it again whenever one of the
// controls for its parameters is moved. There is a control for each argument
// that is given, in the order of the parameters:
//
//   - a control of this package with a value of the parameter's type
//   - a [Range]: a slider
//   - a slice: a dropdown with its values
//   - a value: a slider around a number, a field for a text, a box for a bool
//   - [Fixed]: a value without a control
//   - [Named] with one of these
//
// Parameters without one have a field for their type: int, float64, string or
// bool. What the function returns is shown as a cell's last value is, and what it
// prints above that; an error or a panic is shown instead.
func Interact(f any, arguments ...any) (*Interactive, error) {
	x, controls, err := interactive("Interact", f, arguments)
	if err != nil {
		return nil, err
	}
	x.Container = VBox(append(slices.Clone(controls), x.Area)...)
	x.follow(controls)
	return x, nil
}

// InteractManual is [Interact] for functions that take long: they are called when
// the button below the controls is clicked, or Enter is pressed in a text.
func InteractManual(f any, arguments ...any) (*Interactive, error) {
	x, controls, err := interactive("InteractManual", f, arguments)
	if err != nil {
		return nil, err
	}
	run := Button("Run Interact")
	run.OnClick(func() {
		Attribute("disabled", true)(run.Model)
		defer Attribute("disabled", false)(run.Model)
		x.Update()
	})
	for _, c := range controls {
		if m := c.model(); m.class == "Text" {
			OnRelease()(m)
			c.(valued).onChange(x.Update)
		}
	}
	x.Container = VBox(append(slices.Clone(controls), run, x.Area)...)
	return x, nil
}

// InteractiveOutput is [Interact] for controls that stand somewhere else: what it
// returns holds the function's result alone.
func InteractiveOutput(f any, controls ...any) (*Area, error) {
	if fn := reflect.TypeOf(f); fn != nil && fn.Kind() == reflect.Func && fn.NumIn() != len(controls) {
		return nil, fmt.Errorf("widgets: InteractiveOutput wants a control, or Fixed, for each of %d parameters, got %d",
			fn.NumIn(), len(controls))
	}
	for i, c := range controls {
		if _, ok := c.(argument); !ok {
			return nil, fmt.Errorf("widgets: InteractiveOutput: parameter %d: want a control with a value, or Fixed, got a %T",
				i+1, c)
		}
	}
	x, list, err := interactive("InteractiveOutput", f, controls)
	if err != nil {
		return nil, err
	}
	x.follow(list)
	return x.Area, nil
}

// interactive makes the controls for a function's parameters.
func interactive(name string, f any, arguments []any) (*Interactive, []Widget, error) {
	fn := reflect.ValueOf(f)
	if fn.Kind() != reflect.Func || fn.IsNil() {
		return nil, nil, fmt.Errorf("widgets: %s wants a function, got a %T", name, f)
	}
	t := fn.Type()
	if t.IsVariadic() || len(arguments) > t.NumIn() {
		return nil, nil, fmt.Errorf("widgets: %s wants a function of a fixed number of parameters, and at most as "+
			"many controls; got %s and %d", name, t, len(arguments))
	}
	x := &Interactive{call: fn, Area: Output()}
	var controls []Widget
	for i := range t.NumIn() {
		var given any
		if i < len(arguments) {
			given = arguments[i]
		}
		label := fmt.Sprintf("%s %d", t.In(i), i+1)
		if p, ok := given.(Param); ok {
			label, given = p.Name, p.Value
		}
		a, err := argumentFor(t.In(i), label, given)
		if err != nil {
			return nil, nil, fmt.Errorf("widgets: %s: parameter %d: %w", name, i+1, err)
		}
		x.arguments = append(x.arguments, a)
		if control, ok := a.(valued); ok {
			controls = append(controls, control)
		}
	}
	return x, controls, nil
}

// follow calls the function now, and whenever a control is moved.
func (x *Interactive) follow(controls []Widget) {
	for _, c := range controls {
		c.(valued).onChange(x.Update)
	}
	x.Update()
}

// Results are what the function returned when it was last called.
func (x *Interactive) Results() []any {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]any{}, x.results...)
}

// Update calls the function with the values that the controls have now.
func (x *Interactive) Update() {
	x.mu.Lock()
	defer x.mu.Unlock()
	arguments := make([]reflect.Value, len(x.arguments))
	for i, a := range x.arguments {
		arguments[i] = a.valueOf().Convert(x.call.Type().In(i))
	}
	x.Area.Clear(true)
	x.Area.Capture(func() { x.results = x.protected(arguments) })
	for _, v := range x.results {
		if err, ok := v.(error); ok {
			x.Area.fail("Error", err.Error())
		} else {
			x.Area.Show(v)
		}
	}
	x.Area.flush(true)
}

// protected calls the function, and shows a panic in the area.
func (x *Interactive) protected(arguments []reflect.Value) (results []any) {
	defer func() {
		if p := recover(); p != nil {
			x.Area.fail("Panic", fmt.Sprintf("%v\n%s", p, debug.Stack()))
		}
	}()
	for _, r := range x.call.Call(arguments) {
		results = append(results, r.Interface())
	}
	return results
}

// argumentFor makes the control for a parameter.
func argumentFor(t reflect.Type, name string, given any) (argument, error) {
	label := Description(name)
	if given == nil {
		switch t.Kind() {
		case reflect.Int:
			return IntText(0, label), nil
		case reflect.Float64:
			return FloatText(0, label), nil
		case reflect.String:
			return Text("", label), nil
		case reflect.Bool:
			return Checkbox(false, label), nil
		}
		return nil, fmt.Errorf("there is no control for a %s by itself: give one, or a slice of values to choose from",
			t)
	}
	a, ok := given.(argument)
	if !ok {
		control, err := controlOf(given, label)
		if err != nil {
			return nil, err
		}
		a = control
	}
	v := a.valueOf()
	if !v.IsValid() {
		return nil, fmt.Errorf("want a value for a %s, got nil", t)
	}
	if got := v.Type(); got != t && !(got.ConvertibleTo(t) && got.Kind() == t.Kind()) {
		return nil, fmt.Errorf("want a control for a %s, got one for a %s", t, got)
	}
	return a, nil
}

func controlOf(argument any, label Option) (valued, error) {
	switch a := argument.(type) {
	case Range[int]:
		return IntSlider(a.Min, a.Max, a.Min+(a.Max-a.Min)/2, label, Step(max(a.Step, 1))), nil
	case Range[float64]:
		if a.Step <= 0 {
			a.Step = (a.Max - a.Min) / 100
		}
		return FloatSlider(a.Min, a.Max, a.Min+(a.Max-a.Min)/2, label, Step(a.Step)), nil
	case int:
		low, high := around(a)
		return IntSlider(low, high, a, label), nil
	case float64:
		low, high := around(a)
		return FloatSlider(low, high, a, label), nil
	case string:
		return Text(a, label), nil
	case bool:
		return Checkbox(a, label), nil
	}
	if r := reflect.ValueOf(argument); r.Kind() == reflect.Slice && r.Len() > 0 {
		return dropdownOf(r, label), nil
	}
	return nil, fmt.Errorf("cannot make a control of a %T: want a control, a Range, a slice with values, a number, "+
		"a text or a bool", argument)
}

// around are the bounds that ipywidgets gives a number.
func around[T number](v T) (low, high T) {
	switch {
	case v == 0:
		return 0, 1
	case v > 0:
		return -v, 3 * v
	}
	return 3 * v, -v
}

// reflected is a dropdown with the values of a slice of any type.
type reflected struct {
	*Choice[any]
	element reflect.Type
}

func dropdownOf(slice reflect.Value, label Option) valued {
	values := make([]any, slice.Len())
	for i := range values {
		values[i] = slice.Index(i).Interface()
	}
	return &reflected{Dropdown(values, label), slice.Type().Elem()}
}

func (r *reflected) valueOf() reflect.Value {
	v := reflect.New(r.element).Elem()
	if value := r.Value(); value != nil {
		v.Set(reflect.ValueOf(value))
	}
	return v
}
