#!/usr/bin/env python3
"""Debug a cell of the live kernel in JupyterLab: break in a loop, see locals, evaluate, step, change a value, go on.

usage: browser_debugger_test.py --kernel NAME [--screenshots DIR]

Needs what browser_test.py needs.
"""
import argparse, json, os, pathlib, re, sys, tempfile

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from browser_live_test import Notebook
from browser_test import lab_page, open_notebook
from browser_variables_test import open_panel

CELLS = [
    'type item struct{ Name string; Price int }\n%%\nfmt.Println("ready")',
    'items := []item{{"pen", 2}, {"book", 20}, {"lamp", 50}}\nfmt.Println(len(items), "items")',
    '%%\ntotal := 0\nfor i, x := range items {\n\tprice := x.Price\n\ttotal += price\n\tfmt.Println(i, x.Name, total)\n}\n'
    'fmt.Println("total", total)',
    '%rerun 3',
]
BREAK = 5  # total += price, in CELLS[2]


def write_notebook(path, kernel):
    cells = [{"cell_type": "code", "id": f"c{i}", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
             for i, text in enumerate(CELLS)]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}}}))


class OpenNotebook(Notebook):
    """A notebook whose cells stay open: the editor of a cell shows its breakpoints."""

    def select(self, index):
        self.cell(index).scroll_into_view_if_needed()
        self.cell(index).locator(".jp-InputPrompt").first.click()
        self.page.keyboard.press("Escape")


class Debugger:
    """JupyterLab's debugger panel."""

    def __init__(self, page, notebook):
        self.page, self.notebook = page, notebook

    def toggle_breakpoint(self, cell, line):
        """Clicks into the gutter beside a line, from 1."""
        editor = self.notebook.cell(cell).locator(".cm-editor").first
        row = editor.locator(".cm-line").nth(line - 1).bounding_box()
        gutter = editor.locator(".cm-breakpoint-gutter, .cm-breakpointGutter, .cm-gutters").first.bounding_box()
        self.page.mouse.click(gutter["x"] + min(6, gutter["width"] / 2), row["y"] + row["height"] / 2)
        self.page.locator(".jp-DebuggerBreakpoint").first.wait_for(timeout=20_000)

    def wait_stopped(self, line):
        """Waits until the code is stopped in a line."""
        frame = self.page.locator(".jp-DebuggerCallstackFrame-location, .jp-DebuggerCallstackFrame").first
        for _ in range(100):
            if frame.count() and re.search(rf":{line}\b", frame.inner_text()):
                return
            self.page.wait_for_timeout(200)
        sys.exit(f"the code is not stopped in line {line}: {frame.inner_text() if frame.count() else 'no frames'!r}")

    def value(self, name):
        """The panel's text about a variable."""
        item = self.page.locator(".jp-DebuggerVariables .jp-TreeItem", has_text=re.compile(rf"^\s*{name}(?![A-Za-z_])")).first
        try:
            item.wait_for(timeout=20_000)
        except PlaywrightTimeout:
            sys.exit(f"the panel does not list the variable {name}")
        return item.inner_text()

    def press(self, command):
        self.page.locator(f'[data-command="debugger:{command}"]').first.click()

    def evaluate(self, text):
        """Evaluates text in the console that JupyterLab opens for it."""
        prompt = self.page.locator(".jp-CodeConsole-input .cm-content:visible").first
        if not prompt.count():
            self.press("evaluate")
        prompt.click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Shift+Enter")


def check_stop(debugger, notebook, index):
    """Runs a cell that comes to the breakpoint, and works there."""
    notebook.run(index)
    debugger.wait_stopped(BREAK)
    if "2" not in debugger.value("price"):
        sys.exit(f"the panel says of price {debugger.value('price')!r}")
    print("ok stopped in the loop, with its variables")
    debugger.press("next")
    debugger.wait_stopped(BREAK + 1)
    print("ok a step")
    debugger.evaluate("price, total = 7, 1000*len(items)")
    for _ in range(50):
        if "7" in debugger.value("price"):
            break
        debugger.page.wait_for_timeout(200)
    else:
        sys.exit(f"price is not set: {debugger.value('price')!r}")
    print("ok values are changed by an expression")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--kernel", required=True)
    args.add_argument("--screenshots")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as root, open(os.path.join(root, "lab.log"), "w") as log:
        path = pathlib.Path(root) / "debugger.ipynb"
        write_notebook(path, args.kernel)
        screenshot = args.screenshots and os.path.join(args.screenshots, "debugger.png")
        with lab_page(root, log, screenshot, 1400) as (page, url, token):
            open_notebook(page, url, token, path.name)
            notebook = OpenNotebook(page, path.name)
            debugger = Debugger(page, notebook)
            for _ in range(12):  # a request sent before the kernel is connected is lost
                notebook.run(0)
                page.wait_for_timeout(5000)
                if "ready" in notebook.output(0):
                    break
            notebook.run(1)
            notebook.wait_for(1, "3 items", 60)
            open_panel(page, notebook)
            debugger.value("items")
            debugger.toggle_breakpoint(2, BREAK)
            check_stop(debugger, notebook, 2)
            debugger.press("continue")
            debugger.wait_stopped(BREAK)
            debugger.toggle_breakpoint(2, BREAK)
            page.wait_for_timeout(2000)  # JupyterLab tells the kernel a moment later
            debugger.press("continue")
            notebook.wait_for(2, "total 3070", 30)
            notebook.wait_idle(30)
            print("ok goes on, to a changed result")
            debugger.toggle_breakpoint(2, BREAK)
            check_stop(debugger, notebook, 3)
            notebook.panel.locator(".jp-DebuggerBugButton").first.click()
            notebook.wait_for(3, "total 3070", 30)
            notebook.wait_idle(30)
            print("ok the same by %rerun, and the debugger is closed while the code is stopped")


if __name__ == "__main__":
    main()
