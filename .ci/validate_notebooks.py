#!/usr/bin/env python3
"""Validate every notebook of the given folders with Python's nbformat."""
import pathlib, sys
import nbformat

paths = [p for folder in sys.argv[1:] for p in sorted(pathlib.Path(folder).glob("*.ipynb"))]
if not paths:
    sys.exit("no notebooks in " + " ".join(sys.argv[1:]))
for path in paths:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    print(f"ok {path.name} (nbformat {notebook.nbformat}.{notebook.nbformat_minor}, {len(notebook.cells)} cells)")
