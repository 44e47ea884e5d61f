#!/usr/bin/env python3
"""Print a Dockerfile's steps, one a line, for .ci/fresh_machine to replay.

usage: dockerfile_steps.py DOCKERFILE

Each line is an instruction and its argument, with continuation lines joined and
flags resolved:

    FROM BASE STAGE
    RUN COMMAND               for /bin/sh
    COPY FROM OWNER SOURCE... TARGET
                              FROM is a stage, or "context"; OWNER is UID:GID
    ENV, USER, WORKDIR        as they stand
    VOLUME FOLDER...
    HEALTHCHECK COMMAND       for /bin/sh, as CMD
    CMD COMMAND

What only describes the image is left out; an instruction, flag or form that is
not known here is an error, so that nothing is skipped unseen.
"""
import json
import shlex
import sys

DESCRIBES = {"EXPOSE", "LABEL", "STOPSIGNAL"}
AS_IT_IS = {"ENV", "USER", "WORKDIR"}


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
        raise ValueError(f"the last line goes on: {whole!r}")


def flags(argument, known):
    """Split --name=value off the front; the names must be known."""
    values = {}
    while argument.startswith("--"):
        flag, _, argument = argument.partition(" ")
        name, _, value = flag[2:].partition("=")
        if name not in known:
            raise ValueError(f"the flag {flag} is not known")
        values[name], argument = value, argument.strip()
    return values, argument


def words(argument):
    """The words of the JSON form."""
    try:
        list_ = json.loads(argument)
    except ValueError:
        list_ = None
    if not isinstance(list_, list) or not list_ or not all(isinstance(w, str) for w in list_):
        raise ValueError(f"wanted the form [\"...\", \"...\"], got {argument}")
    return list_


def step(name, argument):
    """One line of the replay, or None."""
    if name in DESCRIBES:
        return None
    if name in AS_IT_IS:
        return f"{name} {argument}"
    if name == "FROM":
        parts = argument.split()
        if len(parts) != 3 or parts[1].upper() != "AS":
            raise ValueError(f"wanted FROM BASE AS STAGE, got {argument}")
        return f"FROM {parts[0]} {parts[2]}"
    if name == "RUN":
        if argument.startswith(("[", "--")):
            raise ValueError("RUN with flags or in JSON form is not known")
        return f"RUN {argument}"
    if name == "COPY":
        values, argument = flags(argument, {"from", "chown"})
        # Whoever USER is, what is copied belongs to root unless told otherwise.
        return f"COPY {values.get('from', 'context')} {values.get('chown', '0:0')} {argument}"
    if name == "VOLUME":
        return "VOLUME " + " ".join(words(argument))
    if name == "CMD":
        return "CMD " + shlex.join(words(argument))
    if name == "HEALTHCHECK":
        _, argument = flags(argument, {"interval", "timeout", "start-period", "start-interval", "retries"})
        kind, _, argument = argument.partition(" ")
        if kind != "CMD":
            raise ValueError(f"HEALTHCHECK {kind} is not known")
        return "HEALTHCHECK " + shlex.join(words(argument))
    raise ValueError("not known")


def main(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        lines = []
        for name, argument in instructions(text):
            try:
                lines.append(step(name, argument))
            except ValueError as e:
                raise SystemExit(f"{path}: {name}: {e}: teach .ci/dockerfile_steps.py")
    except ValueError as e:
        raise SystemExit(f"{path}: {e}")
    print("\n".join(line for line in lines if line))


if __name__ == "__main__":
    main(sys.argv[1])
