"""Golden figures of fits on data that come batch by batch, made by Keras 3 on TensorFlow: see make_golden.py.

    python golden_sources.py [-check]

writes sources.json: the history of fits on a PyDataset with weights of examples or of classes, on a generator of unknown length,
and on one without end with steps_per_epoch; and predictions after each.
"""

import json
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np

from golden_optimizers import formula
from make_golden import main

N, BATCH = 50, 8
X = formula(N * 6, 1).reshape(N, 6)
Y = (np.arange(N) * 7 % 3).astype(np.int32)
W = (np.arange(N) % 5 / 4).astype(np.float32)


def batch(i, weighted):
    rows = slice(i * BATCH, (i + 1) * BATCH)
    return (X[rows], Y[rows], W[rows]) if weighted else (X[rows], Y[rows])


class Batches(keras.utils.PyDataset):
    def __init__(self, weighted=True):
        super().__init__()
        self.weighted = weighted

    def __len__(self):
        return (N + BATCH - 1) // BATCH

    def __getitem__(self, i):
        return batch(i, self.weighted)


def once():
    for i in range((N + BATCH - 1) // BATCH):
        yield batch(i, False)


def endless():
    while True:
        yield from once()


def model():
    m = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5, activation="tanh"),
                          keras.layers.BatchNormalization(), keras.layers.Dense(3, activation="softmax")])
    for salt, v in enumerate(m.weights):
        if len(v.shape) == 2:
            v.assign((formula(np.prod(v.shape), salt + 1) * np.float32(np.sqrt(6 / sum(v.shape)))).reshape(v.shape))
    m.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    return m


def history(data, **more):
    m = model()
    h = m.fit(data, verbose=0, shuffle=False, **more)
    return {"history": h.history, "predictions": m.predict(X, verbose=0).tolist()}


def files():
    yield "sources.json", json.dumps({
        "made_by": {"history": {}, "predictions": [], "keras": keras.__version__},
        "pydataset": history(Batches(), epochs=3, validation_data=Batches()),
        "class_weight": history(Batches(False), epochs=2, class_weight={0: 1, 1: 0.5, 2: 2}),
        "unknown": history(once(), epochs=1),
        "endless": history(endless(), epochs=4, steps_per_epoch=5),
    }, indent=0)


if __name__ == "__main__":
    main({}, files)
