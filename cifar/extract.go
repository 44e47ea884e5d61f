package cifar

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/internal/termtext"
	"github.com/gocifar/gocifar/layers/getfile"
)

// slack is how many bytes an archive may unpack to beyond the files we want,
// so that a small malicious file cannot keep us busy for hours.
const slack = 64 << 20

// extract unpacks the files of the layout, and only those, from a .tar.gz
// into an existing folder, and returns the archive's SHA-256. Every file has
// its exact size and is synced when extract returns without an error; else
// the folder is in any state and the caller removes it.
func (l *layout) extract(ctx context.Context, archive, folder string, report func(Progress)) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	raw := getfile.Reader(ctx, io.TeeReader(file, hash), func(n int64) {
		report(Progress{Stage: "extract", Done: n, Total: info.Size(), Detail: archive})
	})
	buffered := bufio.NewReaderSize(raw, 1<<20)
	write := func(name string, r io.Reader, size int64) error {
		return writeSynced(filepath.Join(folder, name), r, size)
	}
	if err := l.untar(buffered, write); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = fmt.Errorf("it is truncated (%s bytes long): get it again", termtext.Thousands(info.Size()))
		}
		return "", fmt.Errorf("archive %s: %w", archive, err)
	}
	// The hash covers the whole file, whatever follows the archive in it.
	if _, err := io.Copy(io.Discard, buffered); err != nil {
		return "", fmt.Errorf("read archive %s: %w", archive, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// untar reads a .tar.gz and hands each expected file to write. Links, paths
// that leave the folder, wrong sizes, doubles and missing files are errors;
// other files are passed over.
func (l *layout) untar(r *bufio.Reader, write func(name string, r io.Reader, size int64) error) error {
	if err := checkMagic(r); err != nil {
		return err
	}
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	wanted, missing := l.members()
	limit := int64(slack)
	for _, size := range wanted {
		limit += max(size, 0)
	}
	limited := &io.LimitedReader{R: unzipped, N: limit}
	members := tar.NewReader(limited)
	python := false
	for {
		header, err := members.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return l.tarError(err, limited)
		}
		python = python || strings.Contains(header.Name, l.python+"/")
		name, err := l.memberName(header)
		if err != nil {
			return err
		}
		size, ok := wanted[name]
		if !ok {
			continue
		}
		if !missing[name] {
			return fmt.Errorf("it holds %s twice", name)
		}
		delete(missing, name)
		if size < 0 {
			size = min(header.Size, maxTextBytes)
		}
		if header.Size != size {
			return l.lengthError(name+" in it", batchFile{records: int(size) / l.recordBytes()}, header.Size)
		}
		if err := write(name, members, size); err != nil {
			return l.tarError(err, limited)
		}
	}
	// Reading to the end checks gzip's own length and checksum.
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return l.tarError(err, limited)
	}
	if limited.N <= 0 {
		return l.tarError(nil, limited)
	}
	return l.checkMissing(missing, python)
}

// maxTextBytes is the most that is taken of the two small text files.
const maxTextBytes = 1 << 20

// members returns the files to take with their sizes (-1: any), and the same
// names as a set to tick off.
func (l *layout) members() (sizes map[string]int64, missing map[string]bool) {
	sizes, missing = map[string]int64{}, map[string]bool{}
	for _, f := range l.batches() {
		sizes[f.name] = l.size(f)
	}
	for _, name := range append([]string{l.names}, l.extras...) {
		sizes[name] = -1
	}
	for name := range sizes {
		missing[name] = true
	}
	return sizes, missing
}

// memberName returns the name of a member's file in our folder, or "" for
// members that are of no interest.
func (l *layout) memberName(header *tar.Header) (string, error) {
	clean := path.Clean(header.Name)
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") ||
		strings.ContainsAny(header.Name, "\\\x00") {
		return "", fmt.Errorf("it holds a file named %.80q, outside the folder it unpacks to: refused as unsafe", header.Name)
	}
	switch header.Typeflag {
	case tar.TypeSymlink, tar.TypeLink:
		return "", fmt.Errorf("it holds a link, %.80q to %.80q: refused as unsafe", header.Name, header.Linkname)
	case tar.TypeReg:
		if folder, name := path.Split(clean); folder == "" || folder == l.folder+"/" {
			return name, nil
		}
	}
	return "", nil
}

func (l *layout) checkMissing(missing map[string]bool, python bool) error {
	var batches []string
	for _, f := range l.batches() {
		if missing[f.name] {
			batches = append(batches, f.name)
		}
	}
	switch {
	case len(batches) == 0:
		return nil
	case python:
		return fmt.Errorf("it is the Python form (%s); want the binary form, %s", l.python, l.archive.name)
	default:
		return l.missingError("it", batches)
	}
}

// tarError says in our words what archive/tar and compress/gzip mean.
func (l *layout) tarError(err error, limited *io.LimitedReader) error {
	switch {
	case limited.N <= 0:
		return fmt.Errorf("it unpacks to more than the %s bytes that %s can have: refused as unsafe",
			termtext.Thousands(l.total()+slack), l.name)
	case errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("it is compressed, but not a tar archive: %w", err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("it is damaged (%w): get it again", err)
	}
	return err
}

// total returns the length of all batches in bytes.
func (l *layout) total() int64 {
	var sum int64
	for _, f := range l.batches() {
		sum += l.size(f)
	}
	return sum
}

// checkMagic tells a gzip file from what is found in its place most often.
func checkMagic(r *bufio.Reader) error {
	head, err := r.Peek(512)
	if len(head) == 0 {
		if err == io.EOF {
			return errors.New("it is empty")
		}
		return err
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return nil
	}
	if getfile.LooksLikeHTML(head) {
		return errors.New("it is an HTML page, not a .tar.gz archive")
	}
	return fmt.Errorf("it is not a .tar.gz archive (it begins with % x)", head[:min(4, len(head))])
}

// writeSynced writes exactly size bytes of r to a new file and syncs it.
func writeSynced(path string, r io.Reader, size int64) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(file, r, size); err != nil {
		file.Close()
		return err
	}
	if err := file.Sync(); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
