package execute

import (
	"encoding/json"
	"time"

	"github.com/gocifar/gocifar/kernel/nbformat"
)

// RecordedSeconds is how long an earlier run of the document took by its own
// metadata: our record of each cell, else nbclient's times of each cell, else
// papermill's duration of the whole. It is 0 if there is no record.
func RecordedSeconds(nb *nbformat.Notebook) float64 {
	sum := 0.0
	for _, cell := range nb.Cells {
		sum += cellSeconds(cell)
	}
	if sum == 0 {
		sum = max(0, number(nb.Metadata().Object("papermill").Get("duration")))
	}
	return sum
}

func cellSeconds(cell *nbformat.Cell) float64 {
	metadata := cell.Object().Object("metadata")
	if s := number(metadata.Object(metadataKey).Get("seconds")); s > 0 {
		return s
	}
	times := metadata.Object("execution")
	began, err := time.Parse(time.RFC3339Nano, times.String("iopub.status.busy"))
	if err != nil {
		return 0
	}
	ended, err := time.Parse(time.RFC3339Nano, times.String("shell.execute_reply"))
	if err != nil {
		return 0
	}
	return max(0, ended.Sub(began).Seconds())
}

// number is a JSON number's value, 0 for anything else.
func number(v any) float64 {
	n, _ := v.(json.Number)
	f, _ := n.Float64()
	return f
}
