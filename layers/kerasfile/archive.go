package kerasfile

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"github.com/gocifar/gocifar/layers"
	"github.com/gocifar/gocifar/layers/kerasfile/hdf5"
)

// Members of a .keras archive (keras/src/saving/saving_lib.py). Others, such
// as assets, are not read, and nothing is ever extracted under a name that
// comes from the archive.
const (
	metadataMember = "metadata.json"
	configMember   = "config.json"
	weightsMember  = "model.weights.h5"
	numpyMember    = "model.weights.npz"
)

// maxConfig limits config.json. A model of a thousand layers takes about one
// megabyte.
const maxConfig = 64 << 20

// maxDeflate is the largest ratio by which deflate compresses; a member that
// claims more is a bomb.
const maxDeflate = 1032

// archive is an open .keras file.
type archive struct {
	osFile *os.File
	zip    *zip.Reader
}

func openArchive(osFile *os.File, size int64) (*archive, error) {
	z, err := zip.NewReader(osFile, size)
	if err != nil {
		return nil, fmt.Errorf("a damaged .keras file (cut short?): %w", err)
	}
	return &archive{osFile, z}, nil
}

// member finds the only member of that name and checks its sizes.
func (a *archive) member(name string) (*zip.File, error) {
	var found *zip.File
	for _, m := range a.zip.File {
		switch {
		case m.Name != name:
		case found != nil:
			return nil, fmt.Errorf("two members are named %s", name)
		default:
			found = m
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no .keras file: the archive has no %s", name)
	}
	if found.UncompressedSize64/maxDeflate > found.CompressedSize64 {
		return nil, fmt.Errorf("%s claims to grow from %d to %d bytes, more than compression can do",
			name, found.CompressedSize64, found.UncompressedSize64)
	}
	return found, nil
}

// config returns the decoded config.json.
func (a *archive) config() (map[string]any, error) {
	m, err := a.member(configMember)
	if err != nil {
		return nil, err
	}
	if m.UncompressedSize64 > maxConfig {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d allowed", configMember, m.UncompressedSize64, maxConfig)
	}
	r, err := m.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configMember, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxConfig))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configMember, err)
	}
	return decodeConfig(configMember, text)
}

func decodeConfig(where string, text []byte) (map[string]any, error) {
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return config, nil
}

// weights opens model.weights.h5. Keras stores it uncompressed, and it is then
// read in place; compressed, it is first unpacked into a temporary file, which
// cleanup removes.
func (a *archive) weights() (f *hdf5.File, cleanup func() error, err error) {
	m, err := a.member(weightsMember)
	if err != nil {
		if _, npz := a.member(numpyMember); npz == nil {
			err = fmt.Errorf("its weights are in %s, which is not supported; save it in Keras with weights_format='h5'",
				numpyMember)
		}
		return nil, nil, err
	}
	r, err := m.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
	}
	defer r.Close()
	if m.Method == zip.Store {
		// Reading to the end compares the checksum.
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
		}
		at, err := m.DataOffset()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
		}
		size := int64(m.UncompressedSize64)
		f, err := hdf5.NewFile(io.NewSectionReader(a.osFile, at, size), size)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
		}
		return f, func() error { return nil }, nil
	}
	return unpack(r)
}

// unpack copies a compressed member into a temporary file.
func unpack(r io.Reader) (f *hdf5.File, cleanup func() error, err error) {
	temp, err := os.CreateTemp("", "gocifar-*.weights.h5")
	if err != nil {
		return nil, nil, err
	}
	cleanup = func() error { return errors.Join(temp.Close(), os.Remove(temp.Name())) }
	remove := cleanup
	defer func() {
		if err != nil {
			remove()
		}
	}()
	size, err := io.Copy(temp, r)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
	}
	if f, err = hdf5.NewFile(temp, size); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", weightsMember, err)
	}
	return f, cleanup, nil
}

// writeArchive writes a .keras file.
func writeArchive(w io.Writer, m *layers.Model, s saving) error {
	z := zip.NewWriter(w)
	metadata := map[string]any{"keras_version": kerasVersion, "date_saved": time.Now().Format("2006-01-02@15:04:05")}
	if err := addJSON(z, metadataMember, metadata); err != nil {
		return err
	}
	config := m.KerasConfig()
	if s.compiled != nil {
		config["compile_config"] = s.compiled
	}
	if err := addJSON(z, configMember, config); err != nil {
		return err
	}
	var root hdf5.Tree
	writePlaces(&root, m)
	if s.state != nil {
		optimizer := s.compiled["optimizer"].(map[string]any)["config"].(map[string]any)
		vars := root.Group("optimizer/vars")
		vars.SetText("name", fmt.Sprint(optimizer["name"]))
		s.put(vars)
	}
	member, err := z.CreateHeader(&zip.FileHeader{Name: weightsMember, Method: zip.Store, Modified: time.Now()})
	if err != nil {
		return err
	}
	if _, err := root.WriteTo(member); err != nil {
		return err
	}
	return z.Close()
}

// addJSON stores a member as Keras does: not compressed.
func addJSON(z *zip.Writer, name string, value any) error {
	text, err := pythonJSON(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	size := uint64(len(text))
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Store, Modified: time.Now(),
		CRC32: crc32.ChecksumIEEE(text), CompressedSize64: size, UncompressedSize64: size,
	})
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}
