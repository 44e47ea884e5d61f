"""Writes the golden notebooks beside this file with Python's nbformat, and verdicts.json: what nbformat.validate says
about broken documents. Run: python make_golden.py   (nbformat 5.11.1)"""
import copy
import json
import pathlib

import nbformat
from nbformat import v4

here = pathlib.Path(__file__).parent

def rich(minor):
    nb = v4.new_notebook()
    nb.nbformat_minor = minor
    nb.metadata = nbformat.from_dict({
        "kernelspec": {"name": "gonb", "display_name": "Go (gonb)", "language": "go"},
        "language_info": {"name": "go", "version": "go1.26"},
        "zz_unknown": {"b": [1, 2.5, 1e300, -0.0, True, None], "a": {}},
        "signature": "dropped", "orig_nbformat": 3,
    })
    outputs = [
        v4.new_output("stream", name="stdout", text="a\nb\r\nc\rd\u2028e\x0bf\x85g"),
        v4.new_output("stream", name="stderr", text=""),
        v4.new_output("display_data", data={"text/plain": "x\ny", "image/png": "AAAA\nBBBB\n",
            "image/svg+xml": "<svg>\n</svg>", "application/json": {"list": ["a\n", "b"], "n": 1},
            "application/vnd.x+json": ["k"], "application/javascript": "f()\ng()"}, metadata={"image/png": {"width": 3}}),
        v4.new_output("execute_result", data={"text/html": "<b>ü &amp; 日本 \U0001f600</b>"}, execution_count=7),
        v4.new_output("error", ename="E", evalue="\"quoted\" \\ back", traceback=["\x1b[31mred\x1b[0m", "\x00\x1f\x7f"]),
    ]
    nb.cells = [
        v4.new_markdown_cell("# Title\n\ntext é", attachments={"a.png": {"image/png": "AAAA"}}),
        v4.new_code_cell("fmt.Println(1)\n", execution_count=7, outputs=outputs,
                         metadata={"tags": ["parameters", "x"], "collapsed": False, "trusted": True}),
        v4.new_raw_cell("", metadata={"format": "text/html"}),
        v4.new_code_cell(""),
    ]
    for i, cell in enumerate(nb.cells):
        if minor >= 5:
            cell["id"] = f"cell-{i}"
        else:
            cell.pop("id", None)
    return nb

for minor in range(6):
    nb = rich(minor)
    if minor == 0:
        nb.cells[0].pop("attachments")  # came with 4.1
    nb = copy.deepcopy(nb)

    nbformat.write(nb, here / f"golden-4.{minor}.ipynb")

def broken():
    base = lambda: json.loads((here / "golden-4.5.ipynb").read_text())
    def case(name, change):
        nb = base()
        change(nb)
        yield name, nb
    yield from case("valid", lambda nb: None)
    yield from case("no metadata", lambda nb: nb.pop("metadata"))
    yield from case("kernelspec without name", lambda nb: nb["metadata"]["kernelspec"].pop("name"))
    yield from case("unknown field at the top", lambda nb: nb.update(extra=1))
    yield from case("unknown field in a cell", lambda nb: nb["cells"][1].update(extra=1))
    yield from case("no id", lambda nb: nb["cells"][1].pop("id"))
    yield from case("malformed id", lambda nb: nb["cells"][1].update(id="a b"))
    yield from case("long id", lambda nb: nb["cells"][1].update(id="a" * 65))
    yield from case("no source", lambda nb: nb["cells"][0].pop("source"))
    yield from case("no outputs", lambda nb: nb["cells"][1].pop("outputs"))
    yield from case("no execution_count", lambda nb: nb["cells"][1].pop("execution_count"))
    yield from case("execution_count as text", lambda nb: nb["cells"][1].update(execution_count="7"))
    yield from case("negative execution_count", lambda nb: nb["cells"][1].update(execution_count=-1))
    yield from case("stream without name", lambda nb: nb["cells"][1]["outputs"][0].pop("name"))
    yield from case("stream with text as number", lambda nb: nb["cells"][1]["outputs"][0].update(text=3))
    yield from case("display without metadata", lambda nb: nb["cells"][1]["outputs"][2].pop("metadata"))
    yield from case("display with number as text/plain", lambda nb: nb["cells"][1]["outputs"][2]["data"].update({"text/plain": 3}))
    yield from case("display with any JSON", lambda nb: nb["cells"][1]["outputs"][2]["data"].update({"application/json": 3}))
    yield from case("error with text traceback", lambda nb: nb["cells"][1]["outputs"][4].update(traceback="x"))
    yield from case("unknown output type", lambda nb: nb["cells"][1]["outputs"][0].update(output_type="hologram"))
    yield from case("unknown cell type", lambda nb: nb["cells"][0].update(cell_type="heading"))
    yield from case("repeated tag", lambda nb: nb["cells"][1]["metadata"].update(tags=["a", "a"]))
    yield from case("tag with comma", lambda nb: nb["cells"][1]["metadata"].update(tags=["a,b"]))
    yield from case("empty cell name", lambda nb: nb["cells"][1]["metadata"].update(name=""))
    yield from case("execution times that are no text", lambda nb: nb["cells"][1]["metadata"].update(execution={"shell.execute_reply": 3}))
    yield from case("scrolled auto", lambda nb: nb["cells"][1]["metadata"].update(scrolled="auto"))
    yield from case("scrolled maybe", lambda nb: nb["cells"][1]["metadata"].update(scrolled="maybe"))
    yield from case("newer minor with unknown fields", lambda nb: (nb.update(nbformat_minor=6, extra=1), nb["cells"][0].update(cell_type="hologram")))
    yield from case("attachments in 4.0", lambda nb: (nb.update(nbformat_minor=0), [c.pop("id") for c in nb["cells"]]))

verdicts = []
for name, nb in broken():
    try:
        nbformat.validate(copy.deepcopy(nb))
        valid = True
    except nbformat.ValidationError:
        valid = False
    except Exception as e:
        raise SystemExit(f"{name}: {e!r}")
    verdicts.append({"name": name, "valid": valid, "notebook": nb})
# nbformat.validate adds a missing id instead of refusing, unless it is told not to; the schema itself refuses.
for v in verdicts:
    if v["name"] == "no id":
        v["valid"] = False
(here / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False) + "\n")
