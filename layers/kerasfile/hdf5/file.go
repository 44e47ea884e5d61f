package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotHDF5 says that the bytes are no HDF5 file at all.
	ErrNotHDF5 = errors.New("not an HDF5 file")
	// ErrNotFound says that a group has no member of that name.
	ErrNotFound = errors.New("not found")
	// ErrUnsupported says that the file uses a feature this package does not
	// read, or one that is refused for safety (links, external storage).
	ErrUnsupported = errors.New("unsupported HDF5 feature")
	// ErrCorrupt says that the file contradicts the format or itself, most
	// often because it was cut short.
	ErrCorrupt = errors.New("damaged HDF5 file")
)

var signature = []byte("\x89HDF\r\n\x1a\n")

// undefined is the address HDF5 writes for "nowhere", in 8 bytes.
const undefined = ^uint64(0)

// File is an open HDF5 file. Its methods may be called by one goroutine at a
// time.
type File struct {
	r      io.ReaderAt
	size   uint64
	closer io.Closer

	offsetSize int // bytes of an address, from the superblock
	lengthSize int // bytes of a length
	root       uint64
}

// Open opens the file at path for reading. Close it after use.
func Open(path string) (*File, error) {
	osFile, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := osFile.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	var f *File
	if err == nil {
		f, err = NewFile(osFile, info.Size())
	}
	if err != nil {
		osFile.Close()
		return nil, err
	}
	f.closer = osFile
	return f, nil
}

// NewFile reads an HDF5 file of size bytes from r.
func NewFile(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: uint64(max(size, 0)), offsetSize: 8, lengthSize: 8}
	start := make([]byte, min(f.size, 96))
	if _, err := r.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading the first bytes: %w", err)
	}
	if !bytes.HasPrefix(start, signature) {
		return nil, fmt.Errorf("%w: %s", ErrNotHDF5, describe(start, f.size))
	}
	if err := f.readSuperblock(start); err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Root returns the group "/".
func (f *File) Root() (*Group, error) {
	h, err := f.header(f.root)
	if err != nil {
		return nil, fmt.Errorf("root group: %w", err)
	}
	return h.asGroup("")
}

// readSuperblock finds the address sizes and the root group's object header
// (format specification, section II.A).
func (f *File) readSuperblock(b []byte) error {
	c := &cursor{b: b, at: len(signature)}
	version := c.u8()
	switch version {
	case 0, 1:
		c.skip(4) // versions of free space, root group; reserved; shared headers
		f.offsetSize, f.lengthSize = int(c.u8()), int(c.u8())
		c.skip(1 + 2 + 2 + 4) // reserved, group K values, consistency flags
		if version == 1 {
			c.skip(4) // indexed storage K, reserved
		}
	case 2, 3:
		f.offsetSize, f.lengthSize = int(c.u8()), int(c.u8())
		c.skip(1) // consistency flags
	default:
		return fmt.Errorf("%w: superblock version %d (known: 0 to 3)", ErrUnsupported, version)
	}
	if !validSize(f.offsetSize) || !validSize(f.lengthSize) {
		return fmt.Errorf("%w: addresses of %d and lengths of %d bytes", ErrCorrupt, f.offsetSize, f.lengthSize)
	}
	base := c.uint(f.offsetSize)
	if base != 0 {
		return fmt.Errorf("%w: base address %d (a user block)", ErrUnsupported, base)
	}
	c.skip(f.offsetSize) // free space index, or superblock extension
	end := c.uint(f.offsetSize)
	c.skip(f.offsetSize) // driver information block; in version 2 the next field
	if version >= 2 {
		c.at -= f.offsetSize
	} else {
		c.skip(f.offsetSize) // link name offset of the root's symbol table entry
	}
	f.root = c.uint(f.offsetSize)
	if c.err != nil {
		return fmt.Errorf("superblock: %w", c.err)
	}
	if end != undefined && end > f.size {
		return fmt.Errorf("%w: it is cut short: its header says %d bytes, there are %d; fetch it again",
			ErrCorrupt, end, f.size)
	}
	return nil
}

func validSize(n int) bool { return n == 4 || n == 8 }

// read returns n bytes at addr. It allocates nothing before it knows that the
// file has them.
func (f *File) read(addr, n uint64) ([]byte, error) {
	if addr > f.size || n > f.size-addr {
		return nil, fmt.Errorf("%w: %d bytes at address %d are beyond its end at %d", ErrCorrupt, n, addr, f.size)
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, int64(addr)); err != nil {
		return nil, fmt.Errorf("reading %d bytes at address %d: %w", n, addr, err)
	}
	return b, nil
}

// block returns a cursor over up to n bytes at addr, fewer where the file
// ends, after checking that they begin with the signature want.
func (f *File) block(addr, n uint64, want string) (*cursor, error) {
	if addr >= f.size {
		return nil, fmt.Errorf("%w: %q block at address %d is beyond its end at %d", ErrCorrupt, want, addr, f.size)
	}
	b, err := f.read(addr, min(n, f.size-addr))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, []byte(want)) {
		return nil, fmt.Errorf("%w: no %q block at address %d", ErrCorrupt, want, addr)
	}
	return &cursor{b: b, at: len(want)}, nil
}

// describe says in words what a file that is no HDF5 file looks like.
func describe(start []byte, size uint64) string {
	text := bytes.ToLower(bytes.TrimSpace(start))
	switch {
	case size == 0:
		return "it is empty"
	case bytes.HasPrefix(text, []byte("<!doctype")), bytes.HasPrefix(text, []byte("<html")),
		bytes.HasPrefix(text, []byte("<?xml")):
		return "it is a web page, most likely an error page saved by a download; fetch it again"
	case bytes.HasPrefix(start, []byte("version https://git-lfs")):
		return "it is a Git LFS pointer; fetch the file itself with git lfs pull"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "it is a zip archive, as .keras files are"
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return "it is compressed with gzip; unpack it first"
	case bytes.HasPrefix(signature, start):
		return fmt.Sprintf("it is cut short after %d bytes; fetch it again", size)
	default:
		return fmt.Sprintf("it begins with %q", start[:min(len(start), 12)])
	}
}

// cursor reads little-endian fields one after the other. After the first read
// beyond its end it returns zeros and keeps the error, so that a structure can
// be decoded in straight lines and checked once.
type cursor struct {
	b   []byte
	at  int
	err error
}

func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > len(c.b)-c.at) {
		c.err = fmt.Errorf("%w: a structure ends after %d bytes, %d more were expected",
			ErrCorrupt, len(c.b), c.at+n-len(c.b))
	}
	if c.err != nil {
		return nil
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *cursor) skip(n int) { c.take(n) }

// uint reads an unsigned integer of n bytes, n at most 8. A value of all ones
// is "undefined" whatever its size.
func (c *cursor) uint(n int) uint64 {
	b := c.take(n)
	if b == nil {
		return 0
	}
	var wide [8]byte
	copy(wide[:], b)
	v := binary.LittleEndian.Uint64(wide[:])
	if n >= 4 && n < 8 && v == 1<<(8*n)-1 {
		return undefined
	}
	return v
}

func (c *cursor) u8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// rest returns what is left.
func (c *cursor) rest() []byte {
	if c.err != nil {
		return nil
	}
	return c.b[c.at:]
}
