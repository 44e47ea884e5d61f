#!/usr/bin/env python3
"""Makes layers_conv.json: convolutions, poolings, paddings and reshapings of one to three spatial axes.

Run as make_golden.py is, which says more. TensorFlow does not compute all of them with the channels first on a CPU, so
channels_first turns a case with the channels last around.
"""
import base64

import numpy as np

from make_golden import L, layer_case, main, pack, tf

MIXED = "mixed_bfloat16"


@tf.RegisterGradient("ResizeArea")
def _(op, dy):
    """TensorFlow has no gradient of area: it is the transposed map, which images of one pixel show."""
    h, w = op.inputs[0].shape[1:3]
    pixels = tf.reshape(tf.eye(h * w), (h * w, h, w, 1))
    spread = tf.raw_ops.ResizeArea(images=pixels, size=op.inputs[1])[..., 0]
    return tf.reshape(tf.einsum("nyxc,pyx->npc", dy, spread), op.inputs[0].shape), None


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


def separable():
    c, image = layer_case, (6, 7, 3)
    yield from both_formats("separable", L.SeparableConv2D(4, 3), image)
    yield c("separable same stride 2", L.SeparableConv2D(4, 3, strides=2, padding="same", depth_multiplier=2,
                                                         activation="relu"), image)
    yield c("separable dilation", L.SeparableConv2D(2, (2, 3), dilation_rate=2, use_bias=False), image)
    yield c("separable bfloat16", L.SeparableConv2D(4, 3, padding="same", dtype=MIXED), image)
    yield c("separable 1d", L.SeparableConv1D(4, 3, strides=2, padding="same"), (9, 3))


def convolutions():
    c, steps, volume = layer_case, (9, 4), (4, 5, 6, 2)
    yield from both_formats("conv 1d", L.Conv1D(3, 4), steps)
    yield c("conv 1d same stride 2", L.Conv1D(3, 3, strides=2, padding="same", activation="tanh"), steps)
    yield c("conv 1d causal", L.Conv1D(3, 3, padding="causal"), steps)
    yield c("conv 1d causal dilation", L.Conv1D(3, 2, padding="causal", dilation_rate=3), steps)
    yield c("conv 1d causal stride 2", L.Conv1D(3, 4, padding="causal", strides=2), steps)
    yield c("conv 1d groups", L.Conv1D(6, 3, groups=2, padding="same"), steps)
    yield c("conv 1d bfloat16", L.Conv1D(3, 3, padding="same", dtype=MIXED), steps)
    yield c("conv 2d depthwise groups", L.Conv2D(6, 3, groups=3, padding="same"), (6, 7, 3))
    yield c("conv 2d groups stride 2", L.Conv2D(6, (2, 3), groups=2, strides=2), (6, 7, 4))
    yield from both_formats("conv 2d", L.Conv2D(3, 2, activation="relu"), (5, 6, 2))
    yield from both_formats("conv 3d", L.Conv3D(3, (2, 3, 1)), volume)
    yield c("conv 3d same stride 2", L.Conv3D(2, 3, strides=2, padding="same"), volume)
    yield c("conv 3d strides differ", L.Conv3D(2, 2, strides=(1, 2, 3), padding="same"), volume)
    yield c("conv 3d dilation", L.Conv3D(2, 2, dilation_rate=(1, 2, 2)), volume)
    yield c("conv 3d groups", L.Conv3D(4, 2, groups=2), volume)
    yield c("conv 3d bfloat16", L.Conv3D(3, 2, dtype=MIXED), volume)


def transposed():
    c, image, steps, volume = layer_case, (4, 5, 3), (6, 3), (2, 3, 4, 2)
    yield from both_formats("transposed", L.Conv2DTranspose(2, 3), image)
    yield c("transposed same stride 2", L.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"), image)
    yield c("transposed same even kernel", L.Conv2DTranspose(2, 4, strides=2, padding="same", use_bias=False), image)
    yield c("transposed stride above kernel", L.Conv2DTranspose(2, 2, strides=3), image)
    yield c("transposed same stride above kernel", L.Conv2DTranspose(2, (1, 2), strides=3, padding="same"), image)
    yield c("transposed strides differ", L.Conv2DTranspose(2, (4, 3), strides=(1, 2)), image)
    yield c("transposed output padding", L.Conv2DTranspose(2, 3, strides=2, output_padding=1), image)
    yield c("transposed same output padding 0", L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=0), image)
    yield c("transposed same output padding 1", L.Conv2DTranspose(2, 4, strides=(2, 3), padding="same",
                                                                 output_padding=(1, 2)), image)
    yield c("transposed bfloat16", L.Conv2DTranspose(2, 3, strides=2, padding="same", dtype=MIXED), image)
    yield c("transposed 1d", L.Conv1DTranspose(2, 3, strides=2, padding="same"), steps)
    yield c("transposed 1d valid", L.Conv1DTranspose(2, 4, strides=3), steps)
    yield c("transposed 3d", L.Conv3DTranspose(2, (2, 3, 2), strides=(1, 2, 2), padding="same"), volume)
    yield c("transposed 3d valid", L.Conv3DTranspose(2, 2, strides=2), volume)


def poolings():
    c, steps, volume = layer_case, (9, 2), (5, 4, 6, 2)
    yield from both_formats("max pool 1d", L.MaxPooling1D(2), steps, ties=True)
    yield c("max pool 1d same stride 3", L.MaxPooling1D(4, strides=3, padding="same"), steps)
    yield from both_formats("max pool 2d", L.MaxPooling2D(2), (4, 5, 2), ties=True)
    yield c("max pool 2d large", L.MaxPooling2D(6), (13, 12, 2), ties=True)
    yield c("max pool 2d large same stride 2", L.MaxPooling2D(7, strides=2, padding="same"), (8, 9, 2), ties=True)
    yield from both_formats("max pool 3d", L.MaxPooling3D(2), volume)
    yield c("max pool 3d same stride 2", L.MaxPooling3D(3, strides=2, padding="same"), volume)
    yield c("max pool 3d large", L.MaxPooling3D((4, 3, 3)), volume)
    yield c("max pool bfloat16", L.MaxPooling2D(2, dtype=MIXED), (4, 6, 2))
    yield from both_formats("average pool 1d", L.AveragePooling1D(2), steps)
    yield c("average pool 1d same stride 3", L.AveragePooling1D(4, strides=3, padding="same"), steps)
    yield from both_formats("average pool 2d", L.AveragePooling2D(2), (4, 5, 2))
    yield c("average pool 2d large same", L.AveragePooling2D(6, strides=2, padding="same"), (8, 9, 2))
    yield from both_formats("average pool 3d", L.AveragePooling3D(2), volume)
    yield c("average pool 3d same", L.AveragePooling3D((2, 3, 4), strides=2, padding="same"), volume)
    yield c("average pool bfloat16", L.AveragePooling2D(2, dtype=MIXED), (4, 6, 2))
    for name, shape in {"1D": steps, "2D": (4, 5, 2), "3D": (3, 2, 4, 2)}.items():
        pools = getattr(L, "GlobalMaxPooling" + name), getattr(L, "GlobalAveragePooling" + name)
        yield from both_formats("global max " + name, pools[0](), shape, ties=True)
        yield c("global max keep " + name, pools[0](keepdims=True), shape)
        yield c("global average " + name, pools[1](), shape)
        yield from both_formats("global average keep " + name, pools[1](keepdims=True), shape)


def adaptive():
    c = layer_case
    yield from both_formats("adaptive max 2d", L.AdaptiveMaxPooling2D((3, 4)), (8, 6, 2), ties=True)
    yield c("adaptive max 2d whole", L.AdaptiveMaxPooling2D(2), (6, 4, 2))
    yield c("adaptive max 1d", L.AdaptiveMaxPooling1D(4), (9, 2))
    yield c("adaptive max 1d more than there are", L.AdaptiveMaxPooling1D(5), (2, 2))
    yield c("adaptive max 3d", L.AdaptiveMaxPooling3D((2, 3, 1)), (3, 4, 5, 2))
    yield from both_formats("adaptive average 2d", L.AdaptiveAveragePooling2D((3, 4)), (8, 6, 2))
    yield c("adaptive average 1d", L.AdaptiveAveragePooling1D(4), (9, 2))
    yield c("adaptive average 3d", L.AdaptiveAveragePooling3D(2), (3, 4, 5, 2))


def sizes():
    c, image = layer_case, (6, 7, 3)
    for method in ("bicubic", "lanczos3", "lanczos5", "area", "nearest", "bilinear"):
        yield c("resizing up " + method, L.Resizing(13, 11, interpolation=method), image)
        yield c("resizing down " + method, L.Resizing(3, 4, interpolation=method), (13, 11, 2))
    for method in ("bilinear", "bicubic", "lanczos3"):
        yield c("resizing antialias " + method, L.Resizing(4, 9, interpolation=method, antialias=True), (13, 7, 2))
    yield c("resizing tiny lanczos", L.Resizing(3, 3, interpolation="lanczos3"), (1, 2, 1))
    yield c("resizing crop", L.Resizing(5, 5, crop_to_aspect_ratio=True), image)
    yield c("resizing crop high", L.Resizing(3, 8, crop_to_aspect_ratio=True), image)
    yield c("resizing pad", L.Resizing(5, 5, pad_to_aspect_ratio=True, fill_value=0.5), (4, 9, 2))
    yield c("resizing pad high", L.Resizing(6, 12, pad_to_aspect_ratio=True), (9, 4, 2))
    yield from both_formats("resizing", L.Resizing(8, 5), image)
    yield from both_formats("center crop", L.CenterCrop(3, 4), image)
    yield c("center crop of smaller images", L.CenterCrop(8, 4), image)
    yield c("upsampling 1d", L.UpSampling1D(3), (4, 2))
    yield from both_formats("upsampling 2d", L.UpSampling2D((2, 3)), image)
    for method in ("bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
        yield c("upsampling 2d " + method, L.UpSampling2D((2, 3), interpolation=method), (4, 3, 2))
    yield from both_formats("upsampling 2d bilinear", L.UpSampling2D(2, interpolation="bilinear"), (4, 3, 2))
    yield c("upsampling 2d bfloat16", L.UpSampling2D(dtype=MIXED), (4, 3, 2))
    yield from both_formats("upsampling 3d", L.UpSampling3D((1, 2, 3)), (2, 3, 2, 2))


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
    yield c("permute", L.Permute((3, 1, 2)), image)
    yield c("permute steps", L.Permute((2, 1)), (4, 3))
    yield c("repeat vector", L.RepeatVector(3), (5,))
    yield c("flatten channels first", L.Flatten(data_format="channels_first"), image)
    yield c("flatten vector channels first", L.Flatten(data_format="channels_first"), (4,))


def cases():
    yield from depthwise()
    yield from separable()
    yield from convolutions()
    yield from transposed()
    yield from poolings()
    yield from adaptive()
    yield from sizes()
    yield from sides()
    yield from shapes()


main({"layers_conv.json": cases})
