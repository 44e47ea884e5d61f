#!/usr/bin/env python3
"""Writes ../models.json: what ipywidgets' controls keep in step with the front end, with their defaults.

usage: models.py >../models.json    (needs ipywidgets 8)
"""
import inspect, json, sys

import ipywidgets
from ipywidgets.widgets.widget import _registry

NEEDED = {"SelectionSlider": {"options": ["a"]}, "SelectionRangeSlider": {"options": ["a"]}}


def make(cls):
    if cls.__name__ in ("Link", "DirectionalLink"):
        a = ipywidgets.IntSlider()
        return cls((a, "value"), (a, "value"))
    return cls(**NEEDED.get(cls.__name__, {}))


def main():
    classes, seen = {}, set()
    for _, cls in _registry.items():
        if cls in seen or cls.__name__.startswith("_"):
            continue
        seen.add(cls)
        widget = make(cls)
        traits = widget.traits(sync=True)
        record, attributes = {}, {}
        for name, value in sorted(widget.get_state().items()):
            if isinstance(value, (bytes, memoryview)):
                record.setdefault("binary", []).append(name)
                value = None
            if isinstance(value, str) and value.startswith("IPY_MODEL_"):
                record.setdefault("models", {})[name] = type(getattr(widget, name)).__name__
                value = None
            if traits[name].metadata.get("echo_update") is False:
                record.setdefault("noEcho", []).append(name)
            attributes[name] = value
        if cls.__name__ in ("Link", "DirectionalLink"):
            attributes["source"] = attributes["target"] = None
        if cls.__name__ in NEEDED:
            attributes["_options_labels"] = []
        record["attributes"] = attributes
        name = cls.__name__ if cls.__module__ != "ipywidgets.widgets.widget_controller" or cls.__name__ != "Button" else "ControllerButton"
        if name == "Axis":
            name = "ControllerAxis"
        classes[name] = record
    # What ipywidgets offers by name, for the table in ../README.md.
    names = [name for name in dir(ipywidgets)
             if not name.startswith("_") and not inspect.ismodule(getattr(ipywidgets, name))]
    json.dump({"ipywidgets": ipywidgets.__version__, "protocol": ipywidgets.__protocol_version__, "classes": classes,
               "names": names},
              sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
