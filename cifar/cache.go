package cifar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gocifar/gocifar/internal/cachedir"
	"github.com/gocifar/gocifar/internal/lock"
	"github.com/gocifar/gocifar/internal/wholefile"
)

// A cache is a folder on disk:
//
//	.lock                                    held while anything is written
//	cifar-10-binary.tar.gz.part              a download to be resumed
//	<sha256 of an archive>/cifar-10-batches-bin/*.bin
//	<sha256 of an archive>/source.json       which archive that was
//	known/<hash of a path>.json              the archive last seen at a path
//	.unreachable                             why no server could be reached of late
//
// A folder named by a hash appears by one rename when it is complete.
type cache struct {
	root   string
	layout *layout
}

// CacheRoot returns the folder below which everything is cached:
// GOCIFAR_CACHE, else gocifar in the user's cache folder.
func CacheRoot() (string, error) { return cachedir.Root() }

// origin is what source.json holds.
type origin struct {
	Archive string            `json:"archive"`
	SHA256  string            `json:"sha256"`
	Files   map[string]string `json:"files,omitempty"` // SHA-256 of the extracted files, by name
}

// knownArchive is what known/*.json holds: an archive that need not be read
// again as long as its size and time stay.
type knownArchive struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	SHA256   string    `json:"sha256"`
}

// lock waits until no other process writes to the cache. The lock goes with
// the process, should it die.
func (c *cache) lock(ctx context.Context, report func(Progress)) (unlock func(), err error) {
	if err := os.MkdirAll(c.root, 0o755); err != nil {
		return nil, c.unwritable(err)
	}
	unlock, err = lock.Wait(ctx, filepath.Join(c.root, ".lock"), func() {
		report(Progress{Stage: "wait", Detail: "another process is filling " + c.root})
	})
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, c.unwritable(err)
}

func (c *cache) unwritable(err error) error {
	return fmt.Errorf("cannot write to the cache %s (%w): set GOCIFAR_CACHE to a folder you may write to", c.root, err)
}

// entry returns the folder of an archive's batches.
func (c *cache) entry(sha string) string { return filepath.Join(c.root, sha) }

// find returns the source for an extracted archive, if the cache has it.
func (c *cache) find(sha string) (Source, bool) {
	folder := filepath.Join(c.entry(sha), c.layout.folder)
	if sha == "" || c.layout.checkFolder(folder) != nil {
		return Source{}, false
	}
	return c.layout.folderSource(folder), true
}

// folderSource describes a folder, by its source.json if it is one of a cache.
func (l *layout) folderSource(folder string) Source {
	source := Source{Kind: Folder, Folder: folder}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(folder), "source.json"))
	if err != nil {
		return source
	}
	var from origin
	if json.Unmarshal(text, &from) == nil {
		source.Archive, source.SHA256 = from.Archive, from.SHA256
		source.Official = from.SHA256 == l.archive.sha256
	}
	return source
}

// add extracts an archive into the cache, under the lock. from is what to
// remember as its origin.
func (c *cache) add(ctx context.Context, archive, from string, report func(Progress)) (Source, error) {
	c.sweep()
	temp, err := os.MkdirTemp(c.root, ".extract-")
	if err != nil {
		return Source{}, c.unwritable(err)
	}
	defer os.RemoveAll(temp)
	folder := filepath.Join(temp, c.layout.folder)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return Source{}, c.unwritable(err)
	}
	sha, err := c.layout.extract(ctx, archive, folder, report)
	if err != nil {
		return Source{}, err
	}
	if err := c.layout.checkNames(filepath.Join(folder, c.layout.names), c.layout.names+" in "+archive); err != nil {
		return Source{}, err
	}
	if source, ok := c.find(sha); ok {
		return source, nil
	}
	sums, err := c.layout.sums(ctx, folder)
	if err != nil {
		return Source{}, err
	}
	made := origin{Archive: from, SHA256: sha, Files: sums}
	if err := wholefile.Write(filepath.Join(temp, "source.json"), wholefile.JSON(made, "  ")); err != nil {
		return Source{}, c.unwritable(err)
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return Source{}, c.unwritable(err)
	}
	// What find refused is damaged: make room.
	if err := os.RemoveAll(c.entry(sha)); err != nil {
		return Source{}, c.unwritable(err)
	}
	if err := os.Rename(temp, c.entry(sha)); err != nil {
		return Source{}, c.unwritable(err)
	}
	wholefile.SyncFolder(c.root)
	source, ok := c.find(sha)
	if !ok {
		return Source{}, fmt.Errorf("the folder %s was changed while it was written", c.entry(sha))
	}
	return source, nil
}

// sweep removes what killed processes left behind. We hold the lock, so
// nobody else is extracting.
func (c *cache) sweep() {
	left, _ := filepath.Glob(filepath.Join(c.root, ".extract-*"))
	for _, path := range left {
		os.RemoveAll(path)
	}
}

// archive returns the source of an archive on disk, extracting it unless that
// was done before.
func (c *cache) archive(ctx context.Context, path string, report func(Progress)) (Source, error) {
	if source, ok := c.known(path); ok {
		return source, nil
	}
	unlock, err := c.lock(ctx, report)
	if err != nil {
		return Source{}, err
	}
	defer unlock()
	if source, ok := c.known(path); ok {
		return source, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, err
	}
	source, err := c.add(ctx, path, path, report)
	if err != nil {
		return Source{}, err
	}
	return source, c.remember(path, info, source.SHA256)
}

func (c *cache) knownFile(path string) string {
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(c.root, "known", hex.EncodeToString(sum[:8])+".json")
}

func (c *cache) known(path string) (Source, bool) {
	text, err := os.ReadFile(c.knownFile(path))
	if err != nil {
		return Source{}, false
	}
	var known knownArchive
	info, err := os.Stat(path)
	if err != nil || json.Unmarshal(text, &known) != nil || known.Path != path ||
		known.Size != info.Size() || !known.Modified.Equal(info.ModTime()) {
		return Source{}, false
	}
	return c.find(known.SHA256)
}

func (c *cache) remember(path string, info os.FileInfo, sha string) error {
	if err := os.MkdirAll(filepath.Join(c.root, "known"), 0o755); err != nil {
		return c.unwritable(err)
	}
	known := knownArchive{Path: path, Size: info.Size(), Modified: info.ModTime(), SHA256: sha}
	if err := wholefile.Write(c.knownFile(path), wholefile.JSON(known, "  ")); err != nil {
		return c.unwritable(err)
	}
	return nil
}

// unreachable returns why no server could be reached, if that was found out
// less than remember ago.
func (c *cache) unreachable(remember time.Duration) string {
	info, err := os.Stat(c.unreachableFile())
	if err != nil || time.Since(info.ModTime()) > remember {
		return ""
	}
	reason, err := os.ReadFile(c.unreachableFile())
	if err != nil {
		return ""
	}
	return string(reason)
}

// setUnreachable is a convenience for the next call only, hence without error.
func (c *cache) setUnreachable(reason string) {
	os.WriteFile(c.unreachableFile(), []byte(reason), 0o644)
}

func (c *cache) unreachableFile() string { return filepath.Join(c.root, ".unreachable") }
