"""Writes scraps.ipynb, a notebook whose cells record values with scrapbook on ipykernel, and scraps.json, what
scrapbook reads in it. python make_scraps.py, with scrapbook 0.5.0 and papermill 2.7.0."""
import json, pathlib
import nbformat, papermill, scrapbook

here = pathlib.Path(__file__).parent
nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
nb.cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate([
    "import scrapbook as sb\nsb.glue('accuracy', 0.25)\nsb.glue('kind', 'first')",
    "sb.glue('accuracy', 0.75)\nsb.glue('numbers', [1, 2.5, None])\nsb.glue('nested', {'a': {'b': True}})",
    "sb.glue('shown', 7, display=True)\nprint('text')",
    "from IPython.display import display\n"
    "display({'application/papermill.record+json': {'old': 3}}, raw=True)",
])]
path = here / "scraps.ipynb"
nbformat.write(nb, path)
papermill.execute_notebook(path, path, progress_bar=False)
done = nbformat.read(path, 4)
for cell in done.cells:
    cell.metadata.clear()
done.metadata.pop("papermill")
nbformat.write(done, path)
scraps = scrapbook.read_notebook(str(path)).scraps
(here / "scraps.json").write_text(json.dumps({s.name: s.data for s in scraps.values()}, indent=1) + "\n")
