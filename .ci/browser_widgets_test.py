#!/usr/bin/env python3
"""Move the live kernel's widgets in a real JupyterLab or Notebook, and see their Go values; set Go values, and see the controls.

usage: browser_widgets_test.py --kernel NAME [--app notebook] [--gonb DIR] [--screenshots DIR] [--moves N]

Every control stands beside a label that shows what Go has of it. Then the page is loaded again and opened a second
time, and a picture is redrawn for N moves of a slider. Needs what browser_test.py needs.
"""
import argparse, json, os, pathlib, re, statistics, sys, tempfile, time

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from browser_live_test import Notebook
from browser_test import NOTEBOOKS_AT, lab_page, open_notebook

PREPARE = """import (
	"fmt"
	"image"
	"image/color"
	"time"
	"github.com/gocifar/gocifar/kernel/widgets"
)

var rows []widgets.Widget

// row shows a control beside what Go has of it.
func row[T any](name string, w interface {
	widgets.Widget
	Value() T
	Observe(func(T)) func()
}) {
	seen := widgets.Label("go " + fmt.Sprint(w.Value()))
	w.Observe(func(v T) { seen.SetValue("go " + fmt.Sprint(v)) })
	rows = append(rows, widgets.HBox(widgets.Label(name), w, seen))
}"""

CONTROLS = """number := widgets.IntSlider(0, 10, 3)
rate := widgets.FloatSlider(0, 1, 0.5)
power := widgets.FloatLogSlider(0, 4, 10)
between := widgets.IntRangeSlider(0, 10, 2, 8)
count := widgets.IntText(7)
line := widgets.Text("before")
lines := widgets.Textarea("a")
check := widgets.Checkbox(false)
toggle := widgets.ToggleButton(false, widgets.Description("toggle"))
which := widgets.Dropdown([]time.Duration{time.Second, time.Minute})
radio := widgets.RadioButtons([]string{"red", "green"})
pick := widgets.Select([]string{"one", "two"})
many := widgets.SelectMultiple([]string{"x", "y", "z"})
buttons := widgets.ToggleButtons([]string{"left", "right"})
day := widgets.DatePicker(time.Time{})
shade := widgets.ColorPicker("#000000")
upload := widgets.FileUpload()
row[int]("number", number)
row[float64]("rate", rate)
row[float64]("power", power)
row[[2]int]("between", between)
row[int]("count", count)
row[string]("line", line)
row[string]("lines", lines)
row[bool]("check", check)
row[bool]("toggle", toggle)
row[time.Duration]("which", which)
row[string]("radio", radio)
row[string]("pick", pick)
row[[]string]("many", many)
row[string]("buttons", buttons)
row[time.Time]("day", day)
row[string]("shade", shade)
file := widgets.Label("go nothing")
upload.Observe(func(files []widgets.File) { file.SetValue(fmt.Sprintf("go %s %q", files[0].Name, files[0].Content)) })
rows = append(rows, widgets.HBox(widgets.Label("upload"), upload, file))
clicks := 0
clicked := widgets.Label("go 0")
click := widgets.Button("click me").OnClick(func() { clicks++; clicked.SetValue(fmt.Sprint("go ", clicks)) })
rows = append(rows, widgets.HBox(widgets.Label("click"), click, clicked))
widgets.VBox(rows...)"""

SET = """number.SetValue(9); rate.SetValue(0.3); between.SetValue([2]int{1, 2}); line.SetValue("by Go"); check.SetValue(false)
which.SetValue(time.Second); radio.SetValue("red"); many.SetValue([]string{"z"}); shade.SetValue("#00ff00")"""

PICTURE = """draw := func(n int) []byte {
	picture := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range picture.Pix { picture.Pix[i] = uint8(i * n) }
	b, err := widgets.PNG(picture)
	if err != nil { panic(err) }
	return b
}
_ = color.Black
moved := widgets.IntSlider(0, 1000, 1)
shown := widgets.Image(draw(1))
moved.Observe(func(n int) { shown.SetValue(draw(n)) })
widgets.HBox(widgets.Label("picture"), moved, shown)"""

BUSY = """fmt.Println("computing")
for i := 0; i < 600; i++ { time.Sleep(100 * time.Millisecond) }"""

OUTPUT = """widgets.Interact(func(x float64, n int) any { fmt.Println("printed", n); return x * float64(n) },
	widgets.Named("x", widgets.Range[float64]{Min: 0, Max: 4}), widgets.Named("n", widgets.IntSlider(0, 10, 3)))"""

OWN = """type counter struct {
	Count int `json:"count"`
}
own, err := widgets.Any(widgets.Module{JavaScript: `export default { render({ model, el }) {
  const b = document.createElement("button"); b.className = "own"; const show = () => b.textContent = "count " + model.get("count");
  b.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
  model.on("change:count", show); show(); el.appendChild(b); } }`}, counter{Count: 41})
if err != nil { panic(err) }
ownSeen := widgets.Label("go 41")
own.Observe(func(c counter) { ownSeen.SetValue(fmt.Sprint("go ", c.Count)) })
widgets.HBox(widgets.Label("own"), own, ownSeen)"""

BROKEN = """broken, err := widgets.Any(widgets.Module{JavaScript: "export default { render( }"}, counter{})
if err != nil { panic(err) }
broken"""

PAD = """pad := widgets.Controller(0)
padSeen := widgets.Label("go nothing")
pad.OnChange(func(g widgets.Gamepad) { padSeen.SetValue(fmt.Sprintf("go %s %v %v", g.Name, g.Buttons, g.Axes)) })
widgets.VBox(widgets.HBox(widgets.Label("pad"), padSeen), pad)"""

# A game controller, since no machine of tests has one.
GAMEPAD = """window.pad = {id: "a pad", index: 0, connected: true, mapping: "standard", timestamp: 1, axes: [0],
  buttons: [{pressed: false, value: 0}, {pressed: false, value: 0}]};
navigator.getGamepads = () => [window.pad];"""

CELLS = [("prepare", PREPARE), ("controls", CONTROLS), ("set", SET), ("picture", PICTURE), ("interact", OUTPUT), ("own", OWN), ("broken", BROKEN),
         ("pad", PAD), ("busy", BUSY)]
INDEX = {id: i for i, (id, _) in enumerate(CELLS)}


class Page:
    """A page that shows the notebook with widgets."""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page

    def row(self, name):
        label = self.page.locator(".widget-label", has_text=re.compile(f"^{name}$"))
        return self.page.locator(".jp-OutputArea .widget-hbox").filter(has=label).last

    def wait(self, name, text, seconds=15):
        try:
            self.row(name).locator(".widget-label", has_text=text).first.wait_for(timeout=seconds * 1000)
        except PlaywrightTimeout:
            sys.exit(f"{name}: the page does not show {text!r}, but {self.row(name).inner_text()!r}")

    def key(self, name, key, times=1, selector=".noUi-handle", at=0):
        handle = self.row(name).locator(selector).nth(at)
        handle.focus()
        for _ in range(times):
            press(handle, key)


def press(handle, key):
    """Presses a key on a slider's handle, but not for the page around it: Notebook 7 keeps the arrow keys for itself."""
    handle.dispatch_event("keydown", {"key": key, "bubbles": True})


def move_all(p, folder):
    """Moves each control, and sees Go's value beside it."""
    p.key("number", "ArrowRight", 2)
    p.wait("number", "go 5")
    p.key("rate", "ArrowRight")
    p.wait("rate", "go 0.6")
    p.key("power", "ArrowRight")
    p.wait("power", "go 12.589254")
    p.key("between", "ArrowRight", at=0)
    p.wait("between", "go [3 8]")
    for name, text in (("count", "12"), ("line", "written"), ("lines", "written, too")):
        field = p.row(name).locator("input, textarea").first
        field.fill(text)
        field.press("Tab")
        p.wait(name, "go " + text)
    p.row("check").locator("input[type=checkbox]").check()
    p.wait("check", "go true")
    p.row("toggle").locator("button").click()
    p.wait("toggle", "go true")
    p.row("which").locator("select").select_option("1m0s")
    p.wait("which", "go 1m0s")
    p.row("radio").locator("input[type=radio]").nth(1).check()
    p.wait("radio", "go green")
    p.row("pick").locator("select").select_option("two")
    p.wait("pick", "go two")
    p.row("many").locator("select").select_option(["x", "z"])
    p.wait("many", "go [x z]")
    p.row("buttons").locator("button").nth(1).click()
    p.wait("buttons", "go right")
    p.row("day").locator("input[type=date]").fill("2026-11-29")
    p.row("day").locator("input[type=date]").press("Tab")
    p.wait("day", "go 2026-11-29 00:00:00")
    shade = p.row("shade").locator("input").first
    shade.fill("#ff8800")
    shade.press("Tab")
    p.wait("shade", "go #ff8800")
    path = folder / "note.txt"
    path.write_text("a note")
    with p.page.expect_file_chooser() as chooser:
        p.row("upload").locator("button, .jupyter-button").first.click()
    chooser.value.set_files(str(path))
    p.wait("upload", 'go note.txt "a note"')
    p.row("click").locator("button").click()
    p.wait("click", "go 1")
    print("ok 18 controls were moved in the page, and Go has their values")


def values(p):
    """What the controls themselves show."""
    row = p.row
    return {
        "number": row("number").locator(".widget-readout").inner_text(),
        "rate": row("rate").locator(".widget-readout").inner_text(),
        "between": row("between").locator(".widget-readout").inner_text(),
        "line": row("line").locator("input").input_value(),
        "check": row("check").locator("input[type=checkbox]").is_checked(),
        "which": row("which").locator("select option:checked").inner_text(),
        "radio": row("radio").locator("input[type=radio]").nth(0).is_checked(),
        "many": row("many").locator("select option:checked").all_inner_texts(),
        "shade": row("shade").locator("input").first.input_value(),
    }


SET_VALUES = {"number": "9", "rate": "0.30", "between": "1 – 2", "line": "by Go", "check": False, "which": "1s", "radio": True,
              "many": ["z"], "shade": "#00ff00"}


def wait_values(p, want, what):
    deadline = time.monotonic() + 15
    while (got := values(p)) != want:
        if time.monotonic() > deadline:
            sys.exit(f"{what}: the controls show {got}, want {want}")
        p.page.wait_for_timeout(100)
    print(f"ok {what}: the controls show what Go has")


def redraw(p, moves):
    """The time from a slider's key to the new picture, in the page."""
    row = p.row("picture")
    row.locator("img").wait_for()
    times = row.evaluate("""async (row, moves) => {
        const img = row.querySelector("img"), handle = row.querySelector(".noUi-handle"), times = [];
        for (let i = 0; i < moves; i++) {
            const start = performance.now();
            const changed = new Promise((resolve, reject) => {
                const o = new MutationObserver(() => { o.disconnect(); resolve(); });
                o.observe(img, {attributes: true, attributeFilter: ["src"]});
                setTimeout(() => reject(new Error("no new picture within 10 s")), 10000);
            });
            handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
            await changed;
            times.push(performance.now() - start);
            await new Promise(resolve => setTimeout(resolve, 20));
        }
        return times;
    }""", moves)
    print(f"ok a slider's move is in the picture after {statistics.median(times):.0f} ms (median of {len(times)}; "
          f"{min(times):.0f} to {max(times):.0f} ms)")


# What cells of GoNB's own notebooks show; each has to be there as often as here.
GONB = {
    "comms": ["sent 4", "got 2", "got 4", "closed", "done", "ok", "No more."],
    "widgets": ["clicked", "widget tested ok", "widget tested ok"],
    "dom": ["This is a test!", "And a second test.", "This is a test!", "And a second test."],
}


def gonb_notebooks(context, url, token, kernel, folder, root):
    """Runs GoNB's notebooks about its widgets, unchanged but for the kernel and their first cells, which are about GoNB's
    own checkout."""
    for name, wanted in GONB.items():
        notebook = json.loads((folder / "examples" / "tests" / f"{name}.ipynb").read_text())
        notebook["metadata"]["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "go"}
        notebook["cells"] = [c for c in notebook["cells"] if "GONB_GIT_ROOT" not in "".join(c["source"])]
        for i, cell in enumerate(notebook["cells"]):
            cell["id"] = f"cell{i}"
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        (root / f"gonb-{name}.ipynb").write_text(json.dumps(notebook))
        page = context.new_page()
        open_notebook(page, url, token, f"gonb-{name}.ipynb")
        opened = Notebook(page, name)
        opened.run_first(len(notebook["cells"]))
        page.wait_for_timeout(1000)
        opened.wait_done(60)
        text = "\n".join(opened.output(i) for i in range(len(notebook["cells"])))
        for line in set(wanted):
            if text.count(line) < wanted.count(line):
                sys.exit(f"GoNB's {name}.ipynb shows {line!r} {text.count(line)} times, want {wanted.count(line)}: {text!r}")
        if "error" in text.lower().replace("stderr", "") or "timedout" in text:
            sys.exit(f"GoNB's {name}.ipynb shows an error: {text!r}")
        print(f"ok GoNB's {name}.ipynb")
        page.close()


def check_controls(p, folder, moves):
    """Runs the cells, and moves what they show."""
    for id in ("prepare", "controls", "picture", "interact", "own", "broken", "pad"):
        p.notebook.run(INDEX[id])
        p.notebook.wait_idle(60)
    p.row("number").wait_for(timeout=30_000)
    move_all(p, folder)
    p.notebook.run(INDEX["set"])
    wait_values(p, SET_VALUES, "Go sets values")
    redraw(p, moves)
    area = p.notebook.cell(INDEX["interact"])
    area.locator(".jp-OutputArea-output", has_text="printed 3").last.wait_for(timeout=15_000)
    press(area.locator(".noUi-handle").nth(1), "ArrowRight")
    area.locator(".jp-OutputArea-output", has_text="printed 4").last.wait_for(timeout=15_000)
    print("ok Interact calls its function anew")
    p.row("own").locator("button.own").click(timeout=30_000)
    p.wait("own", "go 42")
    print("ok a module of one's own draws a widget")
    p.notebook.wait_for(INDEX["broken"], "does not work: SyntaxError", 15)
    print("ok a module with a syntax error says so in its place")
    p.wait("pad", "go a pad [{0 false} {0 false}] [0]")
    p.page.evaluate("() => { pad.buttons[1] = {pressed: true, value: 1}; pad.axes[0] = -0.5; pad.timestamp++; }")
    p.wait("pad", "go a pad [{0 false} {1 true}] [-0.5]")
    print("ok a game controller's buttons and axes")
    p.notebook.run(INDEX["busy"])
    p.notebook.wait_for(INDEX["busy"], "computing", 60)
    p.key("number", "ArrowLeft")
    p.wait("number", "go 8")
    print("ok a handler runs while a cell computes")
    p.page.locator("[data-command='notebook:interrupt-kernel'] button, jp-button[data-command='notebook:interrupt-kernel']").first.click()
    p.notebook.wait_idle(30)


def check_again(page, url, token, name, app):
    """Loads the page again, and opens a second one."""
    open_notebook(page, url, token, name, NOTEBOOKS_AT[app])
    p = Page(Notebook(page, name))
    p.row("number").wait_for(timeout=60_000)
    wait_values(p, {**SET_VALUES, "number": "8"}, "after the page was loaded again")
    second = page.context.new_page()
    open_notebook(second, url, token, name, {**NOTEBOOKS_AT, "jupyterlab": "lab/workspaces/second/tree"}[app])
    q = Page(Notebook(second, name))
    q.row("number").wait_for(timeout=60_000)
    wait_values(q, {**SET_VALUES, "number": "8"}, "a second tab")
    q.key("number", "ArrowLeft")
    p.wait("number", "go 7")
    wait_values(p, {**SET_VALUES, "number": "7"}, "the first tab, after a move in the second")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--kernel", required=True)
    args.add_argument("--screenshots")
    args.add_argument("--moves", type=int, default=50)
    args.add_argument("--app", choices=NOTEBOOKS_AT, default="jupyterlab")
    args.add_argument("--gonb", help="the folder of GoNB's module: its notebooks about widgets are run, too")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as root, open(os.path.join(root, "lab.log"), "w") as log:
        root = pathlib.Path(root)
        name = "widgets.ipynb"
        cells = [{"cell_type": "code", "id": id, "execution_count": None, "metadata": {}, "outputs": [], "source": text} for id, text in CELLS]
        (root / name).write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {
            "kernelspec": {"name": args.kernel, "display_name": args.kernel, "language": "go"}}}))
        settings = root / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text('{"windowingMode": "none"}')
        os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(root / "settings")
        screenshot = args.screenshots and os.path.join(args.screenshots, "widgets.png")
        with lab_page(root, log, screenshot, height=1400, app=args.app) as (page, url, token):
            if args.gonb:
                gonb_notebooks(page.context, url, token, args.kernel, pathlib.Path(args.gonb), root)
            page.on("console", lambda m: print("the page's console says:", m.text) if m.type == "error" else None)
            page.add_init_script(GAMEPAD)
            open_notebook(page, url, token, name, NOTEBOOKS_AT[args.app])
            p = Page(Notebook(page, name))
            check_controls(p, root, args.moves)
            page.keyboard.press("Control+s")
            page.wait_for_timeout(2000)
            check_again(page, url, token, name, args.app)


if __name__ == "__main__":
    main()
