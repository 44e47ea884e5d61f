#!/usr/bin/env python3
"""Work with the live kernel in a real JupyterLab: pictures, training, completion, interrupt.

usage: browser_live_test.py --notebooks DIR --kernel NAME [--screenshots DIR]

Runs 01-problem-and-data and 02-model1 of DIR on kernel NAME, cell by cell, and
sees the grid of pictures and the line that shows how training goes on. Then it
completes a name, interrupts a long cell, and finds the variables still there.
Needs what browser_test.py needs.
"""
import argparse, json, os, pathlib, sys, tempfile, time

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from browser_test import check_confusion, check_slider, lab_page, open_notebook

# Cells put behind those of 02-model1: what they use is there only if the values of the cells before live on.
EXTRA = {
    "watch": 'stopped := must.M1(model1.Fit(ctx, train, layers.Epochs(1000), layers.Verbose(layers.Silent), layers.Callbacks(layers.Watch())))\n'
             'fmt.Println("the note:", stopped.Note)',
    "long": 'fmt.Println("long begins")\ntime.Sleep(time.Hour)',
    "still": 'fmt.Println("still there:", model1.Name(), before + 1)',
    "complete": "model1.CountP",
}


def copy_for(kernel, source, target, extra):
    """Copies a notebook without its outputs, for a kernel, with more cells at its end. Returns its number of cells before."""
    notebook = json.loads(source.read_text())
    cells = len(notebook["cells"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    for name, text in extra.items():
        notebook["cells"].append({"cell_type": "code", "id": name, "execution_count": None, "metadata": {}, "outputs": [], "source": text})
    notebook["metadata"]["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "go"}
    target.write_text(json.dumps(notebook))
    return cells


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.wait_idle(90)

    def wait_idle(self, seconds):
        self.panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=seconds * 1000)

    def wait_done(self, seconds):
        """Waits until no cell waits for its turn: between two cells the kernel is idle for a moment."""
        self.page.wait_for_function("""() => ![...document.querySelectorAll(".jp-Notebook .jp-InputPrompt")]
            .some((prompt) => prompt.textContent.includes("*"))""", timeout=seconds * 1000)
        self.wait_idle(seconds)

    def cell(self, index):
        return self.panel.locator(".jp-Notebook .jp-Cell").nth(index)

    def select(self, index):
        """Selects a cell, in command mode."""
        self.cell(index).scroll_into_view_if_needed()
        self.cell(index).locator(".jp-InputPrompt, .jp-InputCollapser").first.click()
        self.page.keyboard.press("Escape")

    def run(self, index):
        self.select(index)
        self.page.keyboard.press("Control+Enter")

    def run_first(self, count):
        """Runs the first cells, one after the other; JupyterLab queues them."""
        self.select(0)
        for _ in range(count):
            self.page.keyboard.press("Shift+Enter")
            self.page.wait_for_timeout(60)

    def output(self, index):
        box = self.cell(index).locator(".jp-OutputArea-output")
        return "\n".join(box.all_inner_texts())

    def wait_for(self, index, text, timeout):
        deadline = time.monotonic() + timeout
        while text not in self.output(index):
            if time.monotonic() > deadline:
                sys.exit(f"{self.name}: cell {index} does not show {text!r} within {timeout} s, but {self.output(index)[:500]!r}")
            self.page.wait_for_timeout(100)


def index_of(path, name):
    return next(i for i, cell in enumerate(json.loads(path.read_text())["cells"]) if cell["id"] == name)


def check_grid(notebook, path, cells):
    notebook.run_first(cells)
    grid = notebook.cell(index_of(path, "grid"))
    picture = grid.locator(".jp-OutputArea-output img").first
    try:
        picture.wait_for(timeout=120_000)
    except PlaywrightTimeout:
        sys.exit(f"01: no grid of pictures within 120 s; the cell shows {grid.inner_text()[:500]!r}")
    width, height = picture.evaluate("e => e.decode().then(() => [e.naturalWidth, e.naturalHeight])")
    if width < 300 or height < 300:
        sys.exit(f"01: the grid of pictures has {width} by {height} pixels")
    print(f"ok 01: a grid of {width} by {height} pixels")


def check_training(notebook, path, cells):
    fit = index_of(path, "fit")
    notebook.run_first(cells)
    seen, deadline = [], time.monotonic() + 120
    while "epochs in" not in (text := notebook.output(fit)):
        # The line that is redrawn says the step, such as 120/225, before the epoch has its own.
        line = [l for l in text.splitlines() if "/" in l and "[" in l or "━" in l or "█" in l]
        if line and line[-1] not in seen:
            seen.append(line[-1])
        if time.monotonic() > deadline:
            sys.exit(f"02: training does not end within 120 s; the cell shows {text[-500:]!r}")
        notebook.page.wait_for_timeout(100)
    if len(seen) < 5 or "val_accuracy" not in text:
        sys.exit(f"02: the training line was redrawn {len(seen)} times ({seen[:3]}), and in the end the cell shows {text[-500:]!r}")
    print(f"ok 02: the training line was seen in {len(seen)} states, such as {seen[len(seen) // 2]!r}")


def check_completion(notebook, path):
    page, index = notebook.page, index_of(path, "complete")
    notebook.select(index)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+End")
    editor = notebook.cell(index).locator(".cm-content")
    for _ in range(6):  # gopls reads the module when it is asked first
        page.keyboard.press("Tab")
        try:
            page.wait_for_function("e => e.innerText.includes('CountParams')", arg=editor.element_handle(), timeout=10_000)
            break
        except PlaywrightTimeout:
            if page.locator(".jp-Completer-item", has_text="CountParams").count():
                break
            page.keyboard.press("Escape")
            page.keyboard.press("Enter")
            page.keyboard.press("Control+End")
    else:
        sys.exit(f"the completer does not offer CountParams for {EXTRA['complete']!r}: {editor.inner_text()!r}")
    print("ok completion knows a variable of an earlier cell: model1.CountParams")


def check_watch(notebook, path):
    """A fit of a thousand epochs is watched, and stopped by its button."""
    index = index_of(path, "watch")
    notebook.run(index)
    button = notebook.cell(index).locator("button", has_text="Stop training")
    curves = notebook.cell(index).locator(".jp-OutputArea-output svg polyline").first
    try:
        button.wait_for(timeout=60_000)
        curves.wait_for(state="attached", timeout=30_000)
        seen, deadline = set(), time.monotonic() + 30
        while len(seen) < 5 and time.monotonic() < deadline:
            seen.add(curves.get_attribute("points", timeout=5000))
            notebook.page.wait_for_timeout(100)
    except PlaywrightTimeout:
        sys.exit(f"no curves with a button while a fit runs: the cell shows {notebook.output(index)[:500]!r}")
    if len(seen) < 5:
        sys.exit(f"the curves of a fit were drawn {len(seen)} times in 30 s")
    button.click()
    notebook.wait_for(index, "stopped by hand", 30)
    if not notebook.cell(index).locator(".jp-OutputArea-output img, .jp-OutputArea-output svg").count():
        sys.exit("after a watched fit no picture stays")
    notebook.wait_idle(20)
    print("ok a fit's curves grow, and its button stops it")


def check_interrupt(notebook, path):
    long, still = index_of(path, "long"), index_of(path, "still")
    notebook.run(long)
    notebook.wait_for(long, "long begins", 60)
    start = time.monotonic()
    notebook.panel.locator("[data-command='notebook:interrupt-kernel'] button, jp-button[data-command='notebook:interrupt-kernel']").first.click()
    cell = notebook.cell(long)
    try:
        cell.locator(".jp-OutputArea-output", has_text="Interrupted").first.wait_for(timeout=20_000)
    except PlaywrightTimeout:
        sys.exit(f"the interrupted cell shows {notebook.output(long)!r}")
    took = time.monotonic() - start
    notebook.wait_idle(20)
    notebook.run(still)
    try:
        notebook.cell(still).locator(".jp-OutputArea-output", has_text="still there: model_1 42").wait_for(timeout=30_000)
    except PlaywrightTimeout:
        sys.exit(f"after the interrupt the next cell shows {notebook.output(still)!r}")
    print(f"ok an hour's cell was interrupted in {took:.1f} s, and the variables are still there")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--notebooks", required=True)
    args.add_argument("--kernel", required=True)
    args.add_argument("--screenshots")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as root, open(os.path.join(root, "lab.log"), "w") as log:
        root = pathlib.Path(root)
        first, second = root / "01-problem-and-data.ipynb", root / "02-model1.ipynb"
        cells1 = copy_for(args.kernel, pathlib.Path(args.notebooks) / first.name, first, {})
        # A variable of a cell that the notebook does not have.
        cells2 = copy_for(args.kernel, pathlib.Path(args.notebooks) / second.name, second, {"before": "before := 41", **EXTRA}) + 1
        # All cells are in the page, not only those in view.
        settings = root / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text('{"windowingMode": "none"}')
        os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(root / "settings")
        os.environ["GOCIFAR_PROFILE"] = "quick"
        os.environ["GOCIFAR_RUNS"] = str(root / "runs")
        screenshot = args.screenshots and os.path.join(args.screenshots, "live.png")
        with lab_page(root, log, screenshot) as (page, url, token):
            open_notebook(page, url, token, first.name)
            check_grid(Notebook(page, first.name), first, cells1)
            page.locator(".jp-DirListing-item", has_text=second.name).dblclick()
            page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", has_text="model_1").first.wait_for(timeout=60_000)
            notebook = Notebook(page, second.name)
            check_training(notebook, second, cells2)
            check_watch(notebook, second)
            check_interrupt(notebook, second)
            check_completion(notebook, second)
            check_slider(page, url, token, root, args.kernel, args.screenshots)
            check_confusion(page, url, token, root, args.kernel, args.screenshots)


if __name__ == "__main__":
    main()
