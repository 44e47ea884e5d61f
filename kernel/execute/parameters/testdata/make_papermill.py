"""Writes papermill.json: what papermill's inspection finds in cells. python make_papermill.py, with papermill 2.7.0."""
import json, pathlib
from papermill.translators import PythonTranslator

SOURCES = [
    "a = 1\nb = 'x'  # the name\nc: float = 0.5\nd = None  # type: str what d is\n# e = 3\n",
    "values = [\n    1,  # one\n    2,\n]\nlast = {'a': 1}",
    "x: List[int] = [1, 2] # numbers\ny: \"str\" = 'a#b'\n",
    "def f(a=1): pass\nimport os\nz = f()\n",
    "a == 1\nb += 2\n  indented = 3\n",
    "", "# nothing",
    "path = r'C:\\x' \nempty = ''\ncalc = 1 + 2 # sum\n",
]
out = [{"source": s, "parameters": [
    {"name": p.name, "type": "" if p.inferred_type_name == "None" else p.inferred_type_name, "default": p.default, "help": p.help}
    for p in PythonTranslator.inspect({"source": s})]} for s in SOURCES]
pathlib.Path(__file__).with_name("papermill.json").write_text(json.dumps(out, indent=1) + "\n")
