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

// objectNames lists the symbols that an archive's object files name: those they
// define, and those that they need from elsewhere.
func objectNames(archive []byte) ([]string, error) {
	var names []string
	for at := 0; ; {
		i := bytes.Index(archive[at:], []byte(objectMagic))
		if i < 0 {
			break
		}
		at += i
		var err error
		if names, err = appendNames(names, archive[at:]); err != nil {
			return nil, err
		}
		at += len(objectMagic)
	}
	if len(names) == 0 {
		return nil, errObject
	}
	return names, nil
}

// appendNames adds the names in the object file at the start of object.
func appendNames(names []string, object []byte) ([]string, error) {
	const offsets = len(objectMagic) + 8 + 4
	if len(object) < offsets+4*objectBlocks {
		return nil, errObject
	}
	block := func(i int) uint32 { return binary.LittleEndian.Uint32(object[offsets+4*i:]) }
	from, to := block(symbolDefsBlock), block(nonPkgRefsBlock+1)
	if from > to || int(to) > len(object) {
		return nil, errObject
	}
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
