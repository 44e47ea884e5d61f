package cifar

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers"
)

// recordsPerRead bounds the memory of reading a batch: 256 records are
// 768 KiB, which stays in a core's cache while it is rearranged.
const recordsPerRead = 256

// read loads all batches of a folder, concurrently.
func (l *layout) read(ctx context.Context, source Source) (*Dataset, error) {
	if err := l.checkFolder(source.Folder); err != nil {
		return nil, err
	}
	data := NewDataset(l.name, l.classes, source, l.allocate(l.train), l.allocate(l.test))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	readInto := func(files []batchFile, to *layers.Examples) {
		at := 0
		for _, f := range files {
			pixels := to.Bytes[at*imageBytes : (at+f.records)*imageBytes]
			labels := to.Labels[at : at+f.records]
			group.Go(func() error {
				return l.readBatch(ctx, filepath.Join(source.Folder, f.name), f, pixels, labels)
			})
			at += f.records
		}
	}
	readInto(l.train, data.Train.Examples)
	readInto(l.test, data.Test.Examples)
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return data, nil
}

func (l *layout) allocate(files []batchFile) *layers.Examples {
	n := 0
	for _, f := range files {
		n += f.records
	}
	return &layers.Examples{
		Shape:   []int{Side, Side, Channels},
		Bytes:   make([]uint8, n*imageBytes),
		Labels:  make([]int32, n),
		Classes: len(l.classes),
	}
}

// readBatch reads one file of records into pixels (row major, red green blue
// interleaved) and labels.
func (l *layout) readBatch(ctx context.Context, path string, f batchFile, pixels []uint8, labels []int32) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return l.decode(ctx, path, file, pixels, labels)
}

// decode fills pixels and labels from as many records as labels has room for.
// where names the source in errors.
func (l *layout) decode(ctx context.Context, where string, r io.Reader, pixels []uint8, labels []int32) error {
	size := l.recordBytes()
	buffer := make([]byte, min(recordsPerRead, len(labels))*size)
	for at := 0; at < len(labels); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(recordsPerRead, len(labels)-at)
		if got, err := io.ReadFull(r, buffer[:n*size]); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return l.lengthError(where, batchFile{records: len(labels)}, int64(at*size+got))
			}
			return fmt.Errorf("read %s: %w", where, err)
		}
		for i := range n {
			record := buffer[i*size : (i+1)*size]
			for k, classes := range l.labels {
				if label := record[k]; int(label) >= classes {
					return fmt.Errorf("%s: record %s has label %d, want 0 to %d: the file is damaged or not %s's binary form",
						where, termtext.Thousands(at+i), label, classes-1, l.name)
				}
			}
			labels[at+i] = int32(record[l.label])
			interleave(pixels[(at+i)*imageBytes:], record[len(l.labels):])
		}
		at += n
	}
	return nil
}

// interleave turns a picture's three planes into pixels of red, green, blue.
func interleave(pixels, planes []byte) {
	pixels = pixels[:imageBytes]
	red, green, blue := planes[:planeBytes], planes[planeBytes:2*planeBytes], planes[2*planeBytes:imageBytes]
	for i := range planeBytes {
		p := pixels[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = red[i], green[i], blue[i]
	}
}

// checkFolder makes sure that all batches are there in their exact lengths,
// before anything is allocated for them.
func (l *layout) checkFolder(folder string) error {
	var missing []string
	for _, f := range l.batches() {
		path := filepath.Join(folder, f.name)
		info, err := os.Stat(path)
		switch {
		case os.IsNotExist(err):
			missing = append(missing, f.name)
		case err != nil:
			return fmt.Errorf("cannot read %s: %w", path, err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is not a regular file", path)
		case info.Size() != l.size(f):
			return l.lengthError(path, f, info.Size())
		}
	}
	if len(missing) > 0 {
		return l.missingError("folder "+folder, missing)
	}
	names := filepath.Join(folder, l.names)
	return l.checkNames(names, names)
}

// checkNames compares the list of class names with the one we know, if it is
// there: labels of another data set would be shown under wrong names. where
// names the file in errors.
func (l *layout) checkNames(path, where string) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	got := strings.Fields(string(text))
	if strings.Join(got, " ") != strings.Join(l.classes, " ") {
		return fmt.Errorf("%s lists %d classes (%s …), want %d (%s …): this is not %s",
			where, len(got), first(got), len(l.classes), l.classes[0], l.name)
	}
	return nil
}

func first(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	if word := words[0]; len(word) > 40 {
		return word[:40]
	}
	return words[0]
}
