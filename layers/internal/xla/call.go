package xla

import (
	"fmt"
	"slices"
	"strings"

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
// the node stays what it is and has its own gradient. XLA leaves out operations
// that only the node has read.
//
// GoMLX 0.28 has no node for a call. The node's value in go-xla's program, a
// private field, is replaced, as [Overwrite] does. On another backend, or should
// a later version have other fields, nothing happens, and the program is as
// correct, only slower.
func callInstead(node *graph.Node, function string, attributes map[string]int, arguments ...*graph.Node) {
	defer func() { _ = recover() }()
	result, shown := field[*stablehlo.Value](programValue(node), "value")
	if !shown {
		return
	}
	var values []*stablehlo.Value
	for _, argument := range arguments {
		value, shown := field[*stablehlo.Value](programValue(argument), "value")
		if !shown {
			return
		}
		values = append(values, *value)
	}
	rowMajor := make([][]int, len(values))
	shape := (*result).Shape()
	called, err := stablehlo.CustomCallV2(function, "", values, rowMajor, []shapes.Shape{shape}, [][]int{nil})
	if err != nil {
		return
	}
	statement, shown := field[*stablehlo.Statement](called[0], "stmt")
	if !shown {
		return // nobody reads the call
	}
	(*statement).Attributes["api_version"] = typedCalls
	(*statement).Attributes["backend_config"] = dictionary(attributes)
	*result = called[0]
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
