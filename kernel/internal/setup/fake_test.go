package setup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary play the fetching child, as the kernel command
// does outside of tests.
func TestMain(m *testing.M) {
	if os.Getenv(fetchChildEnv) != "" && len(os.Args) > 1 && os.Args[1] == fetchName {
		fakeFetcher(os.Args[2:])
		return
	}
	os.Exit(m.Run())
}

// fakeMachine is a place with a go command of ours, so that tests see every
// step of a set-up in milliseconds.
type fakeMachine struct {
	t    *testing.T
	root string // the checkout
	bin  string // the only folder in PATH, besides the system's shell and tools
	log  string // one line per call of the go command
}

// fakeGo answers like the go command as far as set-up asks. FAKE_FAIL names a
// package whose build fails, FAKE_HANG one whose build never ends.
const fakeGo = `#!/bin/sh
echo "$*" >>"$FAKE_LOG"
case "$1" in
env)
	cat "$FAKE_ENV" ;;
list)
	echo github.com/gocifar/gocifar/layers
	echo github.com/gocifar/gocifar/kernel/internal/setup ;;
build)
	out=
	while [ $# -gt 0 ]; do
		case "$1" in -o) out=$2; shift ;; esac
		last=$1
		if [ "$last" = "$FAKE_FAIL" ]; then echo "$last/x.go:1:2: ${FAKE_WORDS:-undefined: x}" >&2; exit 1; fi
		if [ "$last" = "$FAKE_HANG" ]; then echo $$ >"$FAKE_LOG.pid"; sh -c 'echo $$ >>"$FAKE_LOG.pid"; exec sleep 300'; fi
		shift
	done
	case "$out" in
	'') ;;
	*/) for tool in gonb goimports; do echo tool >"$out$tool"; done ;;
	*/probe) cp "$FAKE_PROBE" "$out" ;;
	*) echo tool >"$out" ;;
	esac ;;
run)
	shift; shift
	sh "$FAKE_DATA" "$@" || { echo "exit status $?" >&2; exit 1; } ;;
esac
`

// fakeProbe finds no plugin but what FAKE_FOUND and FAKE_LIST say, and opens
// whatever it is asked to, unless FAKE_BROKEN names it.
const fakeProbe = `#!/bin/sh
if [ "$1" = -find ]; then echo "${FAKE_FOUND:-{\}}"; exit 0; fi
if [ "$1" = -list ]; then echo "${FAKE_LIST:-{\}}"; exit 0; fi
case "$XLA_FLAGS" in $FAKE_UNKNOWN) echo "Unknown flag in XLA_FLAGS: $XLA_FLAGS" >&2; exit 134 ;; esac
case "$GOMLX_BACKEND" in $FAKE_BROKEN) echo "cannot open $GOMLX_BACKEND" >&2; exit 1 ;; esac
echo "{\"Config\":\"$GOMLX_BACKEND\",\"Description\":\"fake\",\"Devices\":1}"
`

// newFakeMachine makes one and points the environment at it. Nothing of the
// real machine's settings gets in.
func newFakeMachine(t *testing.T) *fakeMachine {
	t.Helper()
	base := t.TempDir()
	m := &fakeMachine{t: t, root: filepath.Join(base, "checkout"), bin: filepath.Join(base, "bin"),
		log: filepath.Join(base, "log")}
	m.write("checkout/go.mod", "module "+ModulePath+"\n\ngo 1.26.5\n", 0o644)
	m.write("bin/go", fakeGo, 0o755)
	m.write("bin/cc", "#!/bin/sh\ncat >/dev/null\n", 0o755)
	m.write("probe", fakeProbe, 0o755)
	m.answer("go1.26.8")
	for name, value := range map[string]string{
		"PATH":       m.bin + ":/usr/bin:/bin",
		"HOME":       filepath.Join(base, "home"),
		"FAKE_LOG":   m.log,
		"FAKE_ENV":   filepath.Join(base, "env.json"),
		"FAKE_PROBE": filepath.Join(base, "probe"),
		"FAKE_DATA":  filepath.Join(base, "data.sh"),

		"GOCIFAR_CACHE": filepath.Join(base, "cache"), "JUPYTER_DATA_DIR": filepath.Join(base, "jupyter"),
		"GOMLX_BACKEND": "go", "XLA_FLAGS": "", "FAKE_UNKNOWN": "none", "PJRT_PLUGIN_LIBRARY_PATH": "", "LD_LIBRARY_PATH": "",
	} {
		t.Setenv(name, value)
	}
	return m
}

// answer sets what `go env` says.
func (m *fakeMachine) answer(version string) {
	m.write("env.json", fmt.Sprintf(`{"GOVERSION":%q,"GOFLAGS":"-buildvcs=false","CC":"cc","GOOS":"linux","GOARCH":"amd64","GOCACHE":"/cache"}`, version), 0o644)
}

// write makes a file below the fake machine's base folder.
func (m *fakeMachine) write(name, text string, mode os.FileMode) {
	m.t.Helper()
	path := filepath.Join(filepath.Dir(m.root), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

// calls counts the calls of the go command that began with the words given.
func (m *fakeMachine) calls(words string) (n int) {
	data, _ := os.ReadFile(m.log)
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, words) {
			n++
		}
	}
	return n
}

// leftovers lists what is still being made, or was left so, in the cache.
func (m *fakeMachine) leftovers() (names []string) {
	_ = filepath.Walk(os.Getenv("GOCIFAR_CACHE"), func(path string, _ os.FileInfo, err error) error {
		if err == nil && strings.Contains(filepath.Base(path), partialMark) {
			names = append(names, path)
		}
		return nil
	})
	return names
}

// linkTools puts what the fake scripts call into bin, for tests that shrink
// PATH to it.
func (m *fakeMachine) linkTools() {
	for _, tool := range []string{"cat", "cp", "sleep"} {
		if path, err := exec.LookPath(tool); err == nil {
			_ = os.Symlink(path, filepath.Join(m.bin, tool))
		}
	}
}

// exists reports whether path is there as a regular file.
func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
