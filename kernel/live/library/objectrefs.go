package library

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
)

// objectMagic begins the object files of Go 1.20 and later
// (cmd/internal/goobj/objfile.go describes them).
const objectMagic = "\x00go120ld"

// Blocks of an object file, by the place of their offset in its header.
const (
	symbolDefsBlock = 3
	nonPkgRefsBlock = 7
	objectBlocks    = nonPkgRefsBlock + 2
	symbolSize      = 8 + 2 + 1 + 1 + 1 + 4 + 4
)

var errObject = errors.New("not an object file that we know")

// objectNames lists the symbols that an archive with one object file names: those it
// defines, and those that it needs from elsewhere.
func objectNames(archive []byte) ([]string, error) {
	at := bytes.LastIndex(archive, []byte(objectMagic))
	if at < 0 {
		return nil, errObject
	}
	object := archive[at:]
	const offsets = len(objectMagic) + 8 + 4
	if len(object) < offsets+4*objectBlocks {
		return nil, errObject
	}
	block := func(i int) uint32 { return binary.LittleEndian.Uint32(object[offsets+4*i:]) }
	from, to := block(symbolDefsBlock), block(nonPkgRefsBlock+1)
	if from > to || int(to) > len(object) {
		return nil, errObject
	}
	var names []string
	for entry := object[from:to]; len(entry) >= symbolSize; entry = entry[symbolSize:] {
		length, offset := binary.LittleEndian.Uint32(entry), binary.LittleEndian.Uint32(entry[4:])
		if uint64(offset)+uint64(length) > uint64(len(object)) {
			return nil, errObject
		}
		if name := string(object[offset : offset+length]); name != "" && !strings.HasPrefix(name, cellPath+".") {
			names = append(names, name)
		}
	}
	return names, nil
}
