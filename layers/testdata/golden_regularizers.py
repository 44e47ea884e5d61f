#!/usr/bin/env python3
"""Makes regularizers.json: penalties, constraints, and a training with them. See make_golden.py."""
import json
import numpy as np
from make_golden import L, keras, layer_case, main, pack, tf, values

R, C = keras.regularizers, keras.constraints


def penalty(r, *shape):
    x = tf.constant(values(shape, ties=True))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = r(x)
    return {"object": keras.saving.serialize_keras_object(r), "x": pack(x), "value": pack(y),
            "gradient": pack(tape.gradient(y, x))}


def constraint(c, *shape):
    x = values(shape) * 2
    if len(shape) > 1:
        x[..., 0] = 0
    return {"object": keras.saving.serialize_keras_object(c), "x": pack(x), "value": pack(c(tf.constant(x)))}


def training(constrained):
    """Every way to add to the loss in a fit with partial batches and validation; with constraints or without."""
    only = lambda c: c if constrained else None
    image = L.Input((5, 6, 2))
    x = L.Conv2D(4, 3, kernel_regularizer=R.L1L2(0.01, 0.02), bias_regularizer="l2", activity_regularizer=R.L2(1e-3),
                 kernel_constraint=only(C.MaxNorm(0.9, axis=[0, 1, 2])), bias_initializer="ones", activation="elu")(image)
    x = L.ActivityRegularization(l1=1e-3, l2=2e-3)(x)
    x = L.Conv2D(3, 1, kernel_regularizer="l1", trainable=False)(x)  # frozen: no penalty
    x = L.Flatten()(x)
    x = L.Dense(6, activation="hard_silu", kernel_regularizer=R.OrthogonalRegularizer(0.1, mode="columns"),
                kernel_constraint=only(C.MinMaxNorm(0.2, 1.1, rate=0.7)), bias_constraint=only("non_neg"))(x)
    shared = L.Dense(6, kernel_regularizer="l2", activity_regularizer="l1", kernel_constraint=only(C.UnitNorm(axis=1)))
    x = shared(L.PReLU(alpha_regularizer="l1", alpha_constraint=only(C.NonNeg()))(shared(x)))
    m = keras.Model(image, L.Dense(3)(x), name="penalties")
    keras.utils.set_random_seed(3)
    for w in m.weights:
        w.assign(values(w.shape) * 0.3)
    xs, ys = values((50, 5, 6, 2)), values((50, 3))
    out = {"config": json.loads(m.to_json()), "weights": [pack(w) for w in m.weights], "x": pack(xs), "y": pack(ys)}
    m.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    out["history"] = m.fit(xs, ys, batch_size=16, epochs=4, shuffle=False, validation_split=0.2, verbose=0).history
    out["evaluated"] = float(m.evaluate(xs, ys, batch_size=16, verbose=0))
    out["after"] = [pack(w) for w in m.weights]
    return out


def files():
    yield "regularizers.json", json.dumps({
        "penalties": [
            penalty(R.L1(), 4, 3), penalty(R.L1(0.3), 2, 3, 2, 2), penalty(R.L2(), 5), penalty(R.L2(0.7), 4, 3),
            penalty(R.L1L2(l1=0.2), 4, 3), penalty(R.L1L2(0.1, 0.2), 4, 3), penalty(R.L1L2(l2=0.2), 3, 3),
            penalty(R.OrthogonalRegularizer(), 4, 3), penalty(R.OrthogonalRegularizer(0.5, mode="columns"), 5, 4),
        ],
        "constraints": [
            constraint(C.MaxNorm(), 4, 3), constraint(C.MaxNorm(1.5, axis=[0, 1, 2]), 2, 3, 2, 4), constraint(C.NonNeg(), 4, 3),
            constraint(C.UnitNorm(), 4, 3), constraint(C.UnitNorm(axis=-1), 4, 3), constraint(C.UnitNorm(), 5),
            constraint(C.MinMaxNorm(), 4, 3), constraint(C.MinMaxNorm(0.5, 2.5, rate=0.3, axis=1), 4, 3),
        ],
        "training": {"penalties": training(False), "constraints": training(True)},
    }, indent=0)


def cases():
    c = layer_case
    yield c("dense with everything", L.Dense(
        3, kernel_regularizer=R.L1L2(0.1, 0.2), bias_regularizer=R.L1(0.5), activity_regularizer=R.L2(0.25),
        kernel_constraint=C.MinMaxNorm(0.5, 2.0, rate=0.5, axis=[0, 1]), bias_constraint=C.NonNeg()), (4,))
    yield c("conv with everything", L.Conv2D(
        3, 2, kernel_regularizer=R.L1(0.1), bias_regularizer=R.L2(0.5), activity_regularizer=R.L1(0.25),
        kernel_constraint=C.MaxNorm(3.0), bias_constraint=C.UnitNorm()), (4, 5, 2))
    yield c("dense orthogonal", L.Dense(3, kernel_regularizer=R.OrthogonalRegularizer(0.25, mode="columns")), (4,))
    yield c("activity regularization", L.ActivityRegularization(l1=0.25, l2=0.5), (4, 5))


main({"layers_regularizers.json": cases}, files)
