package xlaplugin

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// folder holds executables by key, each in a file: a line that names the
// format, the SHA-256 of the rest, the rest. Any number of processes may use it
// at once.
type folder struct {
	path  string
	limit int64
}

const (
	format    = "gocifar xlacache 1\n"
	extension = ".xlacache"
	temporary = ".*.xlacache.tmp" // while a file is written
)

// pack makes a file's content.
func pack(data []byte) []byte {
	sum := sha256.Sum256(data)
	return slices.Concat([]byte(format), sum[:], data)
}

// unpack returns what was packed, nil for a content that is damaged or foreign:
// XLA would run it as machine code.
func unpack(content []byte) []byte {
	rest, ok := bytes.CutPrefix(content, []byte(format))
	if !ok || len(rest) < sha256.Size {
		return nil
	}
	if sum := sha256.Sum256(rest[sha256.Size:]); !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return nil
	}
	return rest[sha256.Size:]
}

// load returns the executable of a key, nil if there is none.
func (f folder) load(key string) []byte {
	path := filepath.Join(f.path, key+extension)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	data := unpack(content)
	if data == nil {
		_ = os.Remove(path)
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // the oldest go first
	return data
}

// save keeps an executable under a key. Without room or permission nothing is
// kept. Nothing waits for the disk: a file that a power cut damages is found by
// its sum.
func (f folder) save(key string, data []byte) {
	if int64(len(data)) > f.limit/4 || os.MkdirAll(f.path, 0o700) != nil {
		return
	}
	options := wholefile.Options{Mode: 0o600, Disk: wholefile.Nothing, Pattern: temporary}
	if options.Write(filepath.Join(f.path, key+extension), wholefile.Bytes(pack(data))) == nil {
		f.prune()
	}
}

// prune removes the files that were not used for longest, until those that
// stay keep to the limit, and what killed processes left.
func (f folder) prune() {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	var size int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if left, _ := filepath.Match(temporary, e.Name()); left && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(f.path, e.Name()))
		} else if filepath.Ext(e.Name()) == extension {
			files, size = append(files, info), size+info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range files {
		if size <= f.limit {
			return
		}
		if os.Remove(filepath.Join(f.path, info.Name())) == nil {
			size -= info.Size()
		}
	}
}
