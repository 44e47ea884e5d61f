//go:build unix

package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// examples are the parts of kernel/CLUSTER.md in a language that contain a text.
func examples(t *testing.T, language, mark string) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../../CLUSTER.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], mark) {
			list = append(list, m[1])
		}
	}
	if len(list) == 0 {
		t.Fatalf("CLUSTER.md has no example with %s", mark)
	}
	return list
}

// bash runs a script in a folder, where `kernel` and `go run ./kernel` are the
// test's own command, and returns its exit code.
func (c *runCommand) bash(t *testing.T, dir, script string, env ...string) int {
	t.Helper()
	bin := filepath.Join(c.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"kernel": `exec "$KERNEL_UNDER_TEST" "$@"`,
		"go":     `[ "$1 $2" = "run ./kernel" ] && shift 2 && exec "$KERNEL_UNDER_TEST" "$@"`,
		"sbatch": fakeSbatch,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/bash\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-e", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &c.output, &c.output
	cmd.Env = append(append(c.Env, "KERNEL_UNDER_TEST="+c.Path, "PATH="+bin+":"+os.Getenv("PATH")), env...)
	before := c.Cmd
	defer func() { c.Cmd = before }()
	c.Cmd = cmd
	return c.exitCode(t)
}

// fakeSbatch runs a job array as Slurm does, one task after the other on this
// machine, and a job that waits for it when it is submitted.
const fakeSbatch = `
export SLURM_SUBMIT_DIR="$PWD"
if [ "$1" = --parsable ]; then
  range=$(sed -n 's/^#SBATCH --array=//p' "$2")
  export SLURM_ARRAY_TASK_COUNT=$((${range#*-} - ${range%-*} + 1))
  for task in $(seq "${range%-*}" "${range#*-}"); do
    SLURM_ARRAY_TASK_ID=$task bash "$2" >&2 || true
  done
  echo 17
elif [ "$1 $2" = "--dependency=afterany:17 --wrap" ]; then
  exec bash -c "$3"
else
  exit 9
fi`

// same compares results with those of one run of everything.
func (c *runCommand) same(t *testing.T, got, want string) {
	t.Helper()
	for _, name := range []string{"index.html", "index.json", "junit.xml"} {
		if got, want := c.untimed(t, got+"/"+name), c.untimed(t, want+"/"+name); got != want {
			t.Errorf("%s of the jobs\n%s\nof one run\n%s", name, got, want)
		}
	}
	if t.Failed() {
		t.Log(c.output.String())
	}
}

// TestGitHubExample plays the workflow: a runner for each shard, artifacts, and
// the job that merges.
func TestGitHubExample(t *testing.T) {
	t.Parallel()
	var workflow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Shard []int } }
			Steps    []struct {
				Uses, Run string
				With      map[string]any
			}
		}
	}
	if err := yaml.Unmarshal([]byte(examples(t, "yaml", "runs-on:")[0]), &workflow); err != nil {
		t.Fatal(err)
	}
	c := newCommand(t, "kernel", []string{"print 1"})
	c.notebooks(t)
	if err := os.Rename(filepath.Join(c.dir, "many"), filepath.Join(c.dir, "notebooks")); err != nil {
		t.Fatal(err)
	}
	c.again("-output", "whole", "-junit", "whole/junit.xml", "notebooks")
	c.expect(t, 1)
	artifacts := filepath.Join(c.dir, "artifacts")
	job := func(name, shard string) (codes []int) {
		workspace := t.TempDir()
		if err := os.CopyFS(filepath.Join(workspace, "notebooks"), os.DirFS(filepath.Join(c.dir, "notebooks"))); err != nil {
			t.Fatal(err)
		}
		fill := func(text any) string { return strings.ReplaceAll(fmt.Sprint(text), "${{ matrix.shard }}", shard) }
		for _, step := range workflow.Jobs[name].Steps {
			switch action, _, _ := strings.Cut(step.Uses, "@"); action {
			case "actions/upload-artifact":
				from := os.DirFS(filepath.Join(workspace, fill(step.With["path"])))
				if err := os.CopyFS(filepath.Join(artifacts, fill(step.With["name"])), from); err != nil {
					t.Fatal(err)
				}
			case "actions/download-artifact":
				found, _ := filepath.Glob(filepath.Join(artifacts, fill(step.With["pattern"])))
				for _, folder := range found {
					if err := os.CopyFS(filepath.Join(workspace, fill(step.With["path"])), os.DirFS(folder)); err != nil {
						t.Fatal(err) // also if two artifacts have a file of the same name
					}
				}
			}
			if step.Run != "" {
				codes = append(codes, c.bash(t, workspace, fill(step.Run)))
			}
		}
		return codes
	}
	failed := 0
	for _, shard := range workflow.Jobs["shard"].Strategy.Matrix.Shard {
		failed += job("shard", fmt.Sprint(shard))[0]
	}
	if codes := job("merge", ""); failed != 1 || codes[0] != 1 {
		t.Errorf("%d shards failed, merge ended with %v", failed, codes)
	}
	c.same(t, "artifacts/executed", "whole")
}

// TestKubernetesExample plays the Indexed Job: its command once for each index.
func TestKubernetesExample(t *testing.T) {
	t.Parallel()
	type manifest struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct{ Command, Args []string }
				}
			}
		}
	}
	c := newCommand(t, "kernel", []string{"print 1"})
	c.notebooks(t)
	if err := os.Rename(filepath.Join(c.dir, "many"), filepath.Join(c.dir, "notebooks")); err != nil {
		t.Fatal(err)
	}
	c.again("-output", "whole", "-junit", "whole/junit.xml", "notebooks")
	c.expect(t, 1)
	var codes [][]int
	for _, text := range examples(t, "yaml", "kind: Job") {
		var job manifest
		if err := yaml.Unmarshal([]byte(strings.ReplaceAll(text, "/results", filepath.Join(c.dir, "results"))), &job); err != nil {
			t.Fatal(err)
		}
		container := job.Spec.Template.Spec.Containers[0]
		var ended []int
		for index := range max(1, job.Spec.Completions) {
			words := append(container.Command, container.Args...)
			script := "exec '" + strings.Join(words, "' '") + "'"
			ended = append(ended, c.bash(t, c.dir, script, fmt.Sprintf("JOB_COMPLETION_INDEX=%d", index)))
		}
		codes = append(codes, ended)
	}
	if got := fmt.Sprint(codes); got != "[[0 1 0 0] [1]]" {
		t.Errorf("exit codes %s", got)
	}
	c.same(t, "results", "whole")
}

// TestSlurmExample plays the array and the job that waits for it.
func TestSlurmExample(t *testing.T) {
	t.Parallel()
	c := newSweep(t, "record loss rate")
	if err := os.Rename(filepath.Join(c.dir, "n.ipynb"), filepath.Join(c.dir, "model.ipynb")); err != nil {
		t.Fatal(err)
	}
	c.again("-sweep", "sweep.yaml", "-output", "whole", "-junit", "whole/junit.xml", "model.ipynb")
	c.expect(t, 0)
	c.write(t, "sweep.sh", examples(t, "sh", "#SBATCH")[0])
	if code := c.bash(t, c.dir, examples(t, "sh", "--parsable")[0]); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.same(t, "executed", "whole")
}
