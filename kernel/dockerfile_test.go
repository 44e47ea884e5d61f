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
	if !strings.Contains(seen["VOLUME"], "/cache") || !strings.Contains(seen["HEALTHCHECK"], "/api") ||
		!strings.Contains(seen["CMD"], `"lab"`) {
		t.Errorf("VOLUME %s, HEALTHCHECK %s, CMD %s", seen["VOLUME"], seen["HEALTHCHECK"], seen["CMD"])
	}
}

// dockerfileSteps runs what .ci/fresh_machine reads the Dockerfile with.
func dockerfileSteps(t *testing.T, path string) (string, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the script wants python3")
	}
	out, err := exec.Command(python, "../.ci/dockerfile_steps.py", path).CombinedOutput()
	return string(out), err
}

// TestDockerfileIsReplayed: .ci/fresh_machine replays every step of every
// stage, as it reads them from the Dockerfile itself.
func TestDockerfileIsReplayed(t *testing.T) {
	out, err := dockerfileSteps(t, "../Dockerfile")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script, err := os.ReadFile("../.ci/fresh_machine")
	if err != nil {
		t.Fatal(err)
	}
	unquoted := strings.NewReplacer(`[`, "", `]`, "", `"`, "", `,`, "")
	var want []string
	for _, line := range dockerInstructions(t) {
		name, argument, _ := strings.Cut(line, " ")
		switch name {
		case "EXPOSE": // describes the image
			continue
		case "FROM":
			line = strings.Replace(line, " AS ", " ", 1)
		case "COPY":
			from, owner := "context", "0:0"
			for strings.HasPrefix(argument, "--") {
				var flag string
				flag, argument, _ = strings.Cut(argument, " ")
				if value, ok := strings.CutPrefix(flag, "--from="); ok {
					from = value
				} else if value, ok := strings.CutPrefix(flag, "--chown="); ok {
					owner = value
				} else {
					t.Errorf("%q has a flag that is not replayed", line)
				}
			}
			line = strings.Join([]string{name, from, owner, argument}, " ")
		case "VOLUME", "CMD":
			line = name + " " + unquoted.Replace(argument)
		case "HEALTHCHECK":
			_, argument, _ = strings.Cut(argument, "CMD ")
			line = name + " " + unquoted.Replace(argument)
		}
		want = append(want, line)
		if !regexp.MustCompile(`(?m)^\s+`+name+`\) `).Match(script) && name != "FROM" {
			t.Errorf(".ci/fresh_machine does nothing at %s", name)
		}
	}
	if got := strings.TrimSpace(out); got != strings.Join(want, "\n") {
		t.Errorf("replayed:\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestDockerfileStepsRefuses what the replay would skip unseen.
func TestDockerfileStepsRefuses(t *testing.T) {
	for _, text := range []string{
		"FROM x AS y\nADD a b\n", "FROM x\n", "FROM --platform=linux/arm64 x AS y\n",
		"RUN [\"a\", \"b\"]\n", "RUN a \\\n", "RUN --mount=type=cache,target=/x a\n",
		"COPY --link a b\n", "CMD a b\n", "CMD []\n", "VOLUME /a\n", "HEALTHCHECK NONE\n",
		"HEALTHCHECK CMD a\n", "SHELL [\"a\"]\n",
	} {
		path := t.TempDir() + "/Dockerfile"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := dockerfileSteps(t, path); err == nil {
			t.Errorf("%q was taken: %s", text, out)
		}
	}
}

// TestComposeNamesWhatIsThere: the compose file's targets and volumes are the
// Dockerfile's.
func TestComposeNamesWhatIsThere(t *testing.T) {
	data, err := os.ReadFile("../.docker/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(dockerInstructions(t), "\n")
	targets := regexp.MustCompile(`target: (\w+)`).FindAllStringSubmatch(string(data), -1)
	volumes := regexp.MustCompile(`"\w+:(/\w+)"`).FindAllStringSubmatch(string(data), -1)
	if len(targets) != 2 || len(volumes) != 2 {
		t.Errorf("targets %q, volumes %q; want two of each", targets, volumes)
	}
	for _, m := range targets {
		if !strings.Contains(text, " AS "+m[1]+"\n") {
			t.Errorf("no stage %s", m[1])
		}
	}
	for _, m := range volumes {
		if !regexp.MustCompile(`VOLUME .*"` + m[1] + `"`).MatchString(text) {
			t.Errorf("no volume %s", m[1])
		}
	}
}
