#!/usr/bin/env python3
"""Open models of golden layers with the real Keras, compare what they compute, and save them again.

Usage: check_layers.py LAYERS.json FOLDER SUFFIX...

LAYERS.json lists cases as layers/testdata/make_golden.py writes them. FOLDER/saved.SUFFIX is a model of these cases,
with one output for each, in their order. Keras computes the outputs and saves the model as FOLDER/again.SUFFIX.
"""
import base64, json, os, sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
import keras
import numpy as np


def array(a):
    return np.frombuffer(base64.b64decode(a["data"]), "<f4").reshape(a["shape"])


cases = json.load(open(sys.argv[1]))
agreed = True
for suffix in sys.argv[3:]:
    model = keras.saving.load_model(f"{sys.argv[2]}/saved.{suffix}", compile=False)
    outputs = model([array(x) for case in cases for x in case["inputs"]], training=False)
    for case, y in zip(cases, outputs, strict=True):
        want = array(case["output"])
        off = np.abs(np.asarray(y, "float32") - want).max() / np.abs(want).max()
        if y.shape != want.shape or not off < 1e-5:
            print(f"{suffix}: {case['name']}: off by {off:.2g}")
            agreed = False
    model.save(f"{sys.argv[2]}/again.{suffix}")
print("Keras agrees" if agreed else "Keras does not agree")
