package jupyter

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// FindConnectionFile finds the connection file of a running kernel, as
// jupyter_client's find_connection_file does: name is a path, a file's name in
// [RuntimeDir], a pattern for one, or a part of one; "" stands for all. Of
// several the newest is taken.
func FindConnectionFile(name string) (string, error) {
	if info, err := os.Stat(name); name != "" && err == nil && !info.IsDir() {
		return name, nil
	}
	dir, err := RuntimeDir()
	if err != nil {
		return "", err
	}
	if name != "" {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	patterns := []string{"kernel-*.json"}
	if name != "" {
		patterns = []string{name, "*" + name + "*.json"}
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", fmt.Errorf("jupyter: connection file %q: %w", name, err)
		}
		if newest := newestFile(found); newest != "" {
			return newest, nil
		}
	}
	if name == "" {
		return "", fmt.Errorf("jupyter: no kernel seems to be running: there is no connection file in %s: %w", dir,
			fs.ErrNotExist)
	}
	return "", fmt.Errorf("jupyter: connection file %q: no such file, and nothing like it in %s: %w", name, dir,
		fs.ErrNotExist)
}

func newestFile(paths []string) string {
	var newest string
	var when time.Time
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or none
		}
		if newest == "" || info.ModTime().After(when) {
			newest, when = path, info.ModTime()
		}
	}
	return newest
}
