package xlaplugin

import (
	"bufio"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// describe says what beside a program decides about its machine code: the
// plugin in a file, the processor, the number of cores that XLA shares work
// among.
func describe(plugin string) ([]byte, error) {
	info, err := os.Stat(plugin)
	if err != nil {
		return nil, fmt.Errorf("xlaplugin: reading the PJRT plugin: %w", err)
	}
	return fmt.Appendf(nil, "3\n%d %d %x\n%s %d %v %v\n%s", info.Size(), info.ModTime().UnixNano(), buildID(plugin),
		runtime.GOARCH, runtime.NumCPU(), cpu.X86, cpu.ARM64, processor()), nil
}

// nvidia says what else decides with a plugin for NVIDIA's GPUs: the versions of
// the driver and, where the plugin looks for them (its RPATH), of the libraries.
// XLA keeps which of cuDNN's algorithms it found fastest, by their numbers.
func nvidia(plugin string) string {
	var about strings.Builder
	driver, _ := os.ReadFile("/proc/driver/nvidia/version")
	about.Write(driver)
	for _, up := range []string{"..", "../.."} {
		libraries, _ := filepath.Glob(filepath.Join(filepath.Dir(plugin), up, "nvidia", "*", "lib", "*.so*"))
		for _, name := range libraries {
			if info, err := os.Stat(name); err == nil {
				fmt.Fprintln(&about, name, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return about.String()
}

// buildID is what the linker of an ELF file wrote to tell builds apart, empty
// for others.
func buildID(path string) []byte {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	section := f.Section(".note.gnu.build-id")
	if section == nil {
		return nil
	}
	id, _ := section.Data()
	return id
}

// processor is what Linux says about the first processor's make and abilities,
// empty elsewhere. LLVM chooses instructions by both.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	var about strings.Builder
	for s := bufio.NewScanner(f); s.Scan() && s.Text() != ""; {
		name, value, _ := strings.Cut(s.Text(), ":")
		switch strings.TrimSpace(name) {
		case "vendor_id", "cpu family", "model", "model name", "stepping", "flags", // x86
			"CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features": // ARM
			about.WriteString(value)
		}
	}
	return about.String()
}

// key is a file's name: a hash of all parts.
func key(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(p)))) // so that parts cannot trade bytes
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
