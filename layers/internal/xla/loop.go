package xla

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// loops tells whether the backend can run loops that read and write places of
// arrays: XLA does, GoMLX's Go backend does not.
func loops(g *graph.Graph) bool {
	can := g.Backend().Capabilities()
	return can.Functions && can.Operations[compute.OpTypeDynamicSlice] &&
		can.Operations[compute.OpTypeDynamicUpdateSlice] && len(caches(g)) > 0
}

// loop changes values as long as a condition of the first holds. The fixed ones
// stay as they are. Both functions must use only the nodes that they are given:
// go-xla 0.4 has no operation of a loop's node and one from outside.
func loop(changing, fixed []*graph.Node, condition func(first *graph.Node) *graph.Node,
	body func(changing, fixed []*graph.Node) []*graph.Node) []*graph.Node {
	all, n := slices.Concat(changing, fixed), len(changing)
	closure := func(f func([]*graph.Node) []*graph.Node) *graph.Function {
		return graph.NewClosure(all[0].Graph(), func(g *graph.Graph) []*graph.Node {
			defer ownCaches(g)()
			values := make([]*graph.Node, len(all))
			for i, x := range all {
				values[i] = graph.Parameter(g, fmt.Sprintf("value_%d", i), x.Shape())
			}
			return f(values)
		})
	}
	while := closure(func(v []*graph.Node) []*graph.Node { return []*graph.Node{condition(v[0])} })
	change := closure(func(v []*graph.Node) []*graph.Node { return append(body(v[:n], v[n:]), v[n:]...) })
	return graph.While(while, change, all...)[:n]
}

// ownCaches gives a closure caches of its own until the returned function is
// called. GoMLX 0.28 keeps one node for each scalar of a graph, go-xla 0.4 one
// function for each kind of sum, whichever function of the graph they were made
// in, and neither can be used in another one. Both are private; see [Overwrite].
func ownCaches(g *graph.Graph) (restore func()) {
	var old []reflect.Value
	all := caches(g)
	for _, cache := range all {
		outer := reflect.New(cache.Type()).Elem()
		outer.Set(cache)
		old = append(old, outer)
		cache.Set(reflect.MakeMap(cache.Type()))
	}
	return func() {
		for i, cache := range all {
			cache.Set(old[i])
		}
	}
}

// caches are those maps; none where one of them is not there.
func caches(g *graph.Graph) []reflect.Value {
	builder, _ := private[compute.Builder](g, "builder")
	var all []reflect.Value
	for _, of := range []struct {
		pointer any
		name    string
	}{{g, "scalars"}, {builder, "cacheReductions"}} {
		v := reflect.ValueOf(of.pointer)
		if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
			return nil
		}
		field := v.Elem().FieldByName(of.name)
		if !field.IsValid() || field.Kind() != reflect.Map {
			return nil
		}
		all = append(all, reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem())
	}
	return all
}
