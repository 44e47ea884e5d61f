// Package batch runs many notebooks into one folder of results.
package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Job is one notebook to run.
type Job struct {
	Path string // the notebook: a file, an http address, or "-" for the standard input
	Name string // its path below the folder of results, with slashes
	// Notebook is the document, if it has been read; see Load.
	Notebook *nbformat.Notebook
}

// Output is where the result goes below a folder of results.
func (j Job) Output(folder string) string { return filepath.Join(folder, filepath.FromSlash(j.Name)) }

// Find lists the notebooks that the arguments name: files as they are, folders
// by what is in and below them, sorted, without hidden folders and the
// checkpoints that Jupyter keeps; http addresses, and "-" for the standard
// input. A file's result is named by the file, a folder's by the path below the
// folder. Errors are an *execute.UsageError.
func Find(arguments []string) ([]Job, error) {
	var jobs []Job
	for _, argument := range arguments {
		found, err := find(argument)
		if err != nil {
			return nil, &execute.UsageError{Reason: err}
		}
		jobs = append(jobs, found...)
	}
	if len(jobs) == 0 {
		return nil, &execute.UsageError{Reason: errors.New("no notebook to run")}
	}
	names := map[string]string{}
	for _, job := range jobs {
		if first, taken := names[job.Name]; taken {
			return nil, &execute.UsageError{Reason: fmt.Errorf(
				"%s and %s would both be saved as %s: run them into different folders", first, job.Path, job.Name)}
		}
		names[job.Name] = job.Path
	}
	return jobs, nil
}

func find(argument string) ([]Job, error) {
	switch {
	case argument == Stdin:
		return []Job{{Path: Stdin, Name: "stdin.ipynb"}}, nil
	case isURL(argument):
		name, err := urlName(argument)
		return []Job{{Path: argument, Name: name}}, err
	}
	info, err := os.Stat(argument)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []Job{{Path: argument, Name: filepath.Base(argument)}}, nil
	}
	var jobs []Job
	err = filepath.WalkDir(argument, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && path != argument
		switch {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case !entry.IsDir() && !hidden && strings.HasSuffix(entry.Name(), ".ipynb"):
			name, err := filepath.Rel(argument, path)
			if err != nil {
				return err
			}
			jobs = append(jobs, Job{Path: path, Name: filepath.ToSlash(name)})
		}
		return nil
	})
	if err == nil && len(jobs) == 0 {
		err = fmt.Errorf("%s: no notebook (*.ipynb) in this folder", argument)
	}
	sort.SliceStable(jobs, func(i, j int) bool { return jobs[i].Name < jobs[j].Name })
	return jobs, err
}
