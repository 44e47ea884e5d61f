package widgets

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"
)

// Interactive is a function with a control for each of its parameters, and its
// result below them.
type Interactive struct {
	*Container
	// Area holds what the function returned and printed.
	Area *Area

	call     reflect.Value
	controls []reflect.Value // functions that give an argument
	mu       sync.Mutex      // of calls
	results  []any
}

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
//   - [Named] with one of these
//
// Parameters without one have a field for their type: int, float64, string or
// bool. What the function returns is shown as a cell's last value is, and what it
// prints above that; an error or a panic is shown instead.
func Interact(f any, arguments ...any) (*Interactive, error) {
	fn := reflect.ValueOf(f)
	if fn.Kind() != reflect.Func || fn.IsNil() {
		return nil, fmt.Errorf("widgets: Interact wants a function, got a %T", f)
	}
	t := fn.Type()
	if t.IsVariadic() || len(arguments) > t.NumIn() {
		return nil, fmt.Errorf("widgets: Interact wants a function of a fixed number of parameters, and at most as "+
			"many controls; got %s and %d", t, len(arguments))
	}
	x := &Interactive{call: fn, Area: Output()}
	var children []Widget
	for i := range t.NumIn() {
		var argument any
		if i < len(arguments) {
			argument = arguments[i]
		}
		name := fmt.Sprintf("%s %d", t.In(i), i+1)
		if p, ok := argument.(Param); ok {
			name, argument = p.Name, p.Value
		}
		control, err := controlFor(t.In(i), name, argument)
		if err != nil {
			return nil, fmt.Errorf("widgets: Interact: parameter %d: %w", i+1, err)
		}
		x.controls = append(x.controls, reflect.ValueOf(control))
		children = append(children, control)
	}
	x.Container = VBox(append(children, x.Area)...)
	for _, c := range children {
		c.(valued).onChange(x.Update)
	}
	x.Update()
	return x, nil
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
	arguments := make([]reflect.Value, len(x.controls))
	for i, c := range x.controls {
		arguments[i] = c.Interface().(valued).valueOf().Convert(x.call.Type().In(i))
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

// controlFor makes the control for a parameter.
func controlFor(t reflect.Type, name string, argument any) (valued, error) {
	label := Description(name)
	if argument == nil {
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
	control, err := controlOf(argument, label)
	if err != nil {
		return nil, err
	}
	if got := control.valueOf().Type(); got != t && !(got.ConvertibleTo(t) && got.Kind() == t.Kind()) {
		return nil, fmt.Errorf("want a control for a %s, got one for a %s", t, got)
	}
	return control, nil
}

func controlOf(argument any, label Option) (valued, error) {
	switch a := argument.(type) {
	case valued:
		return a, nil
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
