package cifar

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocifar/gocifar/layers/getfile"
)

// CachedArchive is an extracted archive in the cache.
type CachedArchive struct {
	Name     string // of the data set
	Folder   string // with the batches
	Official bool   // the archive was the published one
	Hashed   bool   // the files' hashes are known; those of early versions are not
	Damage   error  // what is not as it was extracted, nil if nothing is
}

// CheckCache reads all that the cache holds of CIFAR-10 and CIFAR-100 and
// compares it with the hashes that were taken when it was extracted. Nothing is
// changed.
func CheckCache(ctx context.Context) ([]CachedArchive, error) {
	root, err := CacheRoot()
	if err != nil {
		return nil, err
	}
	var all []CachedArchive
	for _, l := range []layout{cifar10, cifar100} {
		entries, _ := filepath.Glob(filepath.Join(root, l.cache, "*", l.folder))
		for _, folder := range entries {
			if strings.HasPrefix(filepath.Base(filepath.Dir(folder)), ".") {
				continue // being extracted
			}
			archive := CachedArchive{Name: l.name, Folder: folder, Official: l.folderSource(folder).Official}
			archive.Hashed, archive.Damage = l.checkSums(ctx, folder)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			all = append(all, archive)
		}
	}
	return all, nil
}

// sums are the hashes of the layout's files in a folder.
func (l *layout) sums(ctx context.Context, folder string) (map[string]string, error) {
	sums := map[string]string{}
	for _, f := range l.batches() {
		sum, err := getfile.Hash(ctx, filepath.Join(folder, f.name), l.archive.sha256)
		if err != nil {
			return nil, err
		}
		sums[f.name] = sum
	}
	return sums, nil
}

// checkSums compares a folder with what source.json says of it.
func (l *layout) checkSums(ctx context.Context, folder string) (hashed bool, err error) {
	if err := l.checkFolder(folder); err != nil {
		return false, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(folder), "source.json"))
	if err != nil {
		return false, err
	}
	var from origin
	if err := json.Unmarshal(text, &from); err != nil {
		return false, fmt.Errorf("its source.json: %w", err)
	}
	if len(from.Files) == 0 {
		return false, nil
	}
	sums, err := l.sums(ctx, folder)
	if err != nil {
		return true, err
	}
	var changed []string
	for name, sum := range sums {
		if from.Files[name] != sum {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	if len(changed) > 0 {
		return true, fmt.Errorf("not as extracted: %s", strings.Join(changed, ", "))
	}
	return true, nil
}
