package layers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	nonWord        = regexp.MustCompile(`\W+`)
	beforeWord     = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	beforeCapitals = regexp.MustCompile(`([a-z])([A-Z])`)
)

// SnakeCase is Keras' to_snake_case: "MaxPooling2D" becomes "max_pooling2d",
// "LeakyReLU" "leaky_re_lu". A package in front is left out: "mine>Scale"
// becomes "scale".
func SnakeCase(class string) string {
	_, class = cutPackage(class)
	s := nonWord.ReplaceAllString(class, "")
	s = beforeWord.ReplaceAllString(s, "${1}_${2}")
	s = beforeCapitals.ReplaceAllString(s, "${1}_${2}")
	return strings.ToLower(s)
}

// nameLayers gives the unnamed layers Keras' automatic names, in the order in
// which they were created: conv2d, conv2d_1, … Names count within one model,
// as after Keras' clear_session, and names already taken, also within nested
// models, are passed over. It returns an error if two layers have the same
// name.
func nameLayers(all []Layer) error {
	taken := map[string]Layer{}
	for _, l := range all {
		name := l.Name()
		if name == "" {
			continue
		}
		if other, ok := taken[name]; ok && other != l {
			return fmt.Errorf("two layers are named %q (%s and %s): every layer of a model needs its own name",
				name, other.Class(), l.Class())
		}
		taken[name] = l
	}
	for _, l := range all {
		if inner, ok := l.(*Model); ok {
			inner.reserveNames(taken)
		}
	}
	unnamed := slices.DeleteFunc(slices.Clone(all), func(l Layer) bool { return l.Name() != "" })
	slices.SortFunc(unnamed, func(a, b Layer) int {
		return int(int64(a.core().serial) - int64(b.core().serial))
	})
	next := map[string]int{}
	for _, l := range unnamed {
		if l.Name() != "" { // listed twice
			continue
		}
		base := SnakeCase(l.Class())
		name := ""
		for name == "" || taken[name] != nil {
			name = base
			if n := next[base]; n > 0 {
				name = fmt.Sprintf("%s_%d", base, n)
			}
			next[base]++
		}
		l.core().name = name
		taken[name] = l
	}
	return nil
}

// VariablePaths names every variable by the models, the layer and the name
// within it: "vgg16/block1_conv1/kernel" in a model with the nested model vgg16.
// No two variables have the same.
func (m *Model) VariablePaths() map[*Variable]string {
	paths := map[*Variable]string{}
	m.addPaths("", paths)
	return paths
}

func (m *Model) addPaths(prefix string, to map[*Variable]string) {
	for _, l := range m.Layers() {
		if inner, ok := l.(*Model); ok {
			inner.addPaths(prefix+l.Name()+"/", to)
			continue
		}
		for _, v := range l.Variables() {
			if to[v] == "" { // a shared layer's counts once
				to[v] = prefix + v.Path
			}
		}
	}
}

// variableNames tells variables apart in our own files: by their Path, or where
// layers of nested models have equal names, by the models' names too.
func (m *Model) variableNames() map[*Variable]string {
	names, count := m.VariablePaths(), map[string]int{}
	for v := range names {
		count[v.Path]++
	}
	for v := range names {
		if count[v.Path] == 1 {
			names[v] = v.Path
		}
	}
	return names
}

// reserveNames adds the names of a nested model's layers to those taken: Keras'
// counters have passed them.
func (m *Model) reserveNames(taken map[string]Layer) {
	for _, l := range m.allLayers() {
		if taken[l.Name()] == nil {
			taken[l.Name()] = l
		}
		if inner, ok := l.(*Model); ok {
			inner.reserveNames(taken)
		}
	}
}
