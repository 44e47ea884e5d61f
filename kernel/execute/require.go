package execute

import (
	"encoding/json"
	"slices"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// The live kernel says in the metadata of its replies which modules of which
// versions cells have come to need where there is no module that has them. They
// are kept in the document's metadata, so that another run uses the same.

const requireKey = "require"

// Require lists the modules with versions, MODULE@VERSION, that an earlier run of
// a document came to need.
func Require(nb *nbformat.Notebook) (modules []string) {
	record := nb.Metadata().Object(metadataKey)
	if record == nil {
		return nil
	}
	values, _ := record.Get(requireKey).([]any)
	for _, value := range values {
		if module, ok := value.(string); ok {
			modules = append(modules, module)
		}
	}
	return modules
}

// noteRequire takes the modules out of a reply.
func (o *outputs) noteRequire(m *jupyter.Message) {
	var metadata struct {
		Gocifar struct{ Require []string }
	}
	if json.Unmarshal(m.Metadata, &metadata) == nil && metadata.Gocifar.Require != nil {
		o.require = slices.Clone(metadata.Gocifar.Require)
	}
}

func (o *outputs) storeRequire(nb *nbformat.Notebook) {
	if len(o.require) > 0 {
		nb.Metadata().Ensure(metadataKey).Set(requireKey, o.require)
	}
}
