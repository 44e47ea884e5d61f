package setup

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocifar/gocifar/kernel/internal/engine/library"
	"github.com/gocifar/gocifar/kernel/internal/kernels"
	"github.com/gocifar/gocifar/kernel/internal/seal"
	"github.com/gocifar/gocifar/kernel/jupyter"
)

// State is how a part of the set-up is.
type State int

const (
	Fine    State = iota // works
	Absent               // not there, and not needed
	Missing              // set-up will make it
	Broken               // the user has to do something
)

// String is one word for a table.
func (s State) String() string {
	return [...]string{"ok", "-", "missing", "broken"}[s]
}

// Finding is the state of one part.
type Finding struct {
	Part   string
	State  State
	Detail string // what is there, or what is wrong
	Remedy string // what to do; empty if nothing
}

// setupRemedy is what helps against everything that is merely missing.
const setupRemedy = "run `go run ./kernel setup`"

// Diagnose looks at every part of the set-up for the checkout at root (empty:
// around the working directory) and installs nothing. Unlike [Ensure] it trusts
// no record: it reads hashes and opens the backend.
func Diagnose(ctx context.Context, root string) []Finding {
	d := diagnosis{ctx: ctx}
	d.checkout(root)
	d.goCommand()
	d.compiler()
	d.cacheFolder()
	d.disk()
	d.sockets()
	if d.m.outside() && d.ok(d.m.toolchain.goBin, d.m.cache.root) {
		d.outside()
	}
	if d.ok(d.m.checkout.root, d.m.toolchain.goBin, d.m.cache.root) {
		d.build()
		d.plugins()
		d.backend()
		d.gonb()
		d.gopls()
		d.kernels()
		d.caches()
	}
	return d.findings
}

// diagnosis collects findings; m fills as the parts prove good.
type diagnosis struct {
	ctx      context.Context
	m        machine
	findings []Finding
}

func (d *diagnosis) add(part string, state State, detail, remedy string) {
	d.findings = append(d.findings, Finding{part, state, detail, remedy})
}

// fail adds a broken part whose error says what to do.
func (d *diagnosis) fail(part string, err error) {
	d.add(part, Broken, err.Error(), "")
}

// ok reports whether none of the values is empty.
func (d *diagnosis) ok(values ...string) bool {
	for _, v := range values {
		if v == "" {
			return false
		}
	}
	return true
}

func (d *diagnosis) checkout(root string) {
	c, err := findCheckout(root)
	if root == "" && errors.Is(err, errNoCheckout) {
		d.m.checkout.language = language()
		d.add("checkout", Absent, "none here, so there are the live kernel and the module around the working directory", "")
		return
	}
	if err != nil {
		d.fail("checkout", err)
		return
	}
	d.m.checkout = c
	d.add("checkout", Fine, fmt.Sprintf("%s, which needs Go %s", c.root, c.language), "")
}

func (d *diagnosis) goCommand() {
	t, err := findToolchain(d.ctx, d.m.checkout)
	if err != nil {
		d.fail("go", err)
		return
	}
	d.m.toolchain = t
	d.add("go", Fine, fmt.Sprintf("%s at %s", t.GoVersion, t.goBin), "")
}

func (d *diagnosis) compiler() {
	if d.m.toolchain.goBin == "" {
		return // which compiler Go uses is not known
	}
	if err := d.m.toolchain.checkCompiler(d.ctx); err != nil {
		d.fail("C compiler", err)
		return
	}
	d.add("C compiler", Fine, d.m.toolchain.CC, "")
}

func (d *diagnosis) cacheFolder() {
	c, err := openCache()
	if err != nil {
		d.fail("cache", err)
		return
	}
	d.m.cache = c
	d.add("cache", Fine, fmt.Sprintf("%s, %d MB used", c.root, treeSize(c.root)>>20), "")
}

// whole compares a part in dir with its record by verify, hashes included, and
// adds a finding unless it is as it was made. Of what is not there the caller
// knows more.
func (d *diagnosis) whole(part, dir string, verify func(dir string, deep bool) error) bool {
	wrong := verify(dir, true)
	switch {
	case wrong == nil || errors.Is(wrong, seal.ErrAbsent):
		return true
	case verify(dir, false) == nil: // set-up, which looks no deeper, would leave it
		d.add(part, Broken, fmt.Sprintf("%s is damaged: %v", dir, wrong), "delete "+dir+" and "+setupRemedy)
	default:
		d.add(part, Broken, fmt.Sprintf("%s is damaged: %v", dir, wrong), setupRemedy)
	}
	return false
}

// gonb asks every program's file which module version it was built from.
func (d *diagnosis) gonb() {
	dir := d.m.gonbDir()
	if !d.whole("GoNB", dir, seal.Verify) {
		return
	}
	if !d.m.gonbReady(d.ctx) {
		d.add("GoNB", Absent, "not built yet; `go run ./kernel setup` and runs on it do that", "")
		return
	}
	for _, name := range gonbPrograms {
		d.program(name, filepath.Join(dir, name))
	}
}

// gopls is needed by nobody but who asks for completions.
func (d *diagnosis) gopls() {
	switch {
	case !d.whole("gopls", d.m.goplsDir(), seal.Verify):
	case seal.Verify(d.m.goplsDir(), false) != nil:
		d.add("gopls", Absent, "not built yet; `kernel setup` and the first completion do that", "")
	default:
		d.program("gopls", d.m.goplsPath())
	}
}

func (d *diagnosis) program(name, path string) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		d.add(name, Broken, err.Error(), "delete "+filepath.Dir(path)+" and "+setupRemedy)
		return
	}
	d.add(name, Fine, toolVersion(info), "")
}

// toolVersion is the version of the module that the program comes from.
func toolVersion(info *buildinfo.BuildInfo) string {
	module, version := "", ""
	for _, dep := range append(info.Deps, &info.Main) {
		inside := info.Path == dep.Path || strings.HasPrefix(info.Path, dep.Path+"/")
		if inside && len(dep.Path) > len(module) {
			module, version = dep.Path, dep.Version
		}
	}
	return strings.TrimSpace(version + " (" + info.GoVersion + ")")
}

func (d *diagnosis) build() {
	if !d.whole("probe", d.m.buildDir(), seal.Verify) {
		return
	}
	b, ok := d.m.cachedBuild()
	if !ok {
		d.add("probe", Missing, "not built yet", setupRemedy)
		return
	}
	d.m.build = b
	if b.Ldflags == "" {
		d.add("probe", Fine, "built on the library of live cells", "")
		return
	}
	d.add("probe", Fine, "built; cells link with "+b.Ldflags, "")
}

// plugins reads every fetched plugin and compares it with its record.
func (d *diagnosis) plugins() {
	dirs, _ := filepath.Glob(filepath.Join(d.m.cache.root, "pjrt", "*"))
	for _, dir := range dirs {
		r, wrong := readPlugin(dir, true)
		if wrong == nil {
			d.add("plugin", Fine, fmt.Sprintf("%s, %d MB, hash as fetched", r.Source, r.Size>>20), "")
		} else { // it may be none that set-up would fetch again
			d.add("plugin", Broken, fmt.Sprintf("%s is damaged: %v", dir, wrong), "delete "+dir+" and "+setupRemedy)
		}
	}
	if hasNVIDIA(d.ctx) {
		d.add("NVIDIA", Fine, "a driver answers", "")
	} else {
		d.add("NVIDIA", Absent, "no driver answers: computing on the CPU", "")
	}
}

// backend opens it, as a cell would.
func (d *diagnosis) backend() {
	b, ok := d.m.cachedBackend()
	if !ok {
		d.add("backend", Missing, "not chosen yet", setupRemedy)
		return
	}
	d.m.backend = b
	if d.m.build.dir == "" {
		return
	}
	var env []string
	if b.XLAFlags != "" {
		env = append(env, "XLA_FLAGS="+b.XLAFlags)
	}
	r, err := d.m.probe(d.ctx, b.Config, env)
	switch {
	case err != nil:
		d.add("backend", Broken, fmt.Sprintf("%s does not work: %v", b.Config, err),
			"run `go run ./kernel clean`, then "+setupRemedy)
	case b.Warning != "":
		d.add("backend", Broken, b.Warning, "")
		for _, reason := range b.Reasons {
			d.add("", Broken, reason, "")
		}
	default:
		d.add("backend", Fine, fmt.Sprintf("%s; %s", b.Source, r.Description), "")
		if b.XLAFlags != "" {
			d.add("", Fine, "XLA_FLAGS="+b.XLAFlags, "")
		}
		for _, plugin := range b.ByName {
			d.add("", Fine, fmt.Sprintf("xla:%s is %s", deviceOf(plugin.Path), plugin.Path), "")
		}
	}
}

func (d *diagnosis) kernels() {
	waiting := !d.ok(d.m.build.dir, d.m.backend.Config)
	for _, r := range recipes {
		switch {
		case r.Supported() != nil || r.Kernel == kernels.Live && !d.liveParts():
		case waiting:
			d.add(r.Name, Missing, "waits for the parts above", setupRemedy)
		case !r.ready(&d.m, d.ctx):
			d.add(r.Name, Absent, "not made for this checkout yet; `go run ./kernel setup` and runs on it do that", "")
		default:
			d.kernel(r)
		}
	}
}

// liveParts reports whether the live kernel's parts, if they are there, are
// whole.
func (d *diagnosis) liveParts() bool {
	l, err := d.m.liveHere(d.ctx)
	if err != nil {
		return true
	}
	whole := d.whole(kernels.Live.Name, l.library(), library.Verify)
	if opened, err := library.Open(l.library()); err == nil {
		whole = d.whole("compiler for cells", opened.CompilerDir(), seal.Verify) && whole
	}
	return d.whole(kernels.Live.Name, l.programDir, seal.Verify) && whole
}

// outside looks at what there is without a checkout.
func (d *diagnosis) outside() {
	d.gopls()
	if d.m.useFetchedPlugin(hasNVIDIA(d.ctx)); d.m.backend.Plugin != "" {
		d.plugins()
	}
	r := recipeOf(kernels.Live)
	switch {
	case r.Supported() != nil || !d.liveParts():
	case !r.ready(&d.m, d.ctx):
		d.add(r.Name, Absent, "its library for this Go is not compiled yet; the first command that runs code does that", "")
	default:
		d.kernel(r)
	}
}

// kernel looks at the specs of a kernel that is ready.
func (d *diagnosis) kernel(r recipe) {
	spec := r.spec(&d.m)
	dir, err := d.m.specDir(spec, r.Name)
	if err != nil {
		d.fail(r.Name, err)
		return
	}
	d.kernelspec(r.Name, spec, dir)
	jupyter, present := userJupyterDir()
	dir = filepath.Join(jupyter, "kernels", r.Name)
	if _, err := os.Stat(dir); err == nil || present {
		d.kernelspec("Jupyter", d.m.installedSpec(spec), dir)
	} else if r.Kernel == kernels.GoNB {
		d.add("Jupyter", Absent, "not found; `go run ./kernel setup -jupyter` makes JupyterLab list the kernels anyway", "")
	}
}

// kernelspec compares the spec in dir with the one that set-up would write.
func (d *diagnosis) kernelspec(part string, spec *jupyter.Spec, dir string) {
	_, err := os.Stat(filepath.Join(dir, "kernel.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.add(part, Missing, "not written yet", setupRemedy)
	case !sameSpec(dir, spec):
		d.add(part, Missing, "the one in "+dir+" is of an earlier set-up, or damaged", setupRemedy)
	default:
		d.add(part, Fine, "kernelspec in "+dir, "")
	}
}
