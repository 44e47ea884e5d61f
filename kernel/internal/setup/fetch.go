package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gomlx/go-xla/installer"

	"github.com/gocifar/gocifar/kernel/internal/command"
)

// FetchCommand fetches a plugin, as a child of our own.
//
// go-xla's installer takes no context, has no time limits and draws spinners on
// stdout. In a child of its own it can be watched, stopped and kept quiet.
func FetchCommand() command.Command {
	return command.Command{
		Name: fetchName, Summary: "fetch a PJRT plugin", Arguments: "SOURCE FOLDER", Hidden: true,
		Declare: func(*command.Flags) command.Action {
			return func(_ context.Context, args []string) error { return fetch(args) }
		},
	}
}

const fetchName = "fetch-plugin"

const (
	// reachLimit is how long a server may take to answer at all, so that a
	// machine behind a firewall goes on to the next source within seconds.
	reachLimit = 8 * time.Second
	// stallLimit is how long a download may stand still.
	stallLimit = 45 * time.Second
	// watchEvery is how often a download is looked at.
	watchEvery = 500 * time.Millisecond
)

var errStalled = fmt.Errorf("the download stood still for %s", stallLimit)

// runFetcher runs the child and shows how much it has brought.
func runFetcher(ctx context.Context, task *Task, source pluginSource, dir, tmp string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find our own program: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := newCommand(ctx, self, fetchName, source.name, dir)
	// TMPDIR takes the download, and keeping the user's caches out of it means
	// that there is one place to clean up.
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, fetchChildEnv+"=1")
	var stderr tail
	cmd.Stderr = &stderr

	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watch := growth{dir: dir, every: watchEvery, limit: stallLimit}
		watch.run(ctx, func(size int64) {
			task.Update("fetching the %s: %d MB", source.what, size>>20)
		}, func() { cancel(errStalled) })
	}()
	err = run(cmd)
	stopped := context.Cause(ctx)
	cancel(nil)
	<-watched
	if stopped != nil {
		return stopped
	}
	if err != nil {
		return childError(&stderr, err)
	}
	return nil
}

// childError is the sentence that the child ended with; main puts "kernel: "
// before it.
func childError(stderr *tail, err error) error {
	last := strings.TrimPrefix(stderr.last(), "kernel: ")
	if last == "" {
		return fmt.Errorf("the fetching process failed: %w", err)
	}
	if strings.Contains(last, syscall.ENOSPC.Error()) {
		return fmt.Errorf("%w (%s)", errDiskFull, last)
	}
	return errors.New(last)
}

// fetchChildEnv tells a test binary that it is to act as the child.
const fetchChildEnv = "GOCIFAR_FETCH_CHILD"

// growth watches a folder that a download fills.
type growth struct {
	dir   string
	every time.Duration // how often to look
	limit time.Duration // how long it may stay as it is
}

// run reports the folder's size whenever it has changed, until ctx ends, and
// calls stalled once if it has not changed for the limit.
func (g growth) run(ctx context.Context, grown func(int64), stalled func()) {
	ticker := time.NewTicker(g.every)
	defer ticker.Stop()
	size, since := int64(0), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := treeSize(g.dir)
		if now != size {
			size, since = now, time.Now()
			grown(size)
		} else if time.Since(since) > g.limit {
			stalled()
			return
		}
	}
}

// treeSize adds up the regular files below dir; what vanishes meanwhile does
// not matter.
func treeSize(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// fetch is what the child does: args are a source's name and the folder to put
// its plugin into.
func fetch(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s wants a source and a folder, got %q", fetchName, args)
	}
	name, dir := args[0], args[1]
	// go-xla's requests all go through it, and this process does nothing else.
	http.DefaultTransport = &answeringTransport{next: patientTransport()}
	switch name {
	case "cuda":
		return installer.AutoInstallPlugin("cuda", dir, false, installer.Quiet)
	case "cpu":
		return installer.CPUAutoInstall(dir, false, installer.Quiet)
	}
	for _, w := range cpuWheels {
		if w.name() == name {
			return w.fetch(dir)
		}
	}
	return fmt.Errorf("%s does not know the source %q", fetchName, name)
}

// patientTransport is Go's default transport with time limits.
func patientTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: reachLimit}).DialContext
	t.TLSHandshakeTimeout = reachLimit
	t.ResponseHeaderTimeout = 2 * reachLimit
	return t
}

// answeringTransport takes addresses that are relative to the one that answered
// last: mirrors of the package index give such addresses of files, and go-xla
// asks for them as they stand.
type answeringTransport struct {
	next http.RoundTripper
	last *url.URL
}

func (t *answeringTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if !request.URL.IsAbs() && t.last != nil {
		request = request.Clone(request.Context())
		request.URL = t.last.ResolveReference(request.URL) // RFC 3986, section 5
		request.Host = request.URL.Host
	}
	response, err := t.next.RoundTrip(request)
	if err == nil {
		t.last = response.Request.URL
	}
	return response, err
}

// fetch looks the wheel up, downloads it, compares it with the pinned hash and
// takes the plugin out of it.
func (w wheel) fetch(dir string) error {
	info, err := installer.GetPipInfo(w.project)
	if err != nil {
		return fmt.Errorf("cannot look up %s: %w", w.project, err)
	}
	exactly := regexp.MustCompile("^" + regexp.QuoteMeta(w.file) + "$")
	release, err := installer.PipSelectRelease(info.Releases[w.version], exactly, false)
	if err != nil {
		return fmt.Errorf("%s %s is not offered any more: %w", w.project, w.version, err)
	}
	path, _, err := installer.DownloadURLToTemp(release.URL, w.file, w.sha256, false, installer.Quiet)
	if err != nil {
		return fmt.Errorf("cannot download %s: %w", w.file, err)
	}
	// The name tells go-xla that this is the CPU's plugin.
	plugin := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	if err := installer.ExtractFileFromZip(path, w.member, plugin); err != nil {
		return fmt.Errorf("cannot take %s out of %s: %w", w.member, w.file, err)
	}
	if err := os.Chmod(plugin, 0o755); err != nil {
		return err
	}
	return os.Remove(path)
}
