#!/usr/bin/env python3
"""Compare executed notebooks of two folders: the outputs must be equal, bar times and speeds.

usage: same_results.py FOLDER FOLDER
"""
import difflib, json, pathlib, re, sys

# What may differ, and is replaced before comparing.
TIMES = [
    (re.compile(r"\b[\d.]+ ?(?:h|min|m|s|ms|µs|us|ns)(?:/(?:step|epoch))?\b"), "TIME"),
    (re.compile(r"TIME(?: TIME)+"), "TIME"),  # 1 min 56 s, where the other run took 39 s
    (re.compile(r"\b[\d,.]+ a second\b"), "SPEED"),
    # The second column of a history's table, with the blanks that align it: 9.8 has one more than 10.1.
    (re.compile(r"^( *\d+) +[\d.]+(?= +\d+\.\d+ +\d+\.\d+)", re.M), r"\1 SECONDS"),
    (re.compile(r"(<tr><td[^>]*>\d+</td>)<td[^>]*>[\d.]+</td>"), r"\1<td>SECONDS</td>"),
]
# Shown only by the run that computes them, not by one that finds them in the cache.
CACHED = re.compile(r"features of \S+ at \S+:")
COMPILED = re.compile(r"^note: compiling .*, which happens once\n", re.M)
# A recorded value: an object on the live kernel, its JSON text on GoNB. What it says stands in the text beside it.
RECORD = "application/scrapbook."


def masked(text):
    for pattern, word in TIMES:
        text = pattern.sub(word, text)
    if "TIME" in text:
        # A column of times is as wide as the longest.
        text = re.sub(r" {2,}", "  ", text)
    return text


def joined(text):
    return "".join(text) if isinstance(text, list) else text


def shown(cell):
    """What a cell shows, as lines: its two streams, then its displays, results and errors in order."""
    streams, rest = {}, []
    for out in cell.get("outputs", []):
        kind = out["output_type"]
        if kind == "stream":
            streams[out["name"]] = streams.get(out["name"], "") + joined(out["text"])
        elif kind == "error":
            rest.append(f"error {out['ename']}: {out['evalue']}")
        else:
            data = {mime: joined(value) for mime, value in out["data"].items()
                    if isinstance(value, (str, list)) and not mime.startswith(RECORD)}
            if CACHED.match(data.get("text/plain", "")):
                continue
            rest.append(f"{kind} {', '.join(sorted(data))}")
            rest += [masked(data[mime]) if mime.startswith("text/") else data[mime] for mime in sorted(data)]
    streams = {name: COMPILED.sub("", text) for name, text in streams.items()}
    return "\n".join([f"{name}: {masked(streams[name])}" for name in sorted(streams) if streams[name]] + rest).splitlines()


def main():
    one, other = (pathlib.Path(folder) for folder in sys.argv[1:3])
    names = sorted(path.name for path in one.glob("*.ipynb"))
    if not names or names != sorted(path.name for path in other.glob("*.ipynb")):
        sys.exit(f"{one} and {other} do not hold the same notebooks, or none")
    differences = 0
    for name in names:
        first, second = (json.loads((folder / name).read_text()) for folder in (one, other))
        cells = 0
        for a, b in zip(first["cells"], second["cells"], strict=True):
            if a["cell_type"] != "code":
                continue
            cells += 1
            if a["source"] != b["source"]:
                sys.exit(f"{name}: cell {cells} is not the same in both folders")
            lines = list(difflib.unified_diff(shown(a), shown(b), str(one / name), str(other / name), lineterm="", n=0))
            if lines:
                differences += 1
                print(f"{name}, code cell {cells}:", *(line[:300] for line in lines[:30]), sep="\n")
        print(f"compared {name}: {cells} code cells")
    if differences:
        sys.exit(f"{differences} cells show something else")


if __name__ == "__main__":
    main()
