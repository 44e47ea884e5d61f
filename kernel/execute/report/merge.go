package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// IndexShard says which part of a run an index is of.
type IndexShard struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
	// Run is the same in all shards of a run and in no other run of other
	// notebooks, settings or shares.
	Run string `json:"run"`
	// Notebooks are the names of the whole run's, in its order.
	Notebooks []string `json:"notebooks"`
}

// stem is the name of the index's files without their extension.
func (s *IndexShard) stem() string {
	if s == nil {
		return "index"
	}
	return fmt.Sprintf("index-%d-of-%d", s.Number, s.Of)
}

// CoverProfile is the name of the file beside the index that says what the
// shard's cells reached.
func (s *IndexShard) CoverProfile() string { return s.stem() + ".cover" }

// CoverProfiles are the files in folders in which the shards of a run say what
// their cells reached, one for each shard. A mistake is an *execute.UsageError.
func CoverProfiles(folders []string) ([]string, error) {
	shards, err := readShards(folders)
	if err != nil {
		return nil, &execute.UsageError{Reason: err}
	}
	var files []string
	for _, s := range shards {
		path := filepath.Join(s.folder, s.Shard.CoverProfile())
		if _, err := os.Stat(path); err != nil {
			return nil, &execute.UsageError{Reason: fmt.Errorf("shard %d of %d has no profile of coverage: "+
				"run it with -cover (%w)", s.Shard.Number, s.Shard.Of, err)}
		}
		files = append(files, path)
	}
	return files, nil
}

// Merge joins what the shards of a run have left in folders, one for all or one
// for each, in the folder output, as if one job had run all notebooks there:
// it copies the executed notebooks, and returns the index, which is for the
// caller to write. A mistake in what is to be joined is an *execute.UsageError.
func Merge(output string, folders []string) (*Index, error) {
	shards, err := readShards(folders)
	if err != nil {
		return nil, &execute.UsageError{Reason: err}
	}
	merged, err := join(shards)
	if err != nil {
		return nil, &execute.UsageError{Reason: err}
	}
	sources := make([]string, len(merged.Notebooks))
	for i := range merged.Notebooks {
		if sources[i], err = merged.Notebooks[i].collect(shards); err != nil {
			return nil, &execute.UsageError{Reason: err}
		}
	}
	for i, n := range merged.Notebooks { // all of them are good
		if err := bring(sources[i], output, n.Name); err != nil {
			return nil, &execute.SaveError{Reason: err}
		}
	}
	return merged, nil
}

// shardIndex is an index that was read.
type shardIndex struct {
	Index
	path, folder string
}

func readShards(folders []string) ([]shardIndex, error) {
	var shards []shardIndex
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		before := len(shards)
		for _, entry := range entries {
			if matched, _ := filepath.Match("index-*-of-*.json", entry.Name()); !matched {
				continue
			}
			shard := shardIndex{path: filepath.Join(folder, entry.Name()), folder: folder}
			if err := readIndex(shard.path, &shard.Index); err != nil {
				return nil, err
			}
			if shard.Shard == nil || shard.Shard.stem()+".json" != entry.Name() {
				return nil, fmt.Errorf("%s is not the index of a shard, as `kernel run -shard` writes it", shard.path)
			}
			shards = append(shards, shard)
		}
		if len(shards) == before {
			return nil, fmt.Errorf("%s has no index of a shard (index-1-of-4.json): `kernel run -shard` writes it", folder)
		}
	}
	return shards, nil
}

// readIndex reads an index.json.
func readIndex(path string, x *Index) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, x); err != nil {
		return fmt.Errorf("%s is broken: %w", path, err)
	}
	return nil
}

// join makes one index of the shards', which must be those of one run.
func join(shards []shardIndex) (*Index, error) {
	first := shards[0]
	paths := map[int]string{}
	merged := &Index{Title: first.Title, Generated: time.Now()}
	for _, s := range shards {
		if s.Shard.Of != first.Shard.Of {
			return nil, fmt.Errorf("%s and %s are of different runs, of %d and of %d shards: remove those of the earlier run",
				first.path, s.path, first.Shard.Of, s.Shard.Of)
		}
		if s.Shard.Run != first.Shard.Run {
			return nil, fmt.Errorf("%s and %s are of different runs: their notebooks, flags or durations differ; "+
				"run all shards with the same", first.path, s.path)
		}
		if other, twice := paths[s.Shard.Number]; twice {
			return nil, fmt.Errorf("%s and %s are both of shard %d: give one of them", other, s.path, s.Shard.Number)
		}
		paths[s.Shard.Number] = s.path
		merged.Notebooks = append(merged.Notebooks, s.Notebooks...)
	}
	for number := 1; number <= first.Shard.Of; number++ {
		if paths[number] == "" {
			return nil, fmt.Errorf("there is no index of shard %d of %d: run `kernel run -shard %d/%d` and give its folder too",
				number, first.Shard.Of, number, first.Shard.Of)
		}
	}
	for _, name := range first.Shard.Notebooks {
		if !slices.ContainsFunc(merged.Notebooks, func(n IndexNotebook) bool { return n.Name == name }) {
			return nil, fmt.Errorf("no shard has a result of %s: the one that was to run it did not come to its end, "+
				"run it again with -resume", name)
		}
	}
	merged.Sort(first.Shard.Notebooks)
	return merged, nil
}

// collect finds the executed notebook, "" if it could not be run, and takes from
// it what the page shows.
func (n *IndexNotebook) collect(shards []shardIndex) (path string, err error) {
	if len(n.Cells) == 0 {
		return "", nil
	}
	name, err := filepath.Localize(n.Name)
	if err != nil {
		return "", fmt.Errorf("the index names a notebook %q: want a path below its folder", n.Name)
	}
	from := slices.IndexFunc(shards, func(s shardIndex) bool {
		return slices.ContainsFunc(s.Notebooks, func(other IndexNotebook) bool { return other.Name == n.Name })
	})
	path = filepath.Join(shards[from].folder, name)
	nb, err := nbformat.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s is not there, but %s lists it: keep the executed notebooks beside the index",
			path, shards[from].path)
	case err != nil:
		return "", err
	case nb.CodeCells() != len(n.Cells):
		return "", fmt.Errorf("%s has %d code cells, but %s lists %d: it is of another run",
			path, nb.CodeCells(), shards[from].path, len(n.Cells))
	}
	n.illustrate(nb)
	return path, nil
}

// bring copies an executed notebook to its place below the folder output, unless
// it is there already.
func bring(path, output, name string) error {
	target := filepath.Join(output, filepath.FromSlash(name))
	if path == "" || same(path, target) {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return nbformat.WriteFile(target, raw)
}

func same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
