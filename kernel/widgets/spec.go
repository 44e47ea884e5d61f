package widgets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// modelsJSON is made by testdata/models.py, from ipywidgets itself.
//
//go:embed models.json
var modelsJSON []byte

// spec says what a class of widgets keeps in step with the front end.
type spec struct {
	// Attributes are the defaults by name.
	Attributes map[string]json.RawMessage `json:"attributes"`
	// Models are the classes of attributes that are widgets themselves, such as
	// the layout.
	Models map[string]string `json:"models"`
	// Binary are attributes that travel as buffers, NoEcho those that the kernel
	// does not send back when the front end has sent them.
	Binary []string `json:"binary"`
	NoEcho []string `json:"noEcho"`
}

var specs = sync.OnceValue(func() map[string]*spec {
	var file struct {
		Classes map[string]*spec `json:"classes"`
	}
	if err := json.Unmarshal(modelsJSON, &file); err != nil {
		panic(fmt.Sprintf("widgets: models.json: %v", err)) // a test reads it
	}
	return file.Classes
})

// classOf finds the class that the front end knows by a model's name.
func classOf(model string) (string, error) {
	for class, s := range specs() {
		if string(s.Attributes["_model_name"]) == fmt.Sprintf("%q", model) {
			return class, nil
		}
	}
	return "", fmt.Errorf("widgets: there is no control for the model %q", model)
}

// unknown is the error for a name that no attribute has.
func (s *spec) unknown(class, name string) error {
	names := slices.Sorted(maps.Keys(s.Attributes))
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "_") })
	return fmt.Errorf("widgets: %s has no attribute %q; it has %s", class, name, strings.Join(names, ", "))
}
