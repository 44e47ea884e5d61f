package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/internal/seal"
)

// pluginSource is a place that a PJRT plugin can be had from.
type pluginSource struct {
	name   string // of its folder in the cache, and for the fetching child
	device string // "cpu" or "cuda"
	what   string // for people
	// inPlace is set where the files cannot be moved after they were installed.
	inPlace bool
	space   int64 // bytes that it takes at most, where that is more than needSpace counts
}

// wheel is a Python package of which we want one file: a PJRT plugin.
type wheel struct {
	platform         string // GOOS/GOARCH
	project, version string // as in its package index
	file             string // the wheel's file name
	sha256           string // of the wheel
	member           string // path of the plugin inside
}

// name identifies the wheel: its source's name, and its folder in the cache.
func (w wheel) name() string {
	return w.project + "-" + w.version + "-" + strings.ReplaceAll(w.platform, "/", "-")
}

// cpuWheels are used where go-xla's own source cannot be reached, best first.
// They hold XLA's CPU plugin and little else; the hashes were taken from the
// files on 2026-11-24.
var cpuWheels = []wheel{
	{
		platform: "linux/amd64",
		project:  "lammps-jax-pjrt-cpu", version: "0.11.2",
		file:   "lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl",
		sha256: "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		member: "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	},
	{
		platform: "linux/amd64",
		project:  "xla-cpu-pjrt", version: "0.0.1",
		file:   "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl",
		sha256: "55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc",
		member: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
	},
	{
		platform: "linux/arm64",
		project:  "xla-cpu-pjrt", version: "0.0.1",
		file:   "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_aarch64.whl",
		sha256: "8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9",
		member: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
	},
}

// cudaSpace is what the CUDA plugin takes at most: with its libraries 3.8 GB,
// and the largest wheels, of 0.5 GB, beside them (2026-11-25).
const cudaSpace = 5 << 30

// pluginSources lists what suits the machine, best first.
func pluginSources(t toolchain, nvidia bool) []pluginSource {
	var sources []pluginSource
	platform := t.OS + "/" + t.Arch
	if nvidia && platform == "linux/amd64" {
		sources = append(sources, pluginSource{
			name: "cuda", device: "cuda", what: "CUDA plugin of go-xla's installer", inPlace: true, space: cudaSpace,
		})
	}
	switch platform {
	case "linux/amd64", "linux/arm64", "darwin/arm64": // what go-xla's installer knows (installer.CPUSupportedPlatforms)
		sources = append(sources, pluginSource{name: "cpu", device: "cpu", what: "CPU plugin of go-xla's installer"})
	}
	for _, w := range cpuWheels {
		if w.platform == platform {
			sources = append(sources, pluginSource{
				name: w.name(), device: "cpu", what: fmt.Sprintf("CPU plugin of the wheel %s %s", w.project, w.version),
			})
		}
	}
	return sources
}

// hasNVIDIA reports whether an NVIDIA driver answers; a driver's files alone
// do not make a GPU.
func hasNVIDIA(ctx context.Context) bool {
	smi, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := output(newCommand(ctx, smi, "-L"))
	return err == nil && strings.Contains(string(out), "GPU ")
}

// pluginRecord stands beside a plugin that is complete. The file's path is
// relative to the record's folder.
type pluginRecord struct {
	seal.File
	Source string
}

// readPlugin reads the record in dir and says what is wrong with the plugin:
// its size, and its hash if deep.
func readPlugin(dir string, deep bool) (r pluginRecord, wrong error) {
	switch err := seal.ReadJSON(filepath.Join(dir, recordName), &r); {
	case errors.Is(err, fs.ErrNotExist):
		return r, seal.ErrAbsent // or begun, and not come to an end
	case err != nil:
		return r, err
	}
	return r, r.Check(dir, deep)
}

// path is where the plugin is whose record is in dir.
func (r pluginRecord) path(dir string) string {
	return filepath.Join(dir, filepath.FromSlash(r.Path))
}

// pluginDir is where the plugin from source is, or will be.
func (m *machine) pluginDir(source pluginSource) string {
	return filepath.Join(m.cache.root, "pjrt", source.name)
}

// fetchedFirst puts sources whose plugin is in the cache before others for the
// same device: what works need not be looked for again.
func (m *machine) fetchedFirst(sources []pluginSource) []pluginSource {
	fetched := func(s pluginSource) int {
		if _, wrong := readPlugin(m.pluginDir(s), false); wrong != nil {
			return 1
		}
		return 0
	}
	device := func(s pluginSource) int {
		return slices.IndexFunc(sources, func(other pluginSource) bool { return other.device == s.device })
	}
	sorted := slices.Clone(sources)
	slices.SortStableFunc(sorted, func(a, b pluginSource) int {
		return cmp.Or(device(a)-device(b), fetched(a)-fetched(b))
	})
	return sorted
}

// ensurePlugin returns the path of the plugin from source, fetching it unless
// it is in the cache, whole.
func (m *machine) ensurePlugin(ctx context.Context, task *Task, source pluginSource) (string, error) {
	dir := m.pluginDir(source)
	r, wrong := readPlugin(dir, false)
	if wrong == nil {
		return r.path(dir), nil
	}
	task.again("the plugin in "+dir, wrong)
	free, err := freeSpace(m.cache.root)
	if err == nil && free < source.space {
		return "", fmt.Errorf("it needs %d MB, and %d MB are free in %s: "+
			"free some, or set GOCIFAR_CACHE to a folder on another disk", source.space>>20, free>>20, m.cache.root)
	}
	task.Update("fetching the %s", source.what)
	if source.inPlace {
		err = fillInPlace(dir, func(dir string) error { return fetchInto(ctx, task, source, dir, &r) })
	} else {
		err = publish(dir, func(dir string) error { return fetchInto(ctx, task, source, dir, &r) })
	}
	if err != nil {
		return "", err
	}
	return r.path(dir), nil
}

// recordName is written last, so a folder that has it is complete.
const recordName = "plugin.json"

// fillInPlace is publish for files that hold their own absolute path: dir
// counts only once it has a record, and goes away if fill fails.
func fillInPlace(dir string, fill func(string) error) error {
	if err := os.RemoveAll(dir); err != nil {
		return cannotWrite(dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	if err := fill(dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return syncTree(dir)
}

// fetchInto has a child process fetch the plugin into dir, and writes the
// record. What the download needs in between stays below dir, too.
func fetchInto(ctx context.Context, task *Task, source pluginSource, dir string, r *pluginRecord) error {
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return cannotWrite(tmp, err)
	}
	if err := runFetcher(ctx, task, source, dir, tmp); err != nil {
		return err
	}
	if err := os.RemoveAll(tmp); err != nil {
		return cannotWrite(tmp, err)
	}
	path, err := pluginIn(dir)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	*r = pluginRecord{Source: source.what}
	if r.File, err = seal.Of(dir, filepath.ToSlash(rel)); err != nil {
		return fmt.Errorf("cannot read the plugin just fetched: %w", err)
	}
	return writeJSON(filepath.Join(dir, recordName), r)
}

// pluginIn finds the one PJRT plugin below dir, by the names that go-xla gives.
func pluginIn(dir string) (string, error) {
	for _, pattern := range []string{"*", "go-xla/*", "go-xla/nvidia/*"} {
		paths, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		for _, path := range paths {
			info, err := os.Lstat(path)
			name := filepath.Base(path)
			if err == nil && info.Mode().IsRegular() && strings.HasPrefix(name, "pjrt_c_api_") &&
				strings.Contains(name, "_plugin.") && !strings.HasSuffix(name, ".lock") {
				return path, nil
			}
		}
	}
	return "", errors.New("the installer ended well, but left no plugin")
}
