// Package rowfile keeps a matrix of float32 numbers in one file that is
// expensive to compute and cheap to read.
//
// [Build] computes the matrix chunk by chunk. A process that is killed at any
// moment loses at most the chunk it was writing: the next Build goes on with
// the chunks that are missing. Only a complete matrix ever gets the file's
// final name, two processes that build the same file wait for each other, and
// [Open] maps the file into memory, so that the operating system and not the
// Go heap holds the numbers.
//
// The file, all integers little endian:
//
//	0      "gocifar rows 1\n", 0, then a uint32 n and n bytes of JSON: the Spec
//	4096   for each chunk a uint32 CRC-32C of its bytes and a uint32: 1 once written
//	...    rows x columns float32, row major, from the next multiple of 4096
//
// A chunk counts only if its CRC fits, so the order in which a dying machine
// wrote the pages to disk does not matter.
package rowfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unsafe"
)

const (
	magic     = "gocifar rows 1\n\x00"
	page      = 4096
	entrySize = 8
	// maxBytes bounds what a header may claim: 1 TiB, far above any features.
	maxBytes = 1 << 40
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is wrapped by Open's error for a file that is there but is not
// the complete matrix it should be.
var ErrDamaged = errors.New("the file is damaged or not a complete matrix")

// Spec says what a file holds. Key, Rows and Columns tell one matrix from
// another.
type Spec struct {
	// Key identifies the content, for instance by a hash of everything the
	// numbers depend on.
	Key string `json:"key"`
	// About describes the content to people who look into the file; at most
	// about 3900 bytes.
	About string `json:"about,omitempty"`
	// Rows and Columns are the size of the matrix.
	Rows    int `json:"rows"`
	Columns int `json:"columns"`
	// ChunkRows is the number of rows that are computed and written together;
	// the last chunk may have fewer. A complete file is read whatever its
	// chunks are.
	ChunkRows int `json:"chunk_rows"`
}

// Bytes returns the size of the numbers in the file.
func (s Spec) Bytes() int64 { return 4 * int64(s.Rows) * int64(s.Columns) }

// sameMatrix tells whether two files hold the same numbers.
func (s Spec) sameMatrix(o Spec) bool {
	return s.Key == o.Key && s.Rows == o.Rows && s.Columns == o.Columns
}

func (s Spec) check() error {
	if s.Rows < 1 || s.Columns < 1 || s.ChunkRows < 1 {
		return fmt.Errorf("rowfile: rows, columns and rows a chunk must be at least 1, got %d, %d, %d",
			s.Rows, s.Columns, s.ChunkRows)
	}
	if s.Columns > maxBytes/4/s.Rows {
		return fmt.Errorf("rowfile: %d x %d numbers are more than the %d bytes a file may have", s.Rows, s.Columns,
			int64(maxBytes))
	}
	if text, err := json.Marshal(s); err != nil || len(magic)+4+len(text) > page {
		return fmt.Errorf("rowfile: the description must be text of less than %d bytes", page)
	}
	return nil
}

// chunks returns the number of chunks.
func (s Spec) chunks() int { return (s.Rows + s.ChunkRows - 1) / s.ChunkRows }

// span returns the rows of a chunk, the last excluded.
func (s Spec) span(chunk int) (from, to int) {
	from = chunk * s.ChunkRows
	return from, min(from+s.ChunkRows, s.Rows)
}

// start returns where the numbers begin.
func (s Spec) start() int64 {
	table := int64(s.chunks()) * entrySize
	return page + (table+page-1)/page*page
}

// size returns the size of the whole file.
func (s Spec) size() int64 { return s.start() + s.Bytes() }

// offset returns where a row begins.
func (s Spec) offset(row int) int64 { return s.start() + 4*int64(row)*int64(s.Columns) }

// header returns the file's first page.
func (s Spec) header() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	head := append(make([]byte, 0, page), magic...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(text)))
	head = append(head, text...)
	return head[:page], nil
}

// readSpec reads the first page of a file.
func readSpec(r io.ReaderAt) (Spec, error) {
	var spec Spec
	head := make([]byte, page)
	if _, err := r.ReadAt(head, 0); err != nil {
		return spec, fmt.Errorf("%w: reading its header: %w", ErrDamaged, err)
	}
	text, ok := bytes.CutPrefix(head, []byte(magic))
	if !ok {
		return spec, fmt.Errorf("%w: it does not begin with %q", ErrDamaged, magic)
	}
	n := binary.LittleEndian.Uint32(text)
	if text = text[4:]; n > uint32(len(text)) {
		return spec, fmt.Errorf("%w: its header claims %d bytes", ErrDamaged, n)
	}
	if err := json.Unmarshal(text[:n], &spec); err != nil {
		return spec, fmt.Errorf("%w: its header: %w", ErrDamaged, err)
	}
	// More rows a chunk than rows are one chunk too, and would be the memory that
	// a chunk takes.
	spec.ChunkRows = min(spec.ChunkRows, spec.Rows)
	if err := spec.check(); err != nil {
		return spec, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return spec, nil
}

// entry is what the table says about one chunk.
type entry struct {
	sum     uint32
	written bool
}

func entryOf(data []byte) [entrySize]byte {
	var e [entrySize]byte
	binary.LittleEndian.PutUint32(e[:], crc32.Checksum(data, castagnoli))
	binary.LittleEndian.PutUint32(e[4:], 1)
	return e
}

// readTable reads the table of chunks.
func readTable(r io.ReaderAt, s Spec) ([]entry, error) {
	raw := make([]byte, s.chunks()*entrySize)
	if _, err := r.ReadAt(raw, page); err != nil {
		return nil, fmt.Errorf("%w: reading its table: %w", ErrDamaged, err)
	}
	table := make([]entry, s.chunks())
	for i := range table {
		e := raw[i*entrySize:]
		table[i] = entry{binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:]) == 1}
	}
	return table, nil
}

// missing lists the chunks that have to be computed: those not written, and
// those whose bytes are not what was written.
func missing(r io.ReaderAt, s Spec) ([]int, error) {
	table, err := readTable(r, s)
	if err != nil {
		return nil, err
	}
	var list []int
	buffer := make([]byte, 4*s.ChunkRows*s.Columns)
	for i, e := range table {
		if e.written {
			from, to := s.span(i)
			data := buffer[:4*(to-from)*s.Columns]
			if _, err := r.ReadAt(data, s.offset(from)); err == nil && crc32.Checksum(data, castagnoli) == e.sum {
				continue
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// bytesOf returns the memory of values, which is the file's form of them on a
// little-endian machine.
func bytesOf(values []float32) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values))
}

// floatsOf is the reverse of bytesOf. data must be aligned to 4 bytes, as
// mapped pages and float slices are.
func floatsOf(data []byte) []float32 {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), len(data)/4)
}

// checkByteOrder refuses big-endian machines, whose memory is not the file's
// form of numbers. GoMLX's backends do not run there either.
func checkByteOrder() error {
	if one := bytesOf([]float32{1}); binary.LittleEndian.Uint32(one) != math.Float32bits(1) {
		return errors.New("rowfile: big-endian machines are not supported")
	}
	return nil
}
