#!/usr/bin/env python3
"""A model of normalizing, activating, merging and regularizing layers, as files of Keras.

    norms.py OUT.zip     the model as .keras and .h5, and expected.json: what it predicts for values that the Go test
                         computes too, before and after two epochs of training. Made with Keras 3.15.1, which loses an axis that is a
                         list of several in its .h5 files: there are none here.
"""
import json, os, sys, tempfile, zipfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
import keras, numpy as np
from keras import layers as L

R, C, I = keras.regularizers, keras.constraints, keras.initializers
BATCH, SHAPE = 6, (6, 5, 4)


def formula(shape):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return (((i * np.uint64(2654435761)) % np.uint64(2**32)).astype("float64") / 2**31 - 1).astype("float32").reshape(shape)


def norms():
    image = L.Input(SHAPE)
    adapted = L.Normalization()
    adapted.adapt(formula((20, *SHAPE)) * 2 + 1)
    x = adapted(image)
    y = L.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0], invert=True)(x)
    y = L.SpatialDropout2D(0.0)(L.GaussianNoise(0.0)(y))
    x = L.SpectralNormalization(L.Conv2D(8, 3, padding="same", kernel_regularizer=R.L1L2(1e-3, 1e-3)), power_iterations=2)(x)
    x = L.GroupNormalization(2, gamma_constraint=C.NonNeg(), beta_regularizer="l2")(x)
    x = L.PReLU(shared_axes=[1, 2], alpha_initializer=I.Constant(0.2))(x)
    x = L.BatchNormalization(renorm=True, renorm_clipping={"rmax": 3.0, "dmax": 2.0})(x)
    y = L.LayerNormalization(axis=-1)(y)
    y = L.RMSNormalization()(L.BatchNormalization(axis=1)(y))
    y = L.Conv2D(8, 1, activation="hard_silu", kernel_initializer=I.VarianceScaling(2.0, "fan_out", seed=3),
                 kernel_constraint=C.MaxNorm(1.5, axis=[0, 1, 2]), activity_regularizer=R.L2(1e-3))(y)
    y = L.Multiply()([y, L.GlobalAveragePooling2D(keepdims=True)(x)])
    x = L.Maximum()([x, L.Average()([x, y]), L.Minimum()([x, y])])
    x = L.UnitNormalization(axis=2)(L.Subtract()([x, y]))
    x = L.ELU(0.7)(L.ActivityRegularization(l1=1e-4)(x))
    left = L.Dense(5, activation="mish", kernel_initializer=I.Orthogonal(0.5, seed=1))(L.Flatten()(x))
    right = L.Dense(5, activation="squareplus", bias_constraint=C.MinMaxNorm(0.0, 0.5, rate=0.5),
                    kernel_regularizer=R.OrthogonalRegularizer(0.01))(L.Flatten()(y))
    cosine = L.Dot(axes=1, normalize=True)([left, right])
    both = L.Concatenate()([left, right, cosine])
    both = L.AlphaDropout(0.0)(L.GaussianDropout(0.0)(L.Activation("hard_tanh")(L.Dense(11, kernel_initializer="identity")(both))))
    return keras.Model(image, L.Dense(3)(both), name="norms")


keras.utils.set_random_seed(4)
m = norms()
m.compile(keras.optimizers.SGD(0.05), "mean_squared_error")
x, y = formula((BATCH, *SHAPE)), formula((BATCH, 3))
with tempfile.TemporaryDirectory() as d, zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    # statistics that are not those at the start
    m.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for suffix in ".keras", ".h5":
        m.save(os.path.join(d, "norms" + suffix))
        z.write(os.path.join(d, "norms" + suffix), "norms" + suffix)
    before = m.predict(x, verbose=0)
    history = m.fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"]
    after = m.predict(x, verbose=0)
    z.writestr("expected.json", json.dumps(
        {"before": before.ravel().tolist(), "after": after.ravel().tolist(), "loss": history}))
