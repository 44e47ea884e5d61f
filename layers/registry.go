package layers

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Configured is what files can hold: a class by which it is found again, and
// its settings. Layers, optimizers and initializers always are; a loss or a
// metric that is not is left out when a model is saved.
type Configured interface {
	// Class is Keras' name of the class, "Adamax"; that of one's own has the
	// name of a package in front, "mine>Lion".
	Class() string
	// Config is what Keras' get_config returns, ready for encoding/json. For a
	// loss or metric nil saves the class' name alone.
	Config() map[string]any
}

// RegisterLayer says how a layer of a class is made from its settings when a
// file is read, as Keras' register_keras_serializable does: from then on runs
// and package kerasfile bring such layers back. Keras reads these files too if
// a Python class is registered under the same name.
//
//	func init() {
//		layers.RegisterLayer("mine>Scale", func(s *layers.Settings) layers.Layer {
//			return NewScale(s.Float("factor", 1))
//		})
//	}
//
// One's own class has the name of a package in front; one of Keras that this
// package does not have, "LayerNormalization", goes without. Where Keras keeps
// the class outside of keras.layers, the layer's method KerasModule() string
// names the Python module, "keras.src.applications.convnext". A second
// registration of a name replaces the first if it comes from the same Go
// package, as when a notebook's cell is run again, and panics if not.
func RegisterLayer(class string, read func(*Settings) Layer) { layerClasses.register(class, read) }

// RegisterOptimizer is RegisterLayer for optimizers.
func RegisterOptimizer(class string, read func(*Settings) Optimizer) {
	optimizerClasses.register(class, read)
}

// RegisterLoss is RegisterLayer for losses.
func RegisterLoss(class string, read func(*Settings) Loss) { lossClasses.register(class, read) }

// RegisterMetric is RegisterLayer for metrics.
func RegisterMetric(class string, read func(*Settings) Metric) { metricClasses.register(class, read) }

// RegisterInitializer is RegisterLayer for initializers.
func RegisterInitializer(class string, read func(*Settings) Initializer) {
	initializerClasses.register(class, read)
}

// RegisterRegularizer is RegisterLayer for regularizers.
func RegisterRegularizer(class string, read func(*Settings) Regularizer) {
	regularizerClasses.register(class, read)
}

// RegisterConstraint is RegisterLayer for constraints.
func RegisterConstraint(class string, read func(*Settings) Constraint) {
	constraintClasses.register(class, read)
}

var (
	layerClasses       = registry[Layer]{kind: "layer"}
	optimizerClasses   = registry[Optimizer]{kind: "optimizer"}
	lossClasses        = registry[Loss]{kind: "loss"}
	metricClasses      = registry[Metric]{kind: "metric"}
	initializerClasses = registry[Initializer]{kind: "initializer"}
	regularizerClasses = registry[Regularizer]{kind: "regularizer"}
	constraintClasses  = registry[Constraint]{kind: "constraint"}
)

// registry knows how the objects of a kind are made from a file.
type registry[T any] struct {
	kind    string
	module  string // Keras'; "" for keras. and the kind's plural
	mu      sync.RWMutex
	classes map[string]class[T]
}

type class[T any] struct {
	read  func(*Settings) T
	owner string // the Go package that registered it
}

func (r *registry[T]) register(name string, read func(*Settings) T) { r.add(name, ownerOf(read), read) }

// ownerOf is the path of the Go package in which a function stands.
func ownerOf(f any) string {
	owner := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	slash := strings.LastIndexByte(owner, '/') + 1
	pkg, _, _ := strings.Cut(owner[slash:], ".")
	return owner[:slash] + pkg
}

func (r *registry[T]) add(name, owner string, read func(*Settings) T) {
	pkg := owner[strings.LastIndexByte(owner, '/')+1:]
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, taken := r.classes[name]; taken && old.owner != owner {
		_, short := cutPackage(name)
		panic(fmt.Errorf("layers: the Go packages %s and %s both register the %s %q; "+
			"one of them has to choose another name, such as \"%s>%s\"", old.owner, owner, r.kind, name, pkg, short))
	}
	if r.classes == nil {
		r.classes = map[string]class[T]{}
	}
	r.classes[name] = class[T]{read, owner}
}

// find returns how a class is made. Keras also writes its own classes in snake
// case.
func (r *registry[T]) find(name string) (func(*Settings) T, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if c, ok := r.classes[name]; ok {
		return c.read, nil
	}
	for known, c := range r.classes {
		if !strings.Contains(known, ">") && SnakeCase(known) == name {
			return c.read, nil
		}
	}
	return nil, fmt.Errorf("unknown %s %q; known are %s; the package that defines it has to register it "+
		"and be imported", r.kind, name, strings.Join(slices.Sorted(maps.Keys(r.classes)), ", "))
}

// save is the form in which files hold an object; nil if they cannot.
func (r *registry[T]) save(object T) any {
	c, ok := any(object).(Configured)
	if !ok {
		return nil
	}
	if _, err := r.find(c.Class()); err != nil {
		return nil
	}
	if config := c.Config(); config != nil {
		module := cmp.Or(r.module, "keras."+strings.Replace(r.kind+"s", "losss", "losses", 1))
		return savedObject(module, c.Class(), config)
	}
	return c.Class()
}

// load makes an object from what save returned or Keras wrote. Settings that
// every object of the kind has, or that change nothing here, are ignored.
func (r *registry[T]) load(saved any, ignored ...string) (made T, err error) {
	name, config, err := savedClass(saved)
	if err != nil {
		return made, fmt.Errorf("%s: %w", r.kind, err)
	}
	read, err := r.find(name)
	if err != nil {
		return made, err
	}
	s := newSettings(config)
	made = read(s)
	s.Ignore(ignored...)
	if err := s.finish(); err != nil {
		return made, fmt.Errorf("%s %s: %w", r.kind, name, err)
	}
	return made, nil
}

// cutPackage splits "mine>Scale".
func cutPackage(class string) (pkg, name string) {
	if pkg, name, ok := strings.Cut(class, ">"); ok {
		return pkg, name
	}
	return "", class
}

// savedObject is Keras' serialize_keras_object: a class of Keras is found in
// its module, one's own by its registered name.
func savedObject(module, class string, config map[string]any) map[string]any {
	o := map[string]any{"module": module, "class_name": class, "config": config, "registered_name": nil}
	if pkg, name := cutPackage(class); pkg != "" {
		o["module"], o["class_name"], o["registered_name"] = nil, name, class
	}
	return o
}

// savedClass is the inverse of savedObject, for legacy files too, which write
// the registered name as the class, and for functions, which are written as a
// name.
func savedClass(saved any) (class string, config map[string]any, err error) {
	o, ok := saved.(map[string]any)
	if !ok {
		if class, ok = saved.(string); !ok {
			return "", nil, fmt.Errorf("wants a name or an object, got %v", saved)
		}
		return class, nil, nil
	}
	class, _ = o["class_name"].(string)
	if registered, _ := o["registered_name"].(string); strings.Contains(registered, ">") {
		class = registered
	}
	if function, ok := o["config"].(string); ok && class == "function" {
		return function, nil, nil
	}
	config, _ = o["config"].(map[string]any)
	return class, config, nil
}
