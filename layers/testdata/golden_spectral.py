#!/usr/bin/env python3
"""Makes layers_spectral.json: SpectralNormalization around layers; and spectral.json, a training with it. See
make_golden.py."""
import json
import numpy as np
from make_golden import L, keras, layer_case, main, pack, values

S = L.SpectralNormalization


def ours(case):
    """vector_u comes second in Keras' list of weights, and last in ours, like all that training does not change."""
    for key in "weights", "weights_after":
        case[key].append(case[key].pop(1))
    return case


def cases():
    c = lambda *a, **k: ours(layer_case(*a, **k))
    image = (5, 6, 2)
    yield c("spectral dense in inference", S(L.Dense(3)), (4,))
    yield c("spectral dense", S(L.Dense(3)), (4,), training=True)
    yield c("spectral dense, three iterations", S(L.Dense(3, use_bias=False), power_iterations=3), (4,), training=True)
    yield c("spectral convolution", S(L.Conv2D(4, 3, activation="relu")), image, training=True)


def files():
    m = keras.Sequential([L.Input((5, 6, 2)), S(L.Conv2D(4, 3, activation="relu", kernel_regularizer="l2")), L.Flatten(),
                          S(L.Dense(3), power_iterations=2), L.Dense(2)], name="spectral")
    of = lambda: [pack(w) for l in m.layers for w in l.trainable_weights + l.non_trainable_weights]
    for w in m.weights:
        w.assign(values(w.shape) * 0.5)
    xs, ys = values((40, 5, 6, 2)), values((40, 2))
    out = {"config": json.loads(m.to_json()), "weights": of(), "x": pack(xs), "y": pack(ys)}
    m.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    out["history"] = m.fit(xs, ys, batch_size=16, epochs=4, shuffle=False, validation_split=0.2, verbose=0).history
    out["evaluated"] = float(m.evaluate(xs, ys, batch_size=16, verbose=0))
    yield "spectral.json", json.dumps({**out, "after": of()}, indent=0)


main({"layers_spectral.json": cases}, files)
