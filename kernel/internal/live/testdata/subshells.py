"""Subshells as a client in Python uses them: the situations of ipykernel's tests/test_subshells.py, by jupyter_client.

usage: KERNEL_NAME=… subshells.py; prints OK at the end.
"""
import os, time

from jupyter_client.manager import start_new_kernel

TIMEOUT = 60


def control(kc, msg_type, **content):
    """Sends a request on the control channel and returns the reply's content."""
    msg = kc.session.msg(msg_type, content)
    kc.control_channel.send(msg)
    while True:
        reply = kc.get_control_msg(timeout=TIMEOUT)
        if reply["parent_header"].get("msg_id") == msg["header"]["msg_id"]:
            return reply["content"]


def send(kc, code, subshell_id=None, stop_on_error=True):
    msg = kc.session.msg("execute_request", {
        "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": stop_on_error})
    if subshell_id is not None:
        msg["header"]["subshell_id"] = subshell_id
    kc.shell_channel.send(msg)
    return msg["header"]["msg_id"]


def replies(kc, ids):
    """The replies to requests, in the order in which they come."""
    got, ids = [], set(ids)
    while ids:
        msg = kc.get_shell_msg(timeout=TIMEOUT)
        if msg["parent_header"].get("msg_id") in ids:
            ids.remove(msg["parent_header"]["msg_id"])
            got.append(msg)
    return got


def outputs(kc, ids):
    """What each request has printed when all are idle."""
    text, open_ids = {i: "" for i in ids}, set(ids)
    while open_ids:
        msg = kc.get_iopub_msg(timeout=TIMEOUT)
        parent = msg["parent_header"].get("msg_id")
        if msg["msg_type"] == "stream" and parent in text:
            text[parent] += msg["content"]["text"]
        if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            open_ids.discard(parent)
    return text


def check(kc):
    info = kc.kernel_info(reply=True, timeout=TIMEOUT)["content"]
    assert "kernel subshells" in info["supported_features"], info

    # test_subshell_basics
    assert control(kc, "list_subshell_request") == {"status": "ok", "subshell_id": []}
    first = control(kc, "create_subshell_request")
    assert first["status"] == "ok" and first["subshell_id"], first
    sub = first["subshell_id"]
    assert control(kc, "list_subshell_request")["subshell_id"] == [sub]

    # test_thread_ids stands for: what a subshell runs is of the same process.
    ids = [send(kc, "x := 5\nfmt.Println(os.Getpid())"), None]
    replies(kc, ids[:1])
    ids[1] = send(kc, "fmt.Println(os.Getpid())", sub)
    replies(kc, ids[1:])
    pids = outputs(kc, ids)
    assert pids[ids[0]] == pids[ids[1]] != "", pids

    # test_run_concurrently_sequence: replies of one shell come in order, whatever the other does.
    slow = [send(kc, f"time.Sleep(400 * time.Millisecond)\nfmt.Println(\"main\", {i})") for i in range(2)]
    time.sleep(0.2)
    quick = [send(kc, f"fmt.Println(\"sub\", {i}, x)", sub) for i in range(2)]
    order = [m["parent_header"]["msg_id"] for m in replies(kc, slow + quick)]
    assert [i for i in order if i in slow] == slow and [i for i in order if i in quick] == quick, order
    text = outputs(kc, slow + quick)
    assert [text[i] for i in slow + quick] == ["main 0\n", "main 1\n", "sub 0 5\n", "sub 1 5\n"], text

    # test_run_concurrently_timing: two sleep at the same time, each waits for the other.
    meet = [send(kc, "meet := make(chan int)"), None]
    replies(kc, meet[:1])
    both = [send(kc, "meet <- 1"), send(kc, "<-meet", sub)]
    assert all(m["content"]["status"] == "ok" for m in replies(kc, both))

    # test_create_while_execute
    running = send(kc, "time.Sleep(1500 * time.Millisecond)")
    time.sleep(0.3)
    second = control(kc, "create_subshell_request")["subshell_id"]
    assert sorted(control(kc, "list_subshell_request")["subshell_id"]) == sorted([sub, second])
    assert control(kc, "delete_subshell_request", subshell_id=second)["status"] == "ok"
    assert control(kc, "delete_subshell_request", subshell_id=second)["status"] == "error"
    replies(kc, [running])

    # test_execution_count: one count for all.
    counts = []
    for where in (None, sub, None):
        counts.append(replies(kc, [send(kc, "1", where)])[0]["content"]["execution_count"])
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2], counts

    # test_execute_stop_on_error: an error aborts what waits in its own shell alone.
    failing = [send(kc, "time.Sleep(500 * time.Millisecond)\npanic(1)", sub), send(kc, "2", sub), send(kc, "3")]
    states = {m["parent_header"]["msg_id"]: m["content"]["status"] for m in replies(kc, failing)}
    assert [states[i] for i in failing] == ["error", "aborted", "ok"], states
    assert replies(kc, [send(kc, "4", sub)])[0]["content"]["status"] == "ok"

    # test_idle_message_parent_headers: the parent's header comes back whole.
    request = send(kc, "5", sub)
    reply = replies(kc, [request])[0]
    assert reply["parent_header"].get("subshell_id") == sub, reply["parent_header"]

    # A subshell that is not there.
    assert replies(kc, [send(kc, "6", "unheard")])[0]["content"]["status"] == "error"
    assert control(kc, "delete_subshell_request", subshell_id=sub)["status"] == "ok"


def main():
    km, kc = start_new_kernel(kernel_name=os.environ["KERNEL_NAME"], startup_timeout=TIMEOUT)
    try:
        check(kc)
    finally:
        kc.stop_channels()
        km.shutdown_kernel(now=True)
    print("OK")


if __name__ == "__main__":
    main()
