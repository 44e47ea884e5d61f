package xla

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/gomlx/compute"
	goxla "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/go-xla/types/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// typedCalls is the version of XLA's interface for calls whose functions know
// their arguments' types and shapes.
const typedCalls = int32(4)

// callInstead lets XLA call one of package xlaplugin's functions where the
// program would compute a node: the function must compute the same. For GoMLX
// the node stays what it is, so that it has its own gradient, and what no other
// reads of its way there is not computed.
//
// GoMLX 0.28 has no node for a call. The node's value in go-xla's program, a
// private field, is replaced, as [Overwrite] does. On another backend, or should
// a later version have other fields, nothing happens, and the program is as
// correct, only slower.
func callInstead(node *graph.Node, function string, attributes map[string]int, arguments ...*graph.Node) (done bool) {
	defer func() {
		if recover() != nil {
			done = false
		}
	}()
	result, shown := field[*stablehlo.Value](programValue(node), "value")
	if !shown {
		return false
	}
	var values []*stablehlo.Value
	for _, argument := range arguments {
		value, shown := field[*stablehlo.Value](programValue(argument), "value")
		if !shown {
			return false
		}
		values = append(values, *value)
	}
	rowMajor := make([][]int, len(values))
	shape := (*result).Shape()
	called, err := stablehlo.CustomCallV2(function, "", values, rowMajor, []shapes.Shape{shape}, [][]int{nil})
	if err != nil {
		return false
	}
	statement, shown := field[*stablehlo.Statement](called[0], "stmt")
	if !shown {
		return false // nobody reads the call
	}
	(*statement).Attributes["api_version"] = typedCalls
	(*statement).Attributes["backend_config"] = dictionary(attributes)
	*result = called[0]
	return true
}

// programValue is go-xla's node for a node with one result; nil on other
// backends.
func programValue(node *graph.Node) *goxla.Node {
	values, ok := private[[]compute.Value](node, "outputOps")
	if !ok || len(values) != 1 {
		return nil
	}
	value, _ := values[0].(*goxla.Node)
	return value
}

// dictionary is a StableHLO attribute with a whole number for each name.
type dictionary map[string]int

// ToStableHLO writes the attribute; go-xla calls it.
func (d dictionary) ToStableHLO() string {
	var entries []string
	for name, value := range d {
		entries = append(entries, fmt.Sprintf("%s = %d : i64", name, value))
	}
	slices.Sort(entries)
	return "{" + strings.Join(entries, ", ") + "}"
}

// field returns where a field of the struct that pointer points to lies, if
// there is one of that name and type.
func field[T any](pointer any, name string) (place *T, ok bool) {
	v := reflect.ValueOf(pointer)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	f := v.Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil, false
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr())), true
}
