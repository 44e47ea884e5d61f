#!/usr/bin/env python3
"""Print a Dockerfile's steps, one a line, for .ci/fresh_machine to replay.

usage: dockerfile_steps.py DOCKERFILE

Each line is an instruction and its argument, with continuation lines joined:
RUN, COPY, ENV, USER and WORKDIR. What only describes the image is left out; an
instruction that is not known here is an error, so that nothing is skipped
unseen. All stages are replayed in one root, one after the other; a COPY from
another stage is then there already.
"""
import re
import sys

DESCRIBES = {"FROM", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD", "ENTRYPOINT", "LABEL", "STOPSIGNAL"}
REPLAYED = {"RUN", "COPY", "ENV", "USER", "WORKDIR"}


def instructions(text):
    """Yield (instruction, argument) with comments dropped and lines joined."""
    whole = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        whole += line.strip()
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        if whole.strip():
            name, _, argument = whole.strip().partition(" ")
            yield name.upper(), argument.strip()
        whole = ""
    if whole.strip():
        raise SystemExit(f"the last line goes on: {whole!r}")


def main(path):
    with open(path, encoding="utf-8") as f:
        steps = list(instructions(f.read()))
    for name, argument in steps:
        if name in DESCRIBES:
            continue
        if name not in REPLAYED:
            raise SystemExit(f"{path}: {name} is not known here: teach .ci/dockerfile_steps.py")
        if name == "COPY":
            words = argument.split()
            if any(w.startswith("--from=") for w in words):
                continue
            argument = " ".join(w for w in words if not w.startswith("--"))
        if name == "RUN":
            argument = re.sub(r"^(--\S+\s+)+", "", argument)
            if argument.startswith("["):
                raise SystemExit(f"{path}: RUN in JSON form is not known here")
        print(name, argument)


if __name__ == "__main__":
    main(sys.argv[1])
