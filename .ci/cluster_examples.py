"""Writes the examples of kernel/CLUSTER.md into a folder, for their linters: python cluster_examples.py FOLDER."""
import pathlib, re, sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
text = pathlib.Path(__file__).parent.parent.joinpath("kernel/CLUSTER.md").read_text()
blocks = re.findall(r"^```(yaml|sh)\n(.*?)^```$", text, re.M | re.S)
for kind, name, mark in [("yaml", "workflow.yml", "runs-on:"), ("yaml", "job", "kind: Job"), ("sh", "script", "#!/bin/bash")]:
    found = [block for language, block in blocks if language == kind and mark in block]
    assert found, f"kernel/CLUSTER.md has no example with {mark}"
    for i, block in enumerate(found):
        file = name if "." in name else f"{name}-{i}.{'yaml' if kind == 'yaml' else 'sh'}"
        folder.joinpath(file).write_text(block)
