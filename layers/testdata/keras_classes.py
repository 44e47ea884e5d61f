#!/usr/bin/env python3
"""Lists the public classes of the rooms of Keras that files name: keras_classes.json has for each class its name and its other
names.

    python keras_classes.py > keras_classes.json
"""
import inspect, json, os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras

ROOMS = ("layers", "losses", "metrics", "optimizers", "optimizers.schedules", "regularizers", "constraints", "initializers",
         "activations")


def room(path):
    module = keras
    for part in path.split("."):
        module = getattr(module, part)
    wanted = inspect.isfunction if path == "activations" else inspect.isclass
    names = {}
    for name in dir(module):
        if wanted(value := getattr(module, name)):
            names.setdefault(value, []).append(name)
    return sorted([v.__name__] + sorted(set(n) - {v.__name__}) for v, n in names.items())


rows = [f"  {json.dumps(path)}: [\n" + ",\n".join("    " + json.dumps(names) for names in room(path)) + "\n  ]" for path in ROOMS]
print("{\n  \"keras\": " + json.dumps(keras.__version__) + ",\n" + ",\n".join(rows) + "\n}")
