#!/usr/bin/env python3
"""Makes layers_regularization.json: dropout's family in inference, and what of it is the same in training; and the
Normalization of inputs. See make_golden.py."""
import numpy as np
from make_golden import L, layer_case, main


def adapted(**settings):
    """A Normalization that takes the values of its weights anew at every call: layer_case assigns them."""
    layer = L.Normalization(**settings)
    plain = layer.call

    def call(inputs):
        layer.finalize_state()
        return plain(inputs)

    layer.call = call
    return layer


def cases():
    c = layer_case
    image = (4, 5, 3)
    yield c("dropout noise shape", L.Dropout(0.5, noise_shape=(None, 1, 1, 3), seed=4), image)
    yield c("dropout rate 1 with a noise shape", L.Dropout(1.0, noise_shape=(None, 1, 1, None)), image, training=True)
    yield c("spatial dropout 1d", L.SpatialDropout1D(0.3, seed=1), (5, 3))
    yield c("spatial dropout 2d", L.SpatialDropout2D(0.3), image)
    yield c("spatial dropout 2d of channels first", L.SpatialDropout2D(0.3, data_format="channels_first"), image)
    yield c("spatial dropout 3d", L.SpatialDropout3D(0.3), (2, 4, 5, 3))
    yield c("spatial dropout rate 1", L.SpatialDropout2D(1.0), image, training=True)
    yield c("spatial dropout rate 0", L.SpatialDropout1D(0.0), (5, 3), training=True)
    yield c("gaussian dropout", L.GaussianDropout(0.3, seed=2), image)
    yield c("gaussian dropout rate 0", L.GaussianDropout(0.0), image, training=True)
    yield c("gaussian noise", L.GaussianNoise(0.3, seed=2), image)
    yield c("gaussian noise of 0", L.GaussianNoise(0.0), image, training=True)
    yield c("alpha dropout", L.AlphaDropout(0.3, noise_shape=(None, 1, 1, 3), seed=2), image)
    yield c("alpha dropout rate 0", L.AlphaDropout(0.0), image, training=True)
    yield c("normalization adapted", adapted(), image)
    yield c("normalization adapted, inverted", adapted(invert=True), image)
    yield c("normalization of axes", adapted(axis=(3, 1)), image)
    yield c("normalization of all together", adapted(axis=None), image)
    yield c("normalization given", L.Normalization(mean=[0.5, 1.0, -2.0], variance=[0.25, 0.0, 4.0]), image)
    yield c("normalization given one number", L.Normalization(mean=0.5, variance=4.0, invert=True), image)
    yield c("normalization given for one of two axes", L.Normalization(
        axis=(1, -1), mean=[0.5, 1.0, -2.0], variance=[0.25, 1.0, 4.0]), image)
    yield c("normalization given for two axes", L.Normalization(
        axis=(1, -1), mean=[[0.5], [1.0], [2.0], [3.0]], variance=[[0.25], [1.0], [4.0], [1.0]]), image)
    yield c("normalization in bfloat16", adapted(dtype="mixed_bfloat16"), image)


main({"layers_regularization.json": cases})
