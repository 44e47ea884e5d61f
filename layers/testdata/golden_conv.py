#!/usr/bin/env python3
"""Makes layers_conv.json: convolutions, poolings, paddings and reshapings of one to three spatial axes.

Run as make_golden.py is, which says more. TensorFlow does not compute all of them with the channels first on a CPU, so
channels_first turns a case with the channels last around.
"""
import base64

import numpy as np

from make_golden import L, layer_case, main, pack

MIXED = "mixed_bfloat16"


def channels_first(case):
    """The same case with the channels first: the arrays of examples are transposed."""
    def turn(array):
        a = np.frombuffer(base64.b64decode(array["data"]), "<f4").reshape(array["shape"])
        return pack(np.moveaxis(a, -1, 1)) if a.ndim > 2 else array
    case["config"]["data_format"] = "channels_first"
    case["name"] += " channels first"
    for key in ("inputs", "input_grads"):
        case[key] = [turn(a) for a in case[key]]
    for key in ("output", "upstream"):
        case[key] = turn(case[key])
    return case


def both_formats(name, layer, *shapes, **options):
    """The case in both data formats, with equal values."""
    case = layer_case(name, layer, *shapes, **options)
    yield case
    yield channels_first({**case, "config": dict(case["config"])})


def depthwise():
    c, image = layer_case, (6, 7, 3)
    yield from both_formats("depthwise", L.DepthwiseConv2D(3), image)
    yield c("depthwise same", L.DepthwiseConv2D(3, padding="same", activation="relu"), image)
    yield c("depthwise same stride 2", L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False), (8, 7, 3))
    yield c("depthwise even kernel multiplier", L.DepthwiseConv2D((2, 4), padding="same", depth_multiplier=2), image)
    yield c("depthwise stride leaves a rest", L.DepthwiseConv2D(2, strides=3), (9, 7, 2))
    yield c("depthwise dilation", L.DepthwiseConv2D((3, 2), dilation_rate=2, padding="same"), (7, 8, 2))
    yield c("depthwise stride and dilation", L.DepthwiseConv2D(3, strides=2, dilation_rate=2, padding="same"), (9, 8, 2))
    yield c("depthwise bfloat16", L.DepthwiseConv2D(3, padding="same", dtype=MIXED), image)
    yield c("depthwise 1d", L.DepthwiseConv1D(3, strides=2, padding="same", depth_multiplier=2), (9, 3))
    yield c("depthwise 1d valid", L.DepthwiseConv1D(4), (9, 3))


def sides():
    c, image, steps, volume = layer_case, (6, 7, 3), (5, 2), (3, 4, 5, 2)
    yield from both_formats("zero padding 1d", L.ZeroPadding1D(), steps)
    yield c("zero padding 1d sides", L.ZeroPadding1D((0, 2)), steps)
    yield from both_formats("zero padding 2d", L.ZeroPadding2D(((1, 0), (2, 3))), image)
    yield from both_formats("zero padding 3d", L.ZeroPadding3D(((1, 0), (2, 3), (0, 0))), volume)
    yield c("zero padding 3d default", L.ZeroPadding3D(), (2, 1, 2, 2))
    yield c("cropping 1d", L.Cropping1D(), steps)
    yield c("cropping 1d sides", L.Cropping1D((0, 2)), steps)
    yield from both_formats("cropping 2d", L.Cropping2D(((1, 0), (2, 3))), image)
    yield c("cropping 2d nothing", L.Cropping2D(), image)
    yield from both_formats("cropping 3d", L.Cropping3D(((1, 0), (0, 2), (2, 2))), volume)
    yield c("cropping 3d default", L.Cropping3D(), (3, 4, 5, 2))


def shapes():
    c, image = layer_case, (6, 7, 3)
    yield c("reshape", L.Reshape((7, 18)), image)
    yield c("reshape unknown", L.Reshape((3, -1, 2)), image)
    yield c("reshape to a vector", L.Reshape((-1,)), image)
    yield c("reshape of a vector", L.Reshape((1, 1, 5)), (5,))
    yield c("flatten channels first", L.Flatten(data_format="channels_first"), image)
    yield c("flatten vector channels first", L.Flatten(data_format="channels_first"), (4,))


def cases():
    yield from depthwise()
    yield from sides()
    yield from shapes()


main({"layers_conv.json": cases})
