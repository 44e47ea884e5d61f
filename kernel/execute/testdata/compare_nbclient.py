"""Runs the same notebooks with nbclient and with `kernel run` on ipykernel and compares the outputs, cell by cell.

    go build -o /tmp/kernel ./kernel
    python kernel/execute/testdata/compare_nbclient.py /tmp/kernel

nbclient's time includes writing the notebook, to /dev/null; `kernel run` writes and syncs a file.

Needs Python with nbclient and ipykernel. Prints a Markdown table. "equal" means: equal outputs, as they stand in the files
(tracebacks without colours and addresses). nbclient writes one output per message; its outputs are merged (consecutive
texts of one stream) before comparing, and where that was needed the table says so. CPU seconds are of the executor and the
kernel together; nbclient's do not include the start of Python and its imports.

    python compare_nbclient.py /tmp/kernel NAME...   only these notebooks
"""
import copy, json, os, pathlib, re, resource, subprocess, sys, tempfile, time

import nbformat
from nbformat import v4
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

D = "from IPython.display import display, update_display, clear_output, HTML, Markdown, JSON\n"
CASES = {
    "stream": ["print('a')\nprint('b')"],
    "two streams": ["import sys\nprint('1'); sys.stdout.flush()\nprint('2', file=sys.stderr); sys.stderr.flush()\nprint('3')"],
    "many small writes": ["import sys\nfor i in range(50):\n    print(i, end=' ', flush=True)"],
    "carriage returns": ["import time\nfor i in range(5):\n    print(f'\\r{i * 25}%', end='', flush=True); time.sleep(.02)\nprint()"],
    "backspaces": ["print('abc\\b\\bX', flush=True)"],
    "result": ["1 + 1"],
    "several results": ["1", "2", "None", "'x'"],
    "error": ["1 / 0", "print('not reached')"],
    "error, tagged": [("raise ValueError('x')", ["raises-exception"]), "print('reached')"],
    "skipped by tag": [("print('skipped')", ["skip-execution"]), "print('run')"],
    "displays": [D + "display(1); display(HTML('<b>x</b>')); display(Markdown('# y')); display(JSON({'a': [1]}))"],
    "update in a cell": [D + "display('old', display_id='d'); update_display('new', display_id='d')"],
    "update in a later cell": [D + "display('old', display_id='d')", "update_display('new', display_id='d')"],
    "update of an unknown display": [D + "update_display('new', display_id='unknown')"],
    "clear": [D + "print('old', flush=True); clear_output(); print('new')"],
    "clear with wait": [D + "print('old', flush=True); clear_output(wait=True); print('new')"],
    "clear with wait, no more": [D + "print('old', flush=True); clear_output(wait=True)"],
    "late output": ["import threading, sys\ndef late():\n    print('late', flush=True)\nt = threading.Timer(.2, late); t.start()", "import time; time.sleep(.5)"],
    "stdin": ["input('name? ')"],
    "unicode": ["print('ü 日本 \U0001f600 \\u2028 end')", "'\U0001f600'"],
    "picture": ["import base64\n" + D + "display({'image/png': 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='}, raw=True)"],
    "output of 50 MB": ["print('x' * 50_000_000)"],
    "50 MB in lines": ["print(('x' * 79 + '\\n') * 625_000)"],
    "1,000 cells": ["pass"] * 1000,
    "blank and text cells": ["", "   ", "print(1)"],
    "kernel killed": ["print('before', flush=True); import time; time.sleep(.2)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "print('never')"],
    "kernel SIGSEGV": ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"],
}

def notebook(cells):
    nb = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for c in cells:
        source, tags = c if isinstance(c, tuple) else (c, [])
        nb.cells.append(v4.new_code_cell(source, metadata={"tags": tags} if tags else {}))
    return nb

def clean(outputs):
    text = json.dumps(outputs, sort_keys=True)
    text = re.sub(r"\\u001b\[[0-9;]*m", "", text)
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+/\d+", "@", text)

def merged(outputs):
    out = []
    for o in copy.deepcopy(outputs):
        if o["output_type"] == "stream" and out and out[-1]["output_type"] == "stream" and out[-1]["name"] == o["name"]:
            out[-1]["text"] += o["text"]
        else:
            out.append(o)
    return out

def cpu():
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in both)

def main(kernel, names):
    rows = []
    for name, cells in CASES.items():
        if names and name not in names:
            continue
        theirs = notebook(cells)
        ours = copy.deepcopy(theirs)
        start, their_cpu = time.monotonic(), cpu()
        try:
            NotebookClient(theirs, timeout=60).execute()
            nbformat.write(theirs, os.devnull)
            their_end = "ok"
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as e:
            their_end = type(e).__name__
        their_time, their_cpu = time.monotonic() - start, cpu() - their_cpu
        with tempfile.TemporaryDirectory() as tmp:
            path = pathlib.Path(tmp, "in.ipynb")
            nbformat.write(ours, path)
            start, our_cpu = time.monotonic(), cpu()
            code = subprocess.run([kernel, "run", "-timeout", "60s", "-output", tmp + "/out", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            our_time, our_cpu = time.monotonic() - start, cpu() - our_cpu
            got = nbformat.read(pathlib.Path(tmp, "out", "in.ipynb"), 4)
        nbformat.validate(got)
        verdict, note = "equal", ""
        for i, (a, b) in enumerate(zip(theirs.cells, got.cells)):
            if clean(a.outputs) == clean(b.outputs):
                continue
            if clean(merged(a.outputs)) == clean(b.outputs):
                note = "nbclient: %d outputs, here %d" % (len(a.outputs), len(b.outputs))
                continue
            verdict = "differs"
            short = lambda c: clean(merged(c.outputs))[:160].replace("|", "\\|").replace("\n", " ")
            note = f"cell {i + 1}: nbclient `{short(a)}`, here `{short(b)}`"
            break
        states = [c.metadata.get("gocifar", {}).get("state") for c in got.cells][:4]
        rows.append((name, verdict, note, their_end, code, their_time, our_time, " ".join(filter(None, states))))
        print("|", " | ".join([name, verdict, note, their_end, str(code), f"{their_time:.2f}", f"{our_time:.2f}", f"{their_cpu:.2f}", f"{our_cpu:.2f}", rows[-1][-1]]), "|", flush=True)

print("| notebook | outputs | note | nbclient | exit code here | s nbclient | s here | CPU s nbclient | CPU s here | states here (first 4) |")
print("|---|---|---|---|---|---|---|---|---|---|")
main(sys.argv[1], sys.argv[2:])
