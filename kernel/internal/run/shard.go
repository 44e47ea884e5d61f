package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/execute/batch"
	reports "github.com/gocifar/gocifar/kernel/execute/report"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// share leaves of the notebooks those that are the shard's, and says what the
// index is to say of it: nil without -shard. Every shard of a run comes to the
// same shares by itself, because all are given the same.
func (f *flagValues) share(jobs []batch.Job) ([]batch.Job, *reports.IndexShard, error) {
	if f.shard == "" {
		return jobs, nil, nil
	}
	shard, err := batch.ParseShard(f.shard)
	if err != nil {
		return nil, nil, err
	}
	seconds, err := f.recordedSeconds(jobs)
	if err != nil {
		return nil, nil, err
	}
	shares := batch.Shares(seconds, shard.Of)
	index := &reports.IndexShard{Number: shard.Number, Of: shard.Of}
	var mine []batch.Job
	for i, job := range jobs {
		index.Notebooks = append(index.Notebooks, job.Name)
		if shares[i] == shard.Number {
			mine = append(mine, job)
		}
	}
	index.Run, err = f.runID(jobs, shares)
	return mine, index, err
}

// recordedSeconds is what the notebooks took in an earlier run: by the files of
// -durations, of which later ones go before, else by the notebooks themselves;
// 0 where neither says.
func (f *flagValues) recordedSeconds(jobs []batch.Job) ([]float64, error) {
	known := map[string]float64{}
	for _, path := range f.durations {
		durations, err := reports.Durations(path)
		if err != nil {
			return nil, &execute.UsageError{Reason: err}
		}
		for name, s := range durations {
			known[name] = s
		}
	}
	seconds := make([]float64, len(jobs))
	for i, job := range jobs {
		if seconds[i] = known[job.Name]; seconds[i] <= 0 {
			seconds[i] = execute.RecordedSeconds(job.Notebook)
		}
	}
	return seconds, nil
}

// runID tells runs apart whose shards do not belong together: it stands for the
// notebooks' names and code, for the settings that their results depend on, and
// for who runs what.
func (f *flagValues) runID(jobs []batch.Job, shares []int) (string, error) {
	type part struct {
		Name    string
		Share   int
		Sources []string
	}
	parts := []any{f.basis()}
	for i, job := range jobs {
		p := part{Name: job.Name, Share: shares[i]}
		for _, cell := range job.Notebook.Cells {
			if cell.Type() == nbformat.Code {
				p.Sources = append(p.Sources, cell.Source())
			}
		}
		parts = append(parts, p)
	}
	raw, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}
