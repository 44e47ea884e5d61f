#!/usr/bin/env python3
"""Writes widgets_exchange.json: what ipykernel with ipywidgets answers to a front end's messages.

usage: widgets_exchange.py >widgets_exchange.json    (needs ipykernel and ipywidgets 8)

Each step is a cell or a message of the front end, with the messages that it causes on iopub, without those about
execution. Ids of comms are numbered in the order in which they appear. TestExchange plays the same steps with our
kernel, whose cells stand beside the Python ones here.
"""
import json, sys

from jupyter_client.manager import start_new_kernel

CONTROLS = [  # the same control in Python and in Go
    ("IntSlider(min=1, max=9, value=3, description='n')", 'IntSlider(1, 9, 3, widgets.Description("n"))'),
    ("FloatSlider(min=0, max=2, value=0.5)", "FloatSlider(0, 2, 0.5)"),
    ("FloatLogSlider(min=-3, max=1, value=0.01)", "FloatLogSlider(-3, 1, 0.01)"),
    ("IntRangeSlider(min=0, max=10, value=(2, 7))", "IntRangeSlider(0, 10, 2, 7)"),
    ("FloatRangeSlider(min=0, max=1, value=(0.25, 0.75))", "FloatRangeSlider(0, 1, 0.25, 0.75)"),
    ("IntProgress(min=0, max=10, value=4, bar_style='success')", 'IntProgress(0, 10, 4, widgets.ButtonStyle("success"))'),
    ("FloatProgress(min=0, max=1, value=0.5)", "FloatProgress(0, 1, 0.5)"),
    ("BoundedIntText(min=0, max=5, value=1)", "BoundedIntText(0, 5, 1)"),
    ("BoundedFloatText(min=0, max=5, value=1.5)", "BoundedFloatText(0, 5, 1.5)"),
    ("IntText(value=7)", "IntText(7)"),
    ("FloatText(value=7.5)", "FloatText(7.5)"),
    ("Play(min=0, max=10, value=0, interval=50)", 'Play(0, 10, 0, widgets.Attribute("interval", 50))'),
    ("Text(value='a', placeholder='b')", 'Text("a", widgets.Placeholder("b"))'),
    ("Textarea(value='a', continuous_update=False)", 'Textarea("a", widgets.OnRelease())'),
    ("Password(value='secret')", 'Password("secret")'),
    ("Combobox(value='x', options=['x', 'y'])", 'Combobox("x", []string{"x", "y"})'),
    ("ColorPicker(value='#ff0000')", 'ColorPicker("#ff0000")'),
    ("Label(value='l')", 'Label("l")'),
    ("HTML(value='<b>h</b>')", 'HTML("<b>h</b>")'),
    ("HTMLMath(value='$x$')", 'HTMLMath("$x$")'),
    ("Checkbox(value=True, description='c')", 'Checkbox(true, widgets.Description("c"))'),
    ("ToggleButton(value=False, icon='check')", 'ToggleButton(false, widgets.Icon("check"))'),
    ("Valid(value=True)", "Valid(true)"),
    ("TagsInput(value=['a', 'b'])", 'TagsInput([]string{"a", "b"})'),
    ("ColorsInput(value=['red'])", 'ColorsInput([]string{"red"})'),
    ("IntsInput(value=[1, 2])", "IntsInput([]int{1, 2})"),
    ("FloatsInput(value=[1.5])", "FloatsInput([]float64{1.5})"),
    ("Dropdown(options=['a', 'b'], value='a')", 'Dropdown([]string{"a", "b"})'),
    ("RadioButtons(options=['a', 'b'], value='a')", 'RadioButtons([]string{"a", "b"})'),
    ("Select(options=['a', 'b'], value='a', rows=2)", 'Select([]string{"a", "b"}, widgets.Attribute("rows", 2))'),
    ("ToggleButtons(options=['a', 'b'], value='a')", 'ToggleButtons([]string{"a", "b"})'),
    ("SelectionSlider(options=['a', 'b'], value='a')", 'SelectionSlider([]string{"a", "b"})'),
    ("SelectMultiple(options=['a', 'b'])", 'SelectMultiple([]string{"a", "b"})'),
    ("SelectionRangeSlider(options=['a', 'b', 'c'], index=(0, 2))", 'SelectionRangeSlider([]string{"a", "b", "c"})'),
    ("DatePicker(value=datetime.date(2026, 11, 29))", "DatePicker(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))"),
    ("DatetimePicker(value=datetime.datetime(2026, 11, 29, 1, 2, 3, 4000, tzinfo=datetime.timezone.utc))",
     "DatetimePicker(time.Date(2026, 11, 29, 1, 2, 3, 4000000, time.UTC))"),
    ("NaiveDatetimePicker(value=datetime.datetime(2026, 11, 29, 1, 2, 3))",
     "NaiveDatetimePicker(time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC))"),
    ("TimePicker(value=datetime.time(13, 14, 15))", "TimePicker(13*time.Hour + 14*time.Minute + 15*time.Second)"),
    ("Image(value=b'123', format='jpeg', width='10')", 'Image([]byte("123"), widgets.Attribute("format", "jpeg"), widgets.Attribute("width", "10"))'),
    ("Video(value=b'123')", 'Video([]byte("123"))'),
    ("Audio(value=b'123')", 'Audio([]byte("123"))'),
    ("FileUpload(multiple=True)", 'FileUpload(widgets.Attribute("multiple", true))'),
    ("Button(description='go', button_style='primary')", 'Button("go", widgets.ButtonStyle("primary"))'),
    ("Output()", "Output()"),
    ("HBox([widgets.Label('a'), widgets.Label('b')])", 'HBox(widgets.Label("a"), widgets.Label("b"))'),
    ("VBox([widgets.Label('a')])", 'VBox(widgets.Label("a"))'),
    ("Box([])", "Box()"),
    ("GridBox([])", "GridBox()"),
    ("Tab([widgets.Label('a')], titles=['one'])", 'Tab([]string{"one"}, widgets.Label("a"))'),
    ("Accordion([widgets.Label('a')], titles=['one'])", 'Accordion([]string{"one"}, widgets.Label("a"))'),
    ("Stack([widgets.Label('a')])", 'Stack(widgets.Label("a"))'),
    ("AppLayout(header=widgets.Label('h'), center=widgets.Label('c'), right_sidebar=widgets.Label('r'), pane_widths=['1fr', '2fr', '80px'])",
     'AppLayout(widgets.Panes{Header: widgets.Label("h"), Center: widgets.Label("c"), RightSidebar: widgets.Label("r"), '
     'Widths: [3]string{"", "", "80px"}})'),
    ("AppLayout(left_sidebar=widgets.Label('l'), right_sidebar=widgets.Label('r'), footer=widgets.Label('f'))",
     'AppLayout(widgets.Panes{LeftSidebar: widgets.Label("l"), RightSidebar: widgets.Label("r"), Footer: widgets.Label("f")})'),
    ("AppLayout(header=widgets.Label('h'), footer=widgets.Label('f'))",
     'AppLayout(widgets.Panes{Header: widgets.Label("h"), Footer: widgets.Label("f")})'),
    ("AppLayout(center=widgets.Label('c'))", 'AppLayout(widgets.Panes{Center: widgets.Label("c")})'),
    ("AppLayout(center=widgets.Label('c'), merge=False)", 'AppLayout(widgets.Panes{Center: widgets.Label("c"), KeepEmpty: true})'),
    ("TwoByTwoLayout(top_left=widgets.Label('a'), bottom_right=widgets.Label('d'))",
     'TwoByTwoLayout(widgets.Corners{TopLeft: widgets.Label("a"), BottomRight: widgets.Label("d")})'),
    ("TwoByTwoLayout(top_right=widgets.Label('b'), bottom_right=widgets.Label('d'))",
     'TwoByTwoLayout(widgets.Corners{TopRight: widgets.Label("b"), BottomRight: widgets.Label("d")})'),
    ("TwoByTwoLayout(bottom_left=widgets.Label('c'))", 'TwoByTwoLayout(widgets.Corners{BottomLeft: widgets.Label("c")})'),
    ("GridspecLayout(2, 3)", "GridspecLayout(2, 3)"),
    ("Controller(index=1)", "Controller(1)"),
    ("Text(layout=widgets.Layout(width='50%'), style={'background': 'red'})",
     'Text("", widgets.Width("50%"), widgets.Style("background", "red"))'),
]

STEPS = [{"name": python.split("(")[0], "python": f"w = widgets.{python}", "go": f"widgets.{go}"} for python, go in CONTROLS] + [
    {"name": "a slider to talk to", "python": "s = widgets.IntSlider()", "go": "s = widgets.IntSlider(0, 100, 0)", "slider": True},
    {"name": "the front end opens the control comm", "type": "comm_open", "metadata": {"version": "1.0.0"},
     "content": {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}},
    {"name": "the front end asks for all widgets", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "control", "data": {"method": "request_states"}}},
    {"name": "the front end moves the slider", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "SLIDER", "data": {"method": "update", "state": {"value": 7}, "buffer_paths": []}}},
    {"name": "the front end sets what is out of bounds", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "SLIDER", "data": {"method": "update", "state": {"value": 700}, "buffer_paths": []}}},
    {"name": "the front end sets what it has", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "SLIDER", "data": {"method": "update", "state": {"value": 100}, "buffer_paths": []}}},
    {"name": "the front end asks for the slider", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "SLIDER", "data": {"method": "request_state"}}},
    {"name": "the kernel sets the slider", "python": "s.value = 9", "go": "s.SetValue(9)"},
    {"name": "the kernel sets what is there", "python": "s.value = 9", "go": "s.SetValue(9)"},
    {"name": "the kernel shows the slider", "python": "display(s)", "go": "widgets.Show(s)"},
    {"name": "the front end asks which widgets there are", "type": "comm_info_request", "metadata": {},
     "content": {"target_name": "jupyter.widget"}},
    {"name": "the front end asks for control comms", "type": "comm_info_request", "metadata": {},
     "content": {"target_name": "jupyter.widget.control"}},
    {"name": "the front end asks for all comms", "type": "comm_info_request", "metadata": {}, "content": {}},
    {"name": "the front end asks for comms that there are none of", "type": "comm_info_request", "metadata": {},
     "content": {"target_name": "nothing"}},
    {"name": "the kernel sends a message of its own", "python": "s.send({'a': 1}, [b'xy'])", "go": 's.Send(map[string]int{"a": 1}, []byte("xy"))'},
    {"name": "a control comm of another version", "type": "comm_open", "metadata": {"version": "3.0.0"},
     "content": {"comm_id": "control3", "target_name": "jupyter.widget.control", "data": {}}},
    {"name": "a target that nobody knows", "type": "comm_open", "metadata": {},
     "content": {"comm_id": "nobody", "target_name": "nothing", "data": {}}},
    {"name": "a message to an unknown comm", "type": "comm_msg", "metadata": {}, "content": {"comm_id": "unknown", "data": {}}},
    {"name": "the end of an unknown comm", "type": "comm_close", "metadata": {}, "content": {"comm_id": "unknown", "data": {}}},
    {"name": "the front end ends the control comm", "type": "comm_close", "metadata": {}, "content": {"comm_id": "control", "data": {}}},
    {"name": "a message to a comm that has ended", "type": "comm_msg", "metadata": {},
     "content": {"comm_id": "control", "data": {"method": "request_states"}}},
    {"name": "the kernel ends the slider", "python": "s.close()", "go": "s.Close()"},
]


VIEW = "application/vnd.jupyter.widget-view+json"


def caused(client, parent):
    """The messages on iopub that a message causes, but for those about execution."""
    list = []
    while True:
        m = client.get_iopub_msg(timeout=60)
        if m["parent_header"].get("msg_id") != parent:
            continue
        kind = m["msg_type"]
        if kind == "error":
            sys.exit("\n".join(m["content"]["traceback"]))
        if kind in ("execute_input", "execute_result", "stream"):
            continue
        if kind == "display_data":  # the other forms are each kernel's own
            m["content"] = {"data": {VIEW: m["content"]["data"][VIEW]}}
        entry = {"type": kind, "content": m["content"], "metadata": m["metadata"], "buffers": [bytes(b).decode() for b in m["buffers"]]}
        list.append(entry)
        if kind == "status" and m["content"]["execution_state"] == "idle":
            return list


def reply(client, parent):
    """The message on shell that answers one."""
    while (m := client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != parent:
        pass
    return {"type": m["msg_type"], "content": m["content"], "metadata": m["metadata"], "buffers": []}


def main():
    manager, client = start_new_kernel(kernel_name="python3")
    slider, steps = None, []

    def run(code):
        return caused(client, client.execute(code, silent=False, store_history=False))

    run("import datetime\nimport ipywidgets as widgets")
    for step in STEPS:
        if "python" in step:
            messages = run(step["python"])
        else:
            content = json.loads(json.dumps(step["content"]).replace("SLIDER", slider or ""))
            m = client.session.msg(step["type"], content, metadata=step["metadata"])
            client.shell_channel.send(m)
            messages = caused(client, m["header"]["msg_id"])
            if step["type"] == "comm_info_request":
                messages.append(reply(client, m["header"]["msg_id"]))
        if step.get("slider"):
            slider = messages[-2]["content"]["comm_id"]
        steps.append({**step, "caused": messages})
    lines = ",\n".join(json.dumps(step) for step in steps)
    text = f'{{"steps": [\n{lines}\n]}}'
    ids = {}
    for step in steps:
        for m in step["caused"]:
            comm = m["content"].get("comm_id")
            if comm and len(comm) == 32:
                ids.setdefault(comm, f"#{len(ids) + 1}")
    for comm, number in ids.items():
        text = text.replace(comm, number)
    print(text)
    client.shutdown()
    manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
