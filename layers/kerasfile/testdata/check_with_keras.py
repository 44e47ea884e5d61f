#!/usr/bin/env python3
"""Open files with the real Keras and compare what the models predict.

Usage: check_with_keras.py MANIFEST.json

The manifest lists {"file": …, "into": …, "shape": […], "input": […],
"output": […]}, or "inputs": [{"shape": …, "input": …}] in place of shape and
input. Without "into" the file is a whole model; with it, the file's
weights are loaded into the model of the file "into", whose own are changed
before. Prints one line for each file and "Keras agrees" if all do.
"""
import json, os, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras, numpy as np

agreed = True
for case in json.load(open(sys.argv[1])):
    try:
        if case.get("into"):
            m = keras.saving.load_model(case["into"])
            for w in m.weights:
                w.assign(np.ones(w.shape) * 0.25)
            m.load_weights(case["file"])
        else:
            m = keras.saving.load_model(case["file"])
        inputs = case.get("inputs") or [{"shape": case["shape"], "input": case["input"]}]
        x = [np.array(i["input"], "float32").reshape(i["shape"]) for i in inputs]
        x = x if len(x) > 1 else x[0]
        want = np.array(case["output"]).ravel()
        got = m.predict(x, verbose=0).ravel()
        off = np.abs(got - want).max() / np.abs(want).max()
        optimizer = m.optimizer.get_config() if case.get("optimizer") else None
        if optimizer is not None:
            for k, v in case["optimizer"].items():
                assert k == "class_name" and type(m.optimizer).__name__ == v or np.isclose(optimizer[k], v), (k, v, optimizer)
            # Legacy files bring the loss back as the function, others as its name.
            assert case["loss"] == getattr(m.loss, "__name__", m.loss), m.loss
        print("%s: off by %.2g" % (os.path.basename(case["file"]), off))
        agreed &= bool(off < 1e-5)
    except Exception as e:
        print("%s: %s: %s" % (os.path.basename(case["file"]), type(e).__name__, e))
        agreed = False
print("Keras agrees" if agreed else "Keras does not agree")
