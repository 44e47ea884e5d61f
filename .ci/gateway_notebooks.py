"""Runs notebooks through a gateway that it starts: python gateway_notebooks.py GATEWAY KERNEL [FLAG...] NOTEBOOK...

GATEWAY is server, kernel or enterprise: jupyter_server, jupyter_kernel_gateway or jupyter_enterprise_gateway, which this
Python must have; KERNEL is our command, made by `go build ./kernel`. The rest goes to `kernel run -gateway`:

    go run ./kernel setup -jupyter
    go build -o /tmp/kernel ./kernel
    python .ci/gateway_notebooks.py kernel /tmp/kernel -profile quick -output /tmp/executed notebooks

The exit code is that of `kernel run`, or 1 if a kernel is left on the gateway.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

# Two of them drop output that comes faster than a limit, which 0 switches off.
GATEWAYS = {
    "server": ["-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token={token}", "--ServerApp.root_dir={folder}",
               "--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=0"],
    "kernel": ["-m", "kernel_gateway", "--KernelGatewayApp.port={port}", "--KernelGatewayApp.port_retries=0",
               "--KernelGatewayApp.auth_token={token}", "--JupyterWebsocketPersonality.list_kernels=True",
               "--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=0"],
    "enterprise": ["-m", "enterprise_gateway", "--EnterpriseGatewayApp.port={port}",
                   "--EnterpriseGatewayApp.port_retries=0", "--EnterpriseGatewayApp.auth_token={token}",
                   "--EnterpriseGatewayApp.list_kernels=True", "--EnterpriseGatewayApp.unauthorized_users="],
}


def get(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def await_server(server, url, token):
    for _ in range(1200):
        if server.poll() is not None:
            sys.exit(f"the gateway has ended with {server.returncode}: look at its log above")
        try:
            return get(url + "/api", token)
        except OSError:
            time.sleep(0.1)
    sys.exit("the gateway does not answer within two minutes")


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in GATEWAYS:
        sys.exit(__doc__)
    gateway, kernel, *arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port, token = s.getsockname()[1], secrets.token_hex()
        s.close()
        own = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_GATEWAY")}
        words = [word.format(port=port, token=token, folder=folder) for word in GATEWAYS[gateway]]
        server = subprocess.Popen([sys.executable, *words], env=own)
        url = f"http://127.0.0.1:{port}"
        try:
            await_server(server, url, token)
            code = subprocess.run([kernel, "run", "-gateway", url, *arguments],
                                  env=own | {"JUPYTER_GATEWAY_AUTH_TOKEN": token}).returncode
            left = get(url + "/api/kernels", token)
        finally:
            server.terminate()
            server.wait()
    if left:
        print(f"{len(left)} kernels are left on the gateway", file=sys.stderr)
    sys.exit(code or bool(left))


main()
