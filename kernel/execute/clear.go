package execute

import "github.com/gocifar/gocifar/kernel/nbformat"

// Clear removes from a document what runs left in it: outputs, prompts'
// numbers, times, states, the state of widgets. What somebody wrote into the
// metadata, time limits for instance, stays.
func Clear(nb *nbformat.Notebook) {
	for _, cell := range nb.Cells {
		if cell.Type() != nbformat.Code {
			continue
		}
		cell.SetOutputs(nil)
		cell.SetExecutionCount(0)
		if meta := cell.Object().Object("metadata"); meta != nil {
			meta.Delete("execution")
			forget(meta, "error", "seconds", "costs", "warnings", "state")
		}
	}
	forget(nb.Metadata(), "state", "error", "warnings", "env", "started", "seconds", "basis", "kernel")
	if widgets := nb.Metadata().Object("widgets"); widgets != nil {
		widgets.Delete(widgetState)
		if widgets.Len() == 0 {
			nb.Metadata().Delete("widgets")
		}
	}
}

// forget removes keys of the record in the metadata, and the record if nothing
// is left.
func forget(meta *nbformat.Object, keys ...string) {
	record := meta.Object(metadataKey)
	if record == nil {
		return
	}
	for _, key := range keys {
		record.Delete(key)
	}
	if record.Len() == 0 {
		meta.Delete(metadataKey)
	}
}
