"""Writes session.json: messages as jupyter_client puts them on the wire, and
environment templates as it fills them in. Run it with a Python that has
jupyter_client:

    python session.py > session.json
"""
import datetime
import json
from string import Template

import jupyter_client
from jupyter_client.session import Session

KEY = "a-test-key"
session = Session(key=KEY.encode(), session="session-1", username="someone")
session.msg_id  # start the counter, so that ids differ from message to message

parent = session.msg("execute_request", {"code": "1"})
cases = [
    ("plain", session.msg("status", {"execution_state": "busy"}), [], None),
    ("parent", session.msg("stream", {"name": "stdout", "text": "h\u00e9llo \U0001f600\n"}, parent=parent), [], None),
    ("topic", session.msg("stream", {"name": "stdout", "text": "x"}, parent=parent), [], b"kernel.1.stream.stdout"),
    ("buffers", session.msg("comm_msg", {"comm_id": "c", "data": {"a": [1, None]}}, parent=parent), [b"\x00\x01", b""], None),
    ("metadata", session.msg("display_data", {"data": {"text/plain": "p"}, "metadata": {}, "transient": {"display_id": "d"}},
                             parent=parent, metadata={"m": 1}), [], None),
]
for _, msg, _, _ in cases + [("", parent, [], None)]:
    msg["header"]["date"] = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
    if msg["parent_header"]:
        msg["parent_header"]["date"] = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)

messages = []
for name, msg, buffers, ident in cases:
    frames = session.serialize(msg, ident=ident) + buffers
    messages.append({
        "name": name, "frames": [f.hex() for f in frames],
        "id": msg["header"]["msg_id"], "type": msg["header"]["msg_type"],
        "parent": msg["parent_header"].get("msg_id", ""),
        "identities": 0 if ident is None else 1, "buffers": [b.hex() for b in buffers],
    })

env = {"HOME": "/home/x", "PATH": "/bin:/usr/bin", "_a1": "v", "EMPTY": ""}
templates = ["${HOME}/lib", "$HOME/lib", "/x:${PATH}", "$$HOME", "$$$HOME", "${NONE}", "$NONE.", "$_a1!", "${EMPTY}-", "$", "a$", "$1", "${1}",
             "${HOME", "$HOME$PATH", "${HOME}${HOME}", "100%", "$$", "${}", "$ {HOME}"]

print(json.dumps({
    "jupyter_client": jupyter_client.__version__,
    "key": KEY, "messages": messages,
    "environment": env,
    "templates": [[t, Template(t).safe_substitute(env)] for t in templates],
}, indent=1))
