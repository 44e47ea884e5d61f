#!/usr/bin/env python3
"""Reads what `go test -json` prints: shows the packages' results and whatever
failed, and writes the tests that were skipped to a file, a line for each
package: its import path, a tab, a pattern for -run.
usage: go test -json ./... | .ci/tests.py SKIPPED"""

import collections
import json
import sys

output = collections.defaultdict(list)  # by package and test
skipped = collections.defaultdict(set)  # top-level tests by package
failed = False
for line in sys.stdin:
    try:
        event = json.loads(line)
    except ValueError:  # the go command's own words
        print(line, end="")
        continue
    action, package, test = event["Action"], event.get("Package", event.get("ImportPath", "")), event.get("Test")
    if "output" in action:
        if test or action == "build-output":
            output[package, test].append(event["Output"])
        elif event["Output"].startswith(("ok", "FAIL\t", "?", "panic", "coverage")):
            print(event["Output"], end="", flush=True)
        else:
            output[package, None].append(event["Output"])
    elif action == "skip" and test:
        skipped[package].add(test.split("/")[0])
    elif action in ("fail", "build-fail"):
        failed = True
        print(*output[package, test], sep="", end="", flush=True)
    if action in ("pass", "fail", "skip") and test:
        output.pop((package, test), None)

with open(sys.argv[1], "w", encoding="utf-8") as file:
    for package in sorted(skipped):
        print(package, "^(" + "|".join(sorted(skipped[package])) + ")$", sep="\t", file=file)
sys.exit(failed)
