package batch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// Stdin is the argument that names the standard input.
const Stdin = "-"

// mostBytes bounds a notebook that comes from elsewhere.
const mostBytes = 1 << 30

// Load reads the job's document, from stdin if that is where it is. Errors are
// an *execute.UsageError that names it.
func (j *Job) Load(ctx context.Context, stdin io.Reader) error {
	var err error
	switch {
	case j.Path == Stdin:
		j.Notebook, err = nbformat.Read(io.LimitReader(stdin, mostBytes))
		if err != nil {
			err = fmt.Errorf("standard input: %w", err)
		}
	case isURL(j.Path):
		if j.Notebook, err = download(ctx, j.Path); err != nil {
			err = fmt.Errorf("notebook %s: %w", j.Path, err)
		}
	default:
		j.Notebook, err = nbformat.ReadFile(j.Path)
	}
	if err != nil && ctx.Err() == nil {
		return &execute.UsageError{Reason: err}
	}
	return err
}

// Local tells whether the notebook is a file: then it runs in its folder.
func (j Job) Local() bool { return j.Path != Stdin && !isURL(j.Path) }

func isURL(argument string) bool {
	return strings.HasPrefix(argument, "http://") || strings.HasPrefix(argument, "https://")
}

func urlName(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" {
		name = "notebook"
	}
	return strings.TrimSuffix(name, ".ipynb") + ".ipynb", nil
}

func download(ctx context.Context, address string) (*nbformat.Notebook, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server says %s", response.Status)
	}
	return nbformat.Read(io.LimitReader(response.Body, mostBytes))
}
