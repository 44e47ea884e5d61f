package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gocifar/gocifar/internal/wholefile"
)

// Interrupt modes of a [Spec].
const (
	InterruptBySignal  = "signal"  // SIGINT to the kernel's process group
	InterruptByMessage = "message" // an interrupt_request
)

// Spec is a kernelspec: the file kernel.json in a folder named after the
// kernel, see
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs.
type Spec struct {
	// Name is the folder's name in lower case, and Dir the folder. They are
	// not in the file.
	Name string `json:"-"`
	Dir  string `json:"-"`

	// Argv is the command. {connection_file} and {resource_dir} in it stand
	// for the connection file and for Dir.
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"` // empty: signal
	Env           map[string]string `json:"env,omitempty"`            // may refer to ${VARIABLES}
	Metadata      map[string]any    `json:"metadata,omitempty"`
	// ProtocolVersion is optional.
	ProtocolVersion string `json:"kernel_protocol_version,omitempty"`
}

// specFile is the name of a kernelspec's file in its folder.
const specFile = "kernel.json"

var (
	specName    = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	placeholder = regexp.MustCompile(`\{[A-Za-z0-9_]+\}`)
)

// ParseSpec reads the content of a kernel.json. Fields it does not know are
// ignored.
func ParseSpec(data []byte) (*Spec, error) {
	spec := new(Spec)
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(spec); err != nil {
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	spec.InterruptMode = strings.ToLower(spec.InterruptMode)
	if spec.InterruptMode == "" {
		spec.InterruptMode = InterruptBySignal
	}
	if err := spec.validate(); err != nil {
		return nil, err
	}
	return spec, nil
}

func (s *Spec) validate() error {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return errors.New("argv is empty: want the kernel's command")
	}
	switch s.InterruptMode {
	case "", InterruptBySignal, InterruptByMessage:
	default:
		return fmt.Errorf("interrupt_mode %q: want %q or %q", s.InterruptMode, InterruptBySignal, InterruptByMessage)
	}
	for name := range s.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("env has the name %q", name)
		}
	}
	return nil
}

// ReadSpec reads the kernelspec in a folder.
func ReadSpec(dir string) (*Spec, error) {
	path := filepath.Join(dir, specFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("jupyter: kernelspec: %w", err)
	}
	spec, err := ParseSpec(data)
	if err != nil {
		return nil, fmt.Errorf("jupyter: kernelspec %s: %w", path, err)
	}
	if spec.Dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("jupyter: kernelspec: %w", err)
	}
	spec.Name = strings.ToLower(filepath.Base(spec.Dir))
	return spec, nil
}

// WriteSpec writes a kernelspec as kernelsDir/name/kernel.json, atomically,
// and sets its Name and Dir. Other files of the folder, such as a logo, stay.
func WriteSpec(kernelsDir, name string, spec *Spec) error {
	if !specName.MatchString(name) || strings.Trim(name, ".") == "" {
		return fmt.Errorf("jupyter: kernelspec name %q: want letters, digits, '.', '_' and '-'", name)
	}
	written := *spec
	if written.InterruptMode == "" {
		written.InterruptMode = InterruptBySignal
	}
	if err := written.validate(); err != nil {
		return fmt.Errorf("jupyter: kernelspec %s: %w", name, err)
	}
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false) // people read and edit these files
	enc.SetIndent("", "  ")
	dir, err := filepath.Abs(filepath.Join(kernelsDir, name))
	if err == nil {
		err = enc.Encode(written)
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = wholefile.Options{Disk: wholefile.Nothing}.Write(filepath.Join(dir, specFile), wholefile.Bytes(data.Bytes()))
	}
	if err != nil {
		return fmt.Errorf("jupyter: write kernelspec %s: %w", name, err)
	}
	spec.Name, spec.Dir = strings.ToLower(name), dir
	return nil
}

// command returns Argv ready to run.
func (s *Spec) command(connectionFile string) []string {
	values := map[string]string{
		"{connection_file}": connectionFile,
		"{resource_dir}":    s.Dir,
	}
	argv := make([]string, len(s.Argv))
	for i, arg := range s.Argv {
		argv[i] = placeholder.ReplaceAllStringFunc(arg, func(p string) string {
			if v, ok := values[p]; ok {
				return v
			}
			return p
		})
	}
	return argv
}
