#!/usr/bin/env python3
"""Makes layers_normalization.json: the normalizing layers. See make_golden.py."""
import numpy as np
from make_golden import L, keras, layer_case, main

R, C = keras.regularizers, keras.constraints
MIXED = dict(dtype="mixed_bfloat16")


def cases():
    c = layer_case
    image = (4, 5, 6)
    yield c("layer norm", L.LayerNormalization(), image)
    yield c("layer norm of vectors", L.LayerNormalization(epsilon=1e-6), (7,))
    yield c("layer norm without scale", L.LayerNormalization(scale=False), image)
    yield c("layer norm without center", L.LayerNormalization(center=False), image)
    yield c("layer norm without either", L.LayerNormalization(center=False, scale=False), image)
    yield c("layer norm axis 1", L.LayerNormalization(axis=1), image)
    yield c("layer norm axes", L.LayerNormalization(axis=[3, 1]), image)
    yield c("layer norm negative axes", L.LayerNormalization(axis=(-1, -2, -3)), image, training=True)
    yield c("layer norm axes of both signs", L.LayerNormalization(axis=[1, -1]), image)
    yield c("layer norm of large values", L.LayerNormalization(), inputs=[1000 + np.arange(24).reshape((2, 3, 4)) ** 1.5],
            tolerance=1e-4)  # Keras rounds x and the mean by themselves
    yield c("layer norm rms scaling", L.LayerNormalization(rms_scaling=True), image)
    yield c("layer norm with everything", L.LayerNormalization(
        axis=[1, 2], gamma_regularizer="l1", beta_regularizer=R.L2(0.1), gamma_constraint="non_neg",
        beta_constraint=C.MaxNorm(1.0, axis=1), gamma_initializer="he_normal"), image)
    yield c("layer norm in bfloat16", L.LayerNormalization(**MIXED), image)
    yield c("group norm", L.GroupNormalization(3), image)
    yield c("group norm of each channel", L.GroupNormalization(-1, epsilon=1e-5), image)
    yield c("group norm of all channels", L.GroupNormalization(1), image)
    yield c("group norm of vectors", L.GroupNormalization(2), (6,), training=True)
    yield c("group norm axis 1", L.GroupNormalization(2, axis=1), image)
    yield c("group norm axis -2", L.GroupNormalization(5, axis=-2), image)
    yield c("group norm without scale", L.GroupNormalization(2, scale=False), image)
    yield c("group norm without center", L.GroupNormalization(2, center=False), image)
    yield c("group norm with everything", L.GroupNormalization(
        2, gamma_regularizer="l1", beta_regularizer=R.L2(0.1), gamma_constraint="non_neg", beta_constraint="unit_norm"), image)
    yield c("group norm in bfloat16", L.GroupNormalization(3, **MIXED), image)
    yield c("rms norm", L.RMSNormalization(), image)
    yield c("rms norm axes", L.RMSNormalization(axis=[3, 2], epsilon=0.1), image)
    yield c("rms norm in bfloat16", L.RMSNormalization(**MIXED), image)
    b = L.BatchNormalization
    yield c("batch norm axis 1", b(axis=1), image)
    yield c("batch norm axis 1 in training", b(axis=1), image, training=True, batch=4)
    yield c("batch norm axis -2 in training", b(axis=-2, momentum=0.5), image, training=True, batch=4)
    yield c("batch norm with everything", b(
        gamma_regularizer="l1", beta_regularizer=R.L2(0.1), gamma_constraint="non_neg", beta_constraint="unit_norm",
        moving_mean_initializer="ones", synchronized=True), image, training=True)
    yield c("batch renorm", b(renorm=True), image, training=True, batch=4)
    yield c("batch renorm in inference", b(renorm=True), image)
    yield c("batch renorm clipped", b(
        renorm=True, renorm_clipping={"rmin": 0.7, "rmax": 1.5, "dmax": 0.3}, renorm_momentum=0.8, axis=1, scale=False),
        image, training=True, batch=4)
    yield c("batch renorm without center, frozen", b(renorm=True, center=False, trainable=False), image, training=True)
    yield c("batch norm in training in bfloat16", b(**MIXED), image, training=True, batch=4)
    yield c("unit norm", L.UnitNormalization(), image)
    yield c("unit norm axes", L.UnitNormalization(axis=[1, -1]), image)
    yield c("unit norm axis 1", L.UnitNormalization(axis=1), image)
    yield c("unit norm in bfloat16", L.UnitNormalization(**MIXED), image)


if __name__ == "__main__":
    main({"layers_normalization.json": cases})
