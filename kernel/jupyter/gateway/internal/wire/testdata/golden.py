"""What jupyter_server puts on a websocket for the messages of wire_test.go.

usage: python golden.py > golden.json     (Python with jupyter_server)
"""

import base64
import json

from jupyter_server.services.kernels.connection.base import (
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)

PARTS = {
    "header": {"msg_id": "1", "session": "s", "username": "u", "date": "d", "msg_type": "stream", "version": "5.4"},
    "parent_header": {"msg_id": "0", "msg_type": "execute_request"},
    "metadata": {"a": 1},
    "content": {"name": "stdout", "text": "ü\n"},
}
BUFFERS = [b"\x01\x02\x03", b""]

packed = [json.dumps(part, ensure_ascii=False).encode() for part in PARTS.values()]
messages = {
    "v1": serialize_msg_to_ws_v1(packed, "iopub"),
    "v1, two buffers": serialize_msg_to_ws_v1(packed + BUFFERS, "iopub"),
    "older": json.dumps({**PARTS, "buffers": [], "channel": "iopub"}).encode(),
    "older, two buffers": serialize_binary_message({**PARTS, "buffers": BUFFERS, "channel": "iopub"}),
}
print(json.dumps({name: base64.b64encode(raw).decode() for name, raw in messages.items()}, indent=1))
