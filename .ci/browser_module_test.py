#!/usr/bin/env python3
"""Use the live kernel in a module that is not this one: by jupyter_client, as VS Code
starts kernels, and in a real JupyterLab.

usage: browser_module_test.py --kernel NAME [--screenshots DIR]

Makes a module in a new folder, with a package and a folder of notebooks. A kernel
that a client elsewhere starts in that folder imports the package. JupyterLab is
started in the module: its launcher lists the kernel, and a notebook imports the
package beside it, then sees an edit of the package while its values stay.
Needs what browser_test.py needs.
"""
import argparse, json, os, pathlib, sys, tempfile, time, urllib.request

from jupyter_client.manager import KernelManager

from browser_test import lab_page, open_notebook
from browser_live_test import Notebook

GREET = """// Package greet greets.
package greet

// Hello says it.
func Hello(name string) string { return "hello " + name }
"""

CELLS = {
    "import": 'import "example.com/mine/greet"\n%%\nbefore := 41\ngreet.Hello("JupyterLab")',
    "edited": 'fmt.Println(greet.Hello("again"), before+1)',
    "path": 'filepath.Base(os.Getenv("JPY_SESSION_NAME"))',
}


def make_module(root):
    (root / "greet").mkdir()
    (root / "notebooks").mkdir()
    (root / "go.mod").write_text("module example.com/mine\n\ngo 1.24\n")
    (root / "greet" / "greet.go").write_text(GREET)


def write_notebook(path, kernel):
    cells = [{"cell_type": "code", "id": name, "execution_count": None, "metadata": {}, "outputs": [], "source": source}
             for name, source in CELLS.items()]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5,
                                "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}}}))


def check_client(kernel, root):
    """Starts the kernel in the notebook's folder from another one, and runs a cell."""
    manager = KernelManager(kernel_name=kernel)
    manager.start_kernel(cwd=str(root / "notebooks"))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=300)
        shown = []

        def collect(message):
            content = message["content"]
            shown.append(content.get("text") or content.get("data", {}).get("text/plain") or content.get("evalue", ""))

        source = 'import "example.com/mine/greet"\n%%\ngreet.Hello("client")'
        reply = client.execute_interactive(source, timeout=300, output_hook=collect)
        if reply["content"]["status"] != "ok" or "hello client" not in "".join(shown):
            sys.exit(f"jupyter_client: the cell shows {shown!r} and answers {reply['content']!r}")
        print("ok jupyter_client, whose working directory is another one: the package beside the notebook")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def ask(url, token, path):
    return json.loads(urllib.request.urlopen(f"{url}/api/{path}?token={token}", timeout=20).read())


def wait_for_kernel(page, url, token):
    """Waits until the notebook has its kernel: JupyterLab asks for one if a cell is run before."""
    deadline = time.monotonic() + 300
    while not any(s["kernel"]["execution_state"] == "idle" for s in ask(url, token, "sessions")):
        if time.monotonic() > deadline:
            sys.exit(f"JupyterLab's sessions after 300 s: {ask(url, token, 'sessions')!r}")
        page.wait_for_timeout(500)
    page.wait_for_timeout(1000)


def check_launcher(page, url, token, kernel):
    """The launcher lists the kernel."""
    specs = ask(url, token, "kernelspecs")["kernelspecs"]
    if kernel not in specs:
        sys.exit(f"JupyterLab lists {sorted(specs)}, and not {kernel}")
    name = specs[kernel]["spec"]["display_name"]
    page.goto(f"{url}/lab?token={token}&reset")
    page.locator(".jp-LauncherCard", has_text=name).first.wait_for(timeout=90_000)
    print(f"ok JupyterLab's launcher lists {name}")


def run_cell(notebook, index, text, limit):
    """Runs a cell until it shows a text: a request before the kernel is connected is lost."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        notebook.cell(index).locator(".cm-content").first.click()
        notebook.page.keyboard.press("Control+Enter")
        for _ in range(100):
            if text in notebook.output(index):
                return
            notebook.page.wait_for_timeout(200)
    sys.exit(f"cell {index} does not show {text!r} within {limit} s, but {notebook.output(index)!r}")


def check_notebook(page, url, token, root):
    open_notebook(page, url, token, "notebooks/use.ipynb")
    notebook = Notebook(page, "use.ipynb")
    wait_for_kernel(page, url, token)
    run_cell(notebook, 0, "hello JupyterLab", 300)
    print("ok a notebook imports the package beside it")
    (root / "greet" / "greet.go").write_text(GREET.replace('"hello "', '"good evening, "'))
    run_cell(notebook, 1, "good evening, again 42", 120)
    print("ok the next cell has the edited package, and the values")
    run_cell(notebook, 2, "use.ipynb", 60)
    print("ok the kernel knows which notebook it is for")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--kernel", required=True)
    args.add_argument("--screenshots")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as logs:
        root = pathlib.Path(folder).resolve()
        make_module(root)
        write_notebook(root / "notebooks" / "use.ipynb", args.kernel)
        time.sleep(0.1)
        check_client(args.kernel, root)
        with open(os.path.join(logs, "lab.log"), "w") as log:
            screenshot = args.screenshots and os.path.join(args.screenshots, "module.png")
            back = os.getcwd()
            os.chdir(root)
            with lab_page(root, log, screenshot) as (page, url, token):
                os.chdir(back)
                check_launcher(page, url, token, args.kernel)
                check_notebook(page, url, token, root)


if __name__ == "__main__":
    main()
