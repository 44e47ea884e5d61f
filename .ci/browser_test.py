#!/usr/bin/env python3
"""Open executed notebooks in a real JupyterLab, and run a cell there on our kernel.

usage: browser_test.py --executed DIR --kernel NAME --import PKG [--screenshots DIR]

Every notebook of DIR must open without an error dialog and show each of its
pictures; then a new notebook on kernel NAME must run a first cell that
imports PKG, and others show a slider, a threshold and a confusion matrix that
work. Needs JupyterLab and Playwright in this Python, and Chromium.
"""
import argparse, contextlib, json, os, pathlib, secrets, shutil, socket, subprocess, sys, tempfile, time, urllib.request

from playwright.sync_api import TimeoutError as PlaywrightTimeout, sync_playwright

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_lab(root, log, app="jupyterlab"):
    port, token = free_port(), secrets.token_hex(16)
    server = subprocess.Popen(
        [sys.executable, "-m", app, "--no-browser", "--allow-root", f"--port={port}",
         f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
         "--ServerApp.port_retries=0", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
        stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    for _ in range(120):
        if server.poll() is not None:
            sys.exit(f"{app} ended at once with {server.returncode}; its log is {log.name}")
        try:
            urllib.request.urlopen(f"{url}/api/status?token={token}", timeout=2).read()
            return server, url, token
        except OSError:
            time.sleep(0.5)
    server.kill()
    sys.exit(f"{app} did not answer within 60 s; its log is {log.name}")


def pictures_in(notebook):
    """The number of cells of a notebook that hold a picture (PNG or SVG)."""
    count = 0
    for cell in notebook["cells"]:
        for out in cell.get("outputs", []):
            kinds = set(out.get("data", {}))
            html = "".join(out.get("data", {}).get("text/html", []))
            if kinds & {"image/png", "image/svg+xml"} or "<img" in html or "<svg" in html:
                count += 1
    return count


@contextlib.contextmanager
def lab_page(root, log, screenshot=None, width=1200, height=900, app="jupyterlab"):
    """JupyterLab, or Notebook for the app "notebook", on a folder, and a page of a browser: the page, the server's address
    and its token. More pages come from page.context.new_page. At the end the page is photographed into the file
    screenshot, if there is one."""
    server, url, token = start_lab(root, log, app)
    try:
        with sync_playwright() as pw:
            browser = pw.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
            page = browser.new_context(viewport={"width": width, "height": height}).new_page()
            try:
                yield page, url, token
            finally:
                if screenshot:
                    os.makedirs(os.path.dirname(screenshot) or ".", exist_ok=True)
                    page.screenshot(path=screenshot)
            browser.close()
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()


NOTEBOOKS_AT = {"jupyterlab": "lab/tree", "notebook": "notebooks"}


def open_notebook(page, url, token, name, at=NOTEBOOKS_AT["jupyterlab"]):
    page.goto(f"{url}/{at}/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
    page.wait_for_timeout(1500)
    dialog = page.locator(".jp-Dialog-header")
    for i in range(dialog.count()):
        title = dialog.nth(i).inner_text()
        if "error" in title.lower():
            sys.exit(f"{name}: JupyterLab shows a dialog: {title}")


def check_executed(page, url, token, path, shots):
    want = pictures_in(json.loads(path.read_text()))
    open_notebook(page, url, token, path.name)
    # JupyterLab renders cells as they come into view: walk through them all.
    page.locator(".jp-Notebook").first.click(position={"x": 5, "y": 5})
    seen = set()
    scroller = page.locator(".jp-WindowedPanel-outer").first
    for step in range(400):
        found = page.evaluate("""() => [...document.querySelectorAll(
            '.jp-OutputArea-output img, .jp-OutputArea-output svg')].filter(e => {
              const box = e.getBoundingClientRect();
              return box.width > 20 && (e.tagName !== 'IMG' || e.naturalWidth > 20)
            }).map(e => {
              const cell = e.closest('.jp-Cell'); const out = e.closest('.jp-OutputArea-child');
              return cell.getAttribute('data-windowed-list-index') + '/' +
                     [...cell.querySelectorAll('.jp-OutputArea-child')].indexOf(out)})""")
        seen.update(found)
        at = scroller.evaluate("e => { e.scrollTop += e.clientHeight / 2; return [e.scrollTop + e.clientHeight, e.scrollHeight] }")
        page.wait_for_timeout(150)
        if at[0] >= at[1] - 2 and step > 3:
            break
    if shots:
        page.screenshot(path=str(pathlib.Path(shots) / (path.stem + ".png")))
    if len(seen) < want:
        sys.exit(f"{path.name}: the notebook holds {want} pictures, JupyterLab shows {len(seen)}")
    print(f"ok {path.name}: {len(seen)} pictures shown")


def check_first_cell(page, url, token, root, kernel, package, shots):
    path = pathlib.Path(root) / "first-cell.ipynb"
    source = f'import _ "{package}"\n%%\nfmt.Println("imported", 6*7)'
    path.write_text(json.dumps({
        "cells": [{"cell_type": "code", "id": "first", "execution_count": None, "metadata": {}, "outputs": [], "source": source}],
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}}, "nbformat": 4, "nbformat_minor": 5}))
    open_notebook(page, url, token, path.name)
    answer = page.locator(".jp-OutputArea-output", has_text="imported 42")
    for _ in range(12):  # a request sent before the kernel is connected is lost
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        try:
            answer.first.wait_for(timeout=10_000)
            break
        except PlaywrightTimeout:
            continue
    else:
        sys.exit(f"a first cell on {kernel} printed no answer within 120 s")
    if shots:
        page.screenshot(path=str(pathlib.Path(shots) / "first-cell.png"))
    print(f"ok first cell on {kernel} imports {package}")


PREDICTIONS = """import (
	"context"

	"github.com/gocifar/gocifar/cifar"
	"github.com/gocifar/gocifar/cifar/report"
	"github.com/janpfeifer/must"
)

%%
data := must.M1(cifar.Load(context.Background(), cifar.From("builtin")))
rows := make([][]float32, data.Test.Len())
for i := range rows {
	rows[i] = make([]float32, 10)
	rows[i][i%10] = 0.5
}
must.M1(report.NewPredictions(data.Test.Examples, data.Classes, rows))."""


def check_redrawn(page, url, token, root, kernel, shots, name, call, control, move):
    """A cell shows predictions with a control, and a picture changes when the control is moved."""
    path = pathlib.Path(root) / f"{name}.ipynb"
    path.write_text(json.dumps({
        "cells": [{"cell_type": "code", "id": name, "execution_count": None, "metadata": {}, "outputs": [],
                   "source": f"{PREDICTIONS}{call}(context.Background())"}],
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}}, "nbformat": 4, "nbformat_minor": 5}))
    open_notebook(page, url, token, path.name)
    shown = page.locator(f".jp-OutputArea-output {control}").first
    for _ in range(6):
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        try:
            shown.wait_for(timeout=40_000)
            break
        except PlaywrightTimeout:
            continue
    else:
        sys.exit(f"{call} showed no control within 240 s")
    page.locator(".jp-OutputArea-output img").first.wait_for(timeout=20_000)
    picture = "() => document.querySelector('.jp-OutputArea-output img').src"
    before = page.evaluate(picture)
    page.wait_for_timeout(2000)  # the kernel begins to listen
    move(page)
    try:
        page.wait_for_function(f"before => ({picture})() !== before", arg=before, timeout=20_000)
    except PlaywrightTimeout:
        sys.exit(f"{call}: the control was moved, and the picture stayed as it was")
    if shots:
        page.screenshot(path=str(pathlib.Path(shots) / f"{name}.png"))
    print(f"ok {call}: the control changes the picture")


def slide_to(value):
    return lambda page: page.locator(".jp-OutputArea-output input[type=range]").first.evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')) }", value)


def check_slider(page, url, token, root, kernel, shots):
    """Moving the slider over test pictures shows another one."""
    check_redrawn(page, url, token, root, kernel, shots, "slider", "Browse", "input[type=range]", slide_to(600))


def check_confusion(page, url, token, root, kernel, shots):
    """A threshold changes the confusion matrix, and a click on a cell of it shows the cell's pictures."""
    check_redrawn(page, url, token, root, kernel, shots, "threshold", "BrowseThresholds", "input[type=range]", slide_to(60))
    check_redrawn(page, url, token, root, kernel, shots, "cells", "BrowseConfusion", "[data-pick]",
                  lambda page: page.locator(".jp-OutputArea-output [data-pick='37']").click())
    cell = page.locator(".jp-OutputArea-output [data-pick='38']")
    before = page.locator(".jp-OutputArea-output img").first.get_attribute("src")
    cell.focus()
    cell.press("Enter")
    try:
        page.wait_for_function("before => document.querySelector('.jp-OutputArea-output img').src !== before", arg=before, timeout=20_000)
    except PlaywrightTimeout:
        sys.exit("Enter on a cell of the confusion matrix left the picture as it was")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--executed", required=True)
    args.add_argument("--kernel", required=True)
    args.add_argument("--import", dest="package", required=True)
    args.add_argument("--screenshots")
    args = args.parse_args()
    notebooks = sorted(pathlib.Path(args.executed).glob("*.ipynb"))
    if not notebooks:
        sys.exit(f"no notebooks in {args.executed}")
    if args.screenshots:
        os.makedirs(args.screenshots, exist_ok=True)
    with tempfile.TemporaryDirectory() as root, open(os.path.join(root, "lab.log"), "w") as log:
        for path in notebooks:
            shutil.copy(path, root)
        with lab_page(root, log) as (page, url, token):
            for path in notebooks:
                check_executed(page, url, token, pathlib.Path(root) / path.name, args.screenshots)
            check_first_cell(page, url, token, root, args.kernel, args.package, args.screenshots)
            check_slider(page, url, token, root, args.kernel, args.screenshots)
            check_confusion(page, url, token, root, args.kernel, args.screenshots)


if __name__ == "__main__":
    main()
