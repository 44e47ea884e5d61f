package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// dockerInstructions are the Dockerfile's, with lines joined.
func dockerInstructions(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(string(data), "")
	text = regexp.MustCompile(`\s*\\\n\s*`).ReplaceAllString(text, " ")
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// TestDockerfile checks what an image of ours must be.
func TestDockerfile(t *testing.T) {
	goMod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.ParseLax("go.mod", goMod, nil)
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`^golang:([0-9]+\.[0-9]+\.[0-9]+)-[a-z]+$`)
	stages := map[string]bool{}
	user, seen := "root", map[string]string{}
	for _, line := range dockerInstructions(t) {
		name, argument, _ := strings.Cut(line, " ")
		seen[name] = argument
		switch name {
		case "FROM":
			base, stage, ok := strings.Cut(argument, " AS ")
			if !ok {
				t.Errorf("%q has no stage name", line)
			}
			if !stages[base] {
				m := pinned.FindStringSubmatch(base)
				if m == nil {
					t.Errorf("the base image %q is not pinned by an exact version", base)
				} else if semver.Compare("v"+m[1], "v"+mod.Go.Version) < 0 {
					t.Errorf("the base image has Go %s, go.mod wants %s", m[1], mod.Go.Version)
				}
			}
			stages[stage] = true
		case "USER":
			user = argument
		}
	}
	if user != "1000:1000" {
		t.Errorf("it runs as %s", user)
	}
	for _, target := range []string{"cpu", "cuda"} {
		if !stages[target] {
			t.Errorf("there is no target %s", target)
		}
	}
	if !strings.Contains(seen["VOLUME"], "/cache") || !strings.Contains(seen["HEALTHCHECK"], "/api") || !strings.Contains(seen["CMD"], `"lab"`) {
		t.Errorf("VOLUME %s, HEALTHCHECK %s, CMD %s", seen["VOLUME"], seen["HEALTHCHECK"], seen["CMD"])
	}
}

// TestDockerfileIsReplayed: .ci/fresh_machine replays every RUN step, as it reads
// them from the Dockerfile itself.
func TestDockerfileIsReplayed(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the script wants python3")
	}
	out, err := exec.Command(python, "../.ci/dockerfile_steps.py", "../Dockerfile").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var want []string
	for _, line := range dockerInstructions(t) {
		switch name, argument, _ := strings.Cut(line, " "); name {
		case "RUN", "ENV", "USER", "WORKDIR":
			want = append(want, line)
		case "COPY":
			if !strings.Contains(argument, "--from=") {
				want = append(want, "COPY "+regexp.MustCompile(`--\S+ `).ReplaceAllString(argument, ""))
			}
		}
	}
	if got := strings.TrimSpace(string(out)); got != strings.Join(want, "\n") {
		t.Errorf("replayed:\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestDockerfileStepsRefuses what the replay would skip unseen.
func TestDockerfileStepsRefuses(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the script wants python3")
	}
	for _, text := range []string{"FROM x AS y\nADD a b\n", "RUN [\"a\", \"b\"]\n", "RUN a \\\n"} {
		path := t.TempDir() + "/Dockerfile"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(python, "../.ci/dockerfile_steps.py", path).CombinedOutput(); err == nil {
			t.Errorf("%q was taken: %s", text, out)
		}
	}
}
