#!/usr/bin/env python3
"""Look at the live kernel's variables in JupyterLab's debugger panel, also while a cell runs.

usage: browser_variables_test.py --kernel NAME [--screenshots DIR]

Needs what browser_test.py needs.
"""
import argparse, json, os, pathlib, sys, tempfile

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from browser_live_test import Notebook
from browser_test import lab_page, open_notebook

CELLS = [
    'type place struct{ Name string; Size int }\nplaces := []place{{"Ulm", 126}, {"Bonn", 331}}\nfmt.Println("ready")',
    'step := 0\nfmt.Println("counting")\nfor { step++; time.Sleep(time.Millisecond) }',
]


def write_notebook(path, kernel):
    cells = [{"cell_type": "code", "id": f"c{i}", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
             for i, text in enumerate(CELLS)]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
        "kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}}}))


def open_panel(page, notebook):
    """Switches the debugger on."""
    notebook.panel.locator(".jp-DebuggerBugButton").first.click()
    page.locator(".jp-DebuggerBugButton[aria-pressed=true]").first.wait_for(timeout=30_000)
    page.wait_for_timeout(1000)  # JupyterLab opens the panel when the debugger is ready
    if not page.locator(".jp-DebuggerVariables").first.is_visible():
        page.locator('.jp-SideBar .lm-TabBar-tab[data-id="jp-debugger-sidebar"]').first.click()


def check_panel(page, notebook):
    notebook.run(0)
    notebook.wait_for(0, "ready", 60)
    open_panel(page, notebook)
    item = page.locator(".jp-DebuggerVariables .jp-TreeItem", has_text="places").first
    try:
        item.wait_for(timeout=20_000)
    except PlaywrightTimeout:
        sys.exit("the panel does not list the variable places")
    if "[]place" not in item.inner_text():  # the tree has values of numbers only, and types of all others
        sys.exit(f"the panel says of places only {item.inner_text()!r}")
    item.locator("[slot=expand-collapse-button], .expand-collapse-button").first.click()
    try:
        page.locator(".jp-DebuggerVariables .jp-TreeItem", has_text="[1]").last.wait_for(timeout=10_000)
    except PlaywrightTimeout:
        sys.exit("the list's elements do not come when it is opened")
    print("ok the panel lists a variable, and its elements")


def check_running(page, notebook):
    notebook.run(1)
    notebook.wait_for(1, "counting", 60)
    # Each message of the cell makes JupyterLab ask again.
    page.locator(".jp-DebuggerVariables .jp-TreeItem", has_text="step").first.wait_for(timeout=20_000)
    if not notebook.panel.locator(".jp-Notebook-ExecutionIndicator[data-status=busy]").count():
        sys.exit("the cell has ended, so that nothing was seen while it runs")
    print("ok a cell's own variable is listed while the cell runs")
    notebook.select(1)
    page.keyboard.press("i")
    page.keyboard.press("i")
    notebook.wait_idle(30)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--kernel", required=True)
    args.add_argument("--screenshots")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as root, open(os.path.join(root, "lab.log"), "w") as log:
        path = pathlib.Path(root) / "variables.ipynb"
        write_notebook(path, args.kernel)
        screenshot = args.screenshots and os.path.join(args.screenshots, "variables.png")
        with lab_page(root, log, screenshot, 1400) as (page, url, token):
            open_notebook(page, url, token, path.name)
            notebook = Notebook(page, path.name)
            check_panel(page, notebook)
            check_running(page, notebook)


if __name__ == "__main__":
    main()
