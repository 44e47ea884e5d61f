// Package report shows what happens in a run of notebooks: as lines, as a live
// display in a terminal, as JSON events, as annotations of a CI, as JUnit XML,
// and as a page of results.
package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"strings"
	"time"

	"github.com/gocifar/gocifar/kernel/execute"
	"github.com/gocifar/gocifar/kernel/internal/markup"
	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/nbformat"
)

// outputText is an output in words, for where only text can be shown: its
// text/plain, or a line that names what is there. Colors are kept.
func outputText(o nbformat.Output) string {
	switch o.Type() {
	case nbformat.Stream:
		_, text := o.Stream()
		return text
	case nbformat.Error:
		name, value, traceback := o.Failure()
		if len(traceback) > 0 {
			return strings.Join(traceback, "\n")
		}
		return name + ": " + value
	}
	pictures := pictureLines(o)
	text, ok := o.Text("text/plain")
	switch {
	case ok && pictures != "":
		return strings.TrimRight(text, "\n") + "\n" + pictures
	case ok:
		return text
	case pictures != "":
		return pictures
	}
	if text, ok := o.Text("text/markdown"); ok {
		return markup.MarkdownText(text, markup.Options{})
	}
	return "[" + strings.Join(o.MIMETypes(), ", ") + "]"
}

// pictureLines names the pictures of an output: "[image/png 640×480, 23.1 kB]".
func pictureLines(o nbformat.Output) string {
	var lines []string
	for _, mime := range o.MIMETypes() {
		if !strings.HasPrefix(mime, "image/") {
			continue
		}
		text, _ := o.Text(mime)
		size := len(text)
		dimensions := ""
		if mime != "image/svg+xml" {
			if raw, err := base64.StdEncoding.DecodeString(stripSpace(text)); err == nil {
				size = len(raw)
				if config, _, err := image.DecodeConfig(bytes.NewReader(raw)); err == nil {
					dimensions = fmt.Sprintf(" %d×%d", config.Width, config.Height)
				}
			}
		}
		lines = append(lines, fmt.Sprintf("[%s%s, %s]", mime, dimensions, byteSize(size)))
	}
	return strings.Join(lines, "\n")
}

// stripSpace removes the line breaks that Jupyter puts into base64.
func stripSpace(s string) string { return strings.Join(strings.Fields(s), "") }

func byteSize(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// seconds is a duration as one reads it: "0.82s", "12.3s", "2m05s".
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// summary is a run in one line: "ok: 12 cells in 4.1s".
func summary(r *execute.Result) string {
	var parts []string
	for _, state := range []execute.State{execute.OK, execute.Failed, execute.Timeout, execute.Skipped, execute.NotRun} {
		if n := r.Count(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return fmt.Sprintf("%s in %s", strings.Join(parts, ", "), seconds(r.Duration()))
}

// costsText is a line on what a cell took.
func costsText(c *jupyter.Costs) string {
	duration := func(s float64) string { return seconds(time.Duration(s * float64(time.Second))) }
	compiled := duration(c.Compile)
	if len(c.Slower) > 0 {
		compiled += " (" + strings.Join(c.Slower, "; ") + ")"
	}
	text := fmt.Sprintf("compiled %s, ran %s, processors %s, allocated %s", compiled, duration(c.Wall), duration(c.CPU),
		megabytes(c.Allocated))
	if c.Peak > 0 {
		text += ", at most " + megabytes(c.Peak) + " in memory"
	}
	if x := c.XLA; x != nil {
		text += fmt.Sprintf(", XLA compiled %s (programs: %d), computed %s (runs: %d)", duration(x.Compile), x.Compiled,
			duration(x.Run), x.Runs)
		if x.Bytes > 0 {
			text += ", at most " + megabytes(uint64(x.Bytes)) + " on the device"
		}
	}
	return text
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
