"""Golden figures of fits with all that Compile can say, made by Keras 3 on TensorFlow: see make_golden.py.

    python golden_fits.py [-check]

writes fits.json: the history of a model with two inputs and two outputs, with losses, weights of losses and of examples, metrics
that are means and metrics with a state, weighted and not, an optimizer with a schedule, clipping and decay, and validation data;
predictions after it; and the same model as a .keras file after the fit, in kerasfile/testdata/two_outputs.keras.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
from keras import layers as L, losses, metrics as M, optimizers as O

from golden_optimizers import formula
from make_golden import main

N = 22


def model():
    keras.backend.clear_session()
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    x = L.Concatenate()([L.Dense(4, activation="tanh", name="left")(a), L.Dense(3, activation="relu", name="right")(b)])
    m = keras.Model([a, b], [L.Dense(2, name="size")(x), L.Dense(3, activation="softmax", name="kind")(x)], name="two")
    for salt, v in enumerate(m.weights):
        if len(v.shape) > 1:
            v.assign((formula(np.prod(v.shape), salt + 1) * np.float32(np.sqrt(6 / sum(v.shape)))).reshape(v.shape))
    return m


def data():
    x = [formula(N * 3, 51).reshape(N, 3), formula(N * 2, 52).reshape(N, 2)]
    y = [formula(N * 2, 53).reshape(N, 2), np.eye(3, dtype="float32")[np.arange(N) * 5 % 3]]
    w = [np.linspace(0.5, 2, N, dtype="float32"), np.linspace(1, 0.25, N, dtype="float32")]
    return x, y, w


def fit():
    m = model()
    m.compile(
        O.AdamW(O.schedules.CosineDecay(0.001, 10, warmup_target=0.02, warmup_steps=4), weight_decay=0.1, global_clipnorm=0.5),
        loss={"size": losses.Huber(), "kind": losses.CategoricalCrossentropy(label_smoothing=0.1)},
        loss_weights={"size": 0.5, "kind": 2.0},
        metrics={"size": [M.MeanAbsoluteError(name="mae"), M.RootMeanSquaredError(name="rmse")],
                 "kind": ["accuracy", M.AUC(name="auc"), M.Precision(name="precision")]},
        weighted_metrics={"size": [M.MeanAbsoluteError(name="mae")], "kind": [M.F1Score(average="macro", name="f1")]},
    )
    x, y, w = data()
    part = lambda arrays, of: [a[of] for a in arrays]
    first, last = slice(0, 18), slice(18, None)
    h = m.fit(part(x, first), part(y, first), sample_weight=part(w, first), batch_size=8, epochs=3, shuffle=False, verbose=0,
              validation_data=(part(x, last), part(y, last), part(w, last)))
    return m, {"history": h.history, "predictions": [np.array(p).ravel().astype("float64").tolist() for p in m.predict(x, verbose=0)]}


def files():
    m, out = fit()
    if "-check" not in sys.argv[1:]:
        m.save(pathlib.Path(__file__).parent.parent / "kerasfile/testdata/two_outputs.keras")
    yield "fits.json", json.dumps({"made_by": f"keras {keras.__version__} on {keras.backend.backend()}", **out}, indent=0)


if __name__ == "__main__":
    main({}, files)
