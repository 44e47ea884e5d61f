"""A debugger as a client in Python uses it: the situations of ipykernel's tests/test_debugger.py, and those that
xeus-python's test/test_debugger.cpp has beside them, by jupyter_client.

usage: KERNEL_NAME=… MODULE=… debugger.py; prints OK at the end. MODULE is the folder of github.com/spf13/cobra, which is the
kernel's module, too: breakpoints are in a file of it.
"""
import os
import pathlib

from jupyter_client.manager import start_new_kernel

TIMEOUT = 60
SUM = """func f(a, b int) int {
\tc := a + b
\treturn c
}

%%
fmt.Println(f(2, 3))"""

seq = 0


def request(kc, command, arguments=None):
    """Carries out a request and returns the reply's content."""
    global seq
    seq += 1
    msg = kc.session.msg("debug_request", {"type": "request", "seq": seq, "command": command, "arguments": arguments or {}})
    kc.control_channel.send(msg)
    while True:
        reply = kc.get_control_msg(timeout=TIMEOUT)
        if reply["parent_header"].get("msg_id") == msg["header"]["msg_id"]:
            content = reply["content"]
            assert content["type"] == "response" and content["request_seq"] == seq and content["command"] == command, content
            return content


def body(kc, command, arguments=None):
    reply = request(kc, command, arguments)
    assert reply["success"], reply
    return reply["body"]


def initialize(kc):
    reply = body(kc, "initialize", {
        "clientID": "test-client", "clientName": "testClient", "adapterID": "", "pathFormat": "path", "linesStartAt1": True,
        "columnsStartAt1": True, "supportsVariableType": True, "supportsVariablePaging": True,
        "supportsRunInTerminalRequest": True, "locale": "en"})
    assert reply["supportsConfigurationDoneRequest"], reply
    body(kc, "attach")
    event(kc, "initialized")


def event(kc, name):
    """Waits for an event."""
    while True:
        msg = kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["msg_type"] == "debug_event" and msg["content"]["event"] == name:
            assert msg["content"]["type"] == "event" and isinstance(msg["content"]["seq"], int), msg
            return msg["content"]["body"]


def breakpoints(kc, code, *lines):
    source = body(kc, "dumpCell", {"code": code})["sourcePath"]
    got = body(kc, "setBreakpoints", {
        "breakpoints": [{"line": n} for n in lines], "source": {"path": source}, "sourceModified": False})["breakpoints"]
    assert [b["source"]["path"] for b in got] == [source] * len(lines), got
    return source, got


def output(kc, msg_id):
    text = ""
    while True:
        msg = kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["parent_header"].get("msg_id") != msg_id:
            continue
        if msg["msg_type"] == "stream":
            text += msg["content"]["text"]
        if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            kc.get_shell_msg(timeout=TIMEOUT)
            return text


def frame(kc):
    return body(kc, "stackTrace", {"threadId": 1})["stackFrames"][0]


def scope(kc, name):
    scopes = body(kc, "scopes", {"frameId": frame(kc)["id"]})["scopes"]
    reference = next(s["variablesReference"] for s in scopes if s["name"] == name)
    return {v["name"]: v for v in body(kc, "variables", {"variablesReference": reference})["variables"]}


def check(kc):
    # ipykernel: test_supported_features
    assert "debugger" in kc.kernel_info(reply=True, timeout=TIMEOUT)["content"]["supported_features"]

    # test_debug_initialize; xeus-python: test_debug_info
    info = body(kc, "debugInfo")
    assert not info["isStarted"] and info["hashMethod"] == "Murmur2" and info["tmpFileSuffix"] == ".go", info
    initialize(kc)
    assert body(kc, "debugInfo")["isStarted"]

    # test_attach_debug
    assert body(kc, "evaluate", {"expression": '"a" + "b"', "context": "repl"})["result"] == '"ab"'

    # test_set_breakpoints
    source, got = breakpoints(kc, SUM, 2)
    assert got[0]["verified"] and got[0]["line"] == 2, got
    assert source in [b["source"] for b in body(kc, "debugInfo")["breakpoints"]]
    body(kc, "configurationDone")

    # xeus-python: test_source
    assert body(kc, "source", {"source": {"path": source}})["content"] == SUM

    # test_stop_on_breakpoint, test_rich_inspect_at_breakpoint
    cell = kc.execute(SUM)
    stopped = event(kc, "stopped")
    assert stopped["reason"] == "breakpoint" and stopped["allThreadsStopped"], stopped
    assert stopped["threadId"] in body(kc, "debugInfo")["stoppedThreads"]
    assert stopped["threadId"] in [t["id"] for t in body(kc, "threads")["threads"]]
    top = frame(kc)
    assert top["line"] == 2 and top["source"]["path"] == source, top
    a = scope(kc, "Locals")["a"]
    assert (a["value"], a["type"]) == ("2", "int"), a
    rich = body(kc, "richInspectVariables", {"variableName": "a", "frameId": top["id"]})
    assert rich["data"] == {"text/plain": a["value"]}, rich

    # xeus-python: test_next_continue, and a value is set
    body(kc, "next", {"threadId": stopped["threadId"]})
    assert event(kc, "continued")["allThreadsContinued"]
    assert event(kc, "stopped")["reason"] == "step" and frame(kc)["line"] == 3
    assert scope(kc, "Locals")["c"]["value"] == "5"
    assert body(kc, "evaluate", {"expression": "c * 2", "frameId": frame(kc)["id"], "context": "hover"})["result"] == "10"
    scopes = body(kc, "scopes", {"frameId": frame(kc)["id"]})["scopes"]
    body(kc, "setVariable", {"variablesReference": scopes[0]["variablesReference"], "name": "c", "value": "77"})

    # test_copy_to_globals
    body(kc, "copyToGlobals", {"srcVariableName": "c", "dstVariableName": "c_copy", "srcFrameId": frame(kc)["id"]})
    assert scope(kc, "Globals")["c_copy"]["value"] == scope(kc, "Locals")["c"]["value"] == "77"

    body(kc, "continue", {"threadId": stopped["threadId"]})
    assert output(kc, cell) == "77\n"

    # test_breakpoint_in_cell_with_leading_empty_lines
    code = "\nx := 1\n\nfmt.Println(x + c_copy)"
    breakpoints(kc, code, 3)
    cell = kc.execute(code)
    assert event(kc, "stopped")["reason"] == "breakpoint" and frame(kc)["line"] == 4
    body(kc, "continue", {"threadId": 1})
    assert output(kc, cell) == "78\n"

    # test_rich_inspect_not_at_breakpoint
    output(kc, kc.execute('text := "Hello the world"'))
    assert "text" in [v["name"] for v in body(kc, "inspectVariables")["variables"]]
    rich = body(kc, "richInspectVariables", {"variableName": "text"})
    assert rich["data"]["text/plain"] == "Hello the world", rich

    # xeus-python: test_step_in, test_stack_trace, test_variables
    breakpoints(kc, SUM, 7)
    cell = kc.execute(SUM)
    event(kc, "stopped")
    body(kc, "stepIn", {"threadId": 1})
    event(kc, "stopped")
    frames = body(kc, "stackTrace", {"threadId": 1})["stackFrames"]
    assert [(f["name"], f["line"]) for f in frames] == [("f", 2), ("main", 7)], frames
    reference = body(kc, "scopes", {"frameId": frames[0]["id"]})["scopes"][0]["variablesReference"]
    assert len(body(kc, "variables", {"variablesReference": reference})["variables"]) == 2
    assert len(body(kc, "variables", {"variablesReference": reference, "start": 1, "count": 1})["variables"]) == 1
    body(kc, "continue", {"threadId": 1})
    assert output(kc, cell) == "5\n"

    # xeus-python: test_set_exception_breakpoints
    body(kc, "setExceptionBreakpoints", {"filters": ["panic"]})
    cell = kc.execute("var none []int\nnone[3] = 1")
    stopped = event(kc, "stopped")
    assert stopped["reason"] == "exception" and "index out of range" in stopped["text"], stopped
    body(kc, "continue", {"threadId": 1})
    output(kc, cell)
    body(kc, "setExceptionBreakpoints", {"filters": []})

    # A pause.
    cell = kc.execute("spins := true\nfor spins { time.Sleep(time.Millisecond) }\nfmt.Println(\"done\")")
    while kc.get_iopub_msg(timeout=TIMEOUT)["msg_type"] != "execute_input":
        pass
    while True:  # until the code runs
        if any(v["name"] == "spins" for v in body(kc, "inspectVariables")["variables"]):
            break
    body(kc, "pause", {"threadId": 1})
    assert event(kc, "stopped")["reason"] == "pause"
    body(kc, "evaluate", {"expression": "spins = false", "frameId": frame(kc)["id"], "context": "repl"})
    body(kc, "continue", {"threadId": 1})
    assert output(kc, cell) == "done\n"

    # The end.
    assert "modules" in body(kc, "modules")
    body(kc, "disconnect", {"restart": False, "terminateDebuggee": True})
    assert not body(kc, "debugInfo")["isStarted"]


def second_front_end(manager, kc):
    """Two front ends: what one stops, the other sees and lets go on."""
    other = manager.client()
    other.start_channels()
    other.wait_for_ready(timeout=TIMEOUT)
    initialize(kc)
    body(other, "initialize")
    body(other, "attach")
    breakpoints(kc, SUM, 3)
    cell = kc.execute(SUM)
    thread = event(other, "stopped")["threadId"]
    assert body(other, "debugInfo")["stoppedThreads"] == [thread] and scope(other, "Locals")["c"]["value"] == "5"
    body(other, "continue", {"threadId": thread})
    assert event(kc, "stopped")["threadId"] == thread
    assert not request(kc, "continue", {"threadId": thread})["success"]  # it goes on already
    assert output(kc, cell) == "5\n"
    body(kc, "disconnect")
    body(other, "disconnect")
    other.stop_channels()


def files(kc, module):
    """xeus-python: test_external_set_breakpoints, test_external_next_continue."""
    initialize(kc)
    path = str(pathlib.Path(module, "command.go"))
    lines = pathlib.Path(path).read_text().split("\n")
    begin = lines.index("func (c *Command) Name() string {") + 1
    third, fifth = begin + 2, begin + 6
    assert lines[third - 1].strip().startswith("i := strings.Index(name") and lines[fifth - 1].strip() == "return name"
    got = body(kc, "setBreakpoints", {"source": {"path": path}, "breakpoints": [{"line": third}, {"line": fifth}],
                                      "lines": [third, fifth], "sourceModified": False})["breakpoints"]
    assert [(b["verified"], b["line"], b["source"]["path"]) for b in got] == [(True, third, path), (True, fifth, path)], got
    body(kc, "configurationDone")
    cell = kc.execute('import "github.com/spf13/cobra"\n%%\nserve := &cobra.Command{Use: "serve [port]"}\n'
                      "fmt.Println(serve.Name())")

    def here(line, **values):
        top = frame(kc)
        assert (top["line"], top["source"]["path"]) == (line, path), top
        locals = {name: v["value"] for name, v in scope(kc, "Locals").items()}
        assert {name: locals[name] for name in values} == values, locals

    assert event(kc, "stopped")["reason"] == "breakpoint"
    here(third, name='"serve [port]"')
    body(kc, "next", {"threadId": 1})
    event(kc, "stopped")
    here(third + 1, name='"serve [port]"', i="5")
    body(kc, "continue", {"threadId": 1})
    event(kc, "stopped")
    here(fifth, name='"serve"', i="5")

    # Beyond it: the file's text, the stack, an expression, and a value that is set.
    assert body(kc, "source", {"source": {"path": path}})["content"] == pathlib.Path(path).read_text()
    frames = body(kc, "stackTrace", {"threadId": 1})["stackFrames"]
    assert [f["name"] for f in frames] == ["github.com/spf13/cobra.(*Command).Name", "main"], frames
    top = frames[0]["id"]
    assert body(kc, "evaluate", {"expression": "c.Use[i+1:]", "frameId": top})["result"] == '"[port]"'
    reference = body(kc, "scopes", {"frameId": frame(kc)["id"]})["scopes"][0]["variablesReference"]
    body(kc, "setVariable", {"variablesReference": reference, "name": "name", "value": '"other"'})
    body(kc, "continue", {"threadId": 1})
    assert output(kc, cell) == "other\n"

    # Without breakpoints nothing stops; what the module requires has none.
    body(kc, "setBreakpoints", {"source": {"path": path}, "breakpoints": []})
    assert output(kc, kc.execute("fmt.Println(serve.Name())")) == "serve\n"
    assert path in [m["path"] for m in body(kc, "modules")["modules"]]
    got = body(kc, "setBreakpoints", {"source": {"path": "/gone/flag.go"}, "breakpoints": [{"line": 1}]})["breakpoints"]
    assert not got[0]["verified"] and "no module of the user's" in got[0]["message"], got
    body(kc, "disconnect")


manager, client = start_new_kernel(kernel_name=os.environ["KERNEL_NAME"], startup_timeout=TIMEOUT)
try:
    check(client)
    second_front_end(manager, client)
    files(client, os.environ["MODULE"])
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
print("OK")
