"""What a cell costs through a gateway: `kernel run -gateway`, and nbclient with jupyter_server's GatewayKernelManager.

    go build -o /tmp/kernel ./kernel
    python .ci/gateways.py /tmp/kernel [ROUNDS]

Starts a Jupyter Server with ipykernel behind it and runs notebooks of 1 and of 401 cells `pass`, the two programs in
turn. Needs Python with jupyter_server, nbclient and ipykernel. Prints a Markdown table: what 400 more cells take, for
one cell. CPU is the executor's own time, without the server's and the kernel's. The server wants no token: the class
does not send one with its websocket.
"""

import json
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from nbformat import v4, write

MORE = 400
NBCLIENT = """
import sys, nbformat
from nbclient import NotebookClient
from jupyter_server.gateway.managers import GatewayKernelManager, GatewayKernelClient
class Manager(GatewayKernelManager):
    client_factory = GatewayKernelClient
nb = nbformat.read(sys.argv[1], 4)
NotebookClient(nb, kernel_manager_class=Manager).execute()
nbformat.write(nb, sys.argv[2])
"""


def notebook(path, cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [v4.new_code_cell("pass") for _ in range(cells)]
    write(v4.new_notebook(cells=code, metadata={"kernelspec": kernel}), path)


def take(argv):
    """Seconds by the clock and of the processor that a command takes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(path, cells):
    done = json.loads(pathlib.Path(path).read_text())
    ran = [cell["execution_count"] for cell in done["cells"]]
    assert ran == list(range(1, cells + 1)), f"{path}: {ran}"


def main():
    kernel, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder, socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        s.close()
        for variable in ("DATA", "RUNTIME", "CONFIG"):
            os.environ[f"JUPYTER_{variable}_DIR"] = f"{folder}/{variable}"
        os.environ["JUPYTER_GATEWAY_URL"] = url = f"http://127.0.0.1:{port}"
        own = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_GATEWAY")}
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
             "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
             f"--ServerApp.root_dir={folder}"],
            env=own, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(url + "/api").read()
                    break
                except OSError:
                    time.sleep(0.2)
            measure(kernel, folder, rounds)
        finally:
            server.terminate()
            server.wait()


def measure(kernel, folder, rounds):
    few, many = f"{folder}/few.ipynb", f"{folder}/many.ipynb"
    notebook(few, 1)
    notebook(many, 1 + MORE)
    ways = {
        "kernel run": lambda path: [kernel, "run", "-plain", "-output", f"{folder}/out", path],
        "nbclient": lambda path: [sys.executable, "-c", NBCLIENT, path, f"{folder}/out/{os.path.basename(path)}"],
    }
    costs = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            (wall, cpu), (wall_many, cpu_many) = take(command(few)), take(command(many))
            check(f"{folder}/out/many.ipynb", 1 + MORE)
            costs[name].append(((wall_many - wall) / MORE * 1e3, (cpu_many - cpu) / MORE * 1e3))
    print("| | ms a cell | ms of CPU a cell |\n|---|---|---|")
    for name, values in costs.items():
        columns = [", ".join(f"{value:.2f}" for value in column) + f" (median {statistics.median(column):.2f})"
                   for column in zip(*values)]
        print(f"| {name} | {' | '.join(columns)} |")


main()
