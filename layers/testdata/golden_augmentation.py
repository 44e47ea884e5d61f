#!/usr/bin/env python3
"""Makes layers_augmentation.json and augmentation.json: Keras' layers that change images at random. See make_golden.py.

layers_augmentation.json has the layers' configurations, and what they do in inference. augmentation.json has what they
do in training with the numbers that Keras drew: each case lists the numbers in the order in which the Go layer draws
them, one row for each image.
"""

import numpy as np
import tensorflow as tf

from make_golden import L, keras, layer_case, main, pack, values

IMAGE = (6, 7, 3)


def pixels(shape, low=0.0, high=255.0):
    """Values over the whole range and a little beyond."""
    v = values(shape)
    return ((high - low) * (0.5 + 0.28 * v) + low).astype("float32")


def case(name, layer, drawn, shape=IMAGE, batch=4, low=0.0, high=255.0, gradient=True, change=None):
    """What a layer makes of images with the numbers that it draws, and the gradient of sum(output * upstream)."""
    x = tf.constant(pixels((batch, *shape), low, high))
    x = tf.cast(x, layer.compute_dtype)
    boxes = []
    if hasattr(layer, "_generate_batch_mask"):
        inner = layer._generate_batch_mask
        layer._generate_batch_mask = lambda shape, corners: (boxes.extend(corners), inner(shape, corners))[1]
    transformation = layer.get_random_transformation(x, training=True, seed=keras.random.SeedGenerator(17 + len(name)))
    if change:
        change(transformation)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer.transform_images(x, transformation, training=True)
        upstream = values(y.shape)
        total = tf.reduce_sum(tf.cast(y, "float32") * upstream)
    numbers = drawn(transformation, batch, boxes)
    out = {"name": name, "class": type(layer).__name__, "config": layer.get_config(), "input": pack(x), "output": pack(y),
           "drawn": [pack(np.asarray(d, "float32")) for d in numbers], "upstream": pack(upstream)}
    if gradient:
        out["gradient"] = pack(tape.gradient(total, x))
    return out


def one(key):
    """The draw of a layer that draws one number an image."""
    return lambda t, n, boxes: [np.reshape(t[key], -1)]


def two(a, b):
    return lambda t, n, boxes: [np.reshape(t[a], -1), np.reshape(t[b], -1)]


def columns(key):
    return lambda t, n, boxes: [np.asarray(t[key])[:, 0], np.asarray(t[key])[:, 1]]


def crop(t, n, boxes):
    return [np.full(n, t[0]), np.full(n, t[1])]


def blur(t, n, boxes):
    sigma = np.asarray(t["blur_factor"], "float32")
    return [t["should_apply_blur"], np.full(n, sigma[0]), np.full(n, sigma[1])]


def erase(t, n, boxes):
    return [*boxes, t["apply_erasing"], t["fill_value"]]


FILLS = ["reflect", "wrap", "nearest", "constant"]


def affine():
    """Layers whose gradient TensorFlow only approximates, by the inverse transformation."""
    for fill in FILLS:
        for how in ["bilinear", "nearest"]:
            settings = dict(fill_mode=fill, interpolation=how, fill_value=7.5 if fill == "constant" else 0.0)
            title = f" {fill} {how}"
            yield "translation" + title, L.RandomTranslation(0.9, (-1, 0.7), **settings), columns("translations")
            yield "rotation" + title, L.RandomRotation(0.4, **settings), one("angle")
            yield "zoom" + title, L.RandomZoom((-0.6, 0.9), 0.5, **settings), two("height_zoom", "width_zoom")
            yield "shear" + title, L.RandomShear(0.9, (0.2, 0.8), **settings), columns("shear_factor")
    yield "zoom of both", L.RandomZoom(0.5), two("height_zoom", "width_zoom")
    yield "rotation mixed", L.RandomRotation(0.2, dtype="mixed_bfloat16"), one("angle")


def whole(transformation):
    """Moves by whole pixels, and by halves, which have to be rounded as TensorFlow does."""
    transformation["translations"] = tf.constant([[2, -1], [0.5, 1.5], [-0.5, -2.5], [-9, 20]], "float32")


def transformations():
    for mode in ["horizontal", "vertical", "horizontal_and_vertical"]:
        yield case("flip " + mode, L.RandomFlip(mode), one("flips"), batch=6)
    yield case("flip mixed", L.RandomFlip("horizontal", dtype="mixed_bfloat16"), one("flips"), batch=6)
    yield case("crop", L.RandomCrop(3, 5, seed=3), crop, shape=(9, 8, 2))
    for name, layer, drawn in affine():
        yield case(name, layer, drawn, gradient=False)
    for fill in FILLS:
        for how in ["bilinear", "nearest"]:
            yield case(f"whole translation {fill} {how}", L.RandomTranslation(0.9, 0.9, fill_mode=fill, interpolation=how),
                       columns("translations"), gradient=False, change=whole)
    for fill in FILLS:
        yield case("rotation of a line " + fill, L.RandomRotation(0.3, fill_mode=fill), one("angle"), shape=(1, 9, 1),
                   gradient=False)
    unit = dict(low=0.0, high=1.0)
    yield case("brightness", L.RandomBrightness(0.6), one("rgb_delta"))
    yield case("brightness range", L.RandomBrightness((-0.4, 0.1), value_range=(0, 1)), one("rgb_delta"), **unit)
    yield case("brightness mixed", L.RandomBrightness(0.6, dtype="mixed_bfloat16"), one("rgb_delta"))
    yield case("contrast", L.RandomContrast(0.9), one("contrast_factor"))
    yield case("contrast range", L.RandomContrast((0.7, 0.4), value_range=(0, 1)), one("contrast_factor"), **unit)
    yield case("hue", L.RandomHue(1.0), one("factor"), batch=6, gradient=False)
    yield case("hue unit", L.RandomHue((0.3, 0.8), value_range=(0, 1)), one("factor"), batch=6, gradient=False, **unit)
    yield case("saturation", L.RandomSaturation((0.2, 0.9)), one("factor"), gradient=False)
    yield case("saturation unit", L.RandomSaturation(0.9, value_range=(0, 1)), one("factor"), gradient=False, **unit)
    yield case("grayscale", L.RandomGrayscale(0.5), lambda t, n, b: [np.reshape(t, -1)], batch=6)
    yield case("color degeneration", L.RandomColorDegeneration(0.9), one("factor"))
    yield case("invert", L.RandomInvert(1.0), one("apply_inversion"), batch=6)
    yield case("invert unit", L.RandomInvert((0.5, 1.0), value_range=(0, 1)), one("apply_inversion"), batch=6, **unit)
    yield case("posterization", L.RandomPosterization(8), one("shift_factor"), batch=6, gradient=False,
               low=60, high=200)
    yield case("posterization unit", L.RandomPosterization((2, 5), value_range=(0, 1)), one("shift_factor"), batch=6,
               gradient=False, low=0.2, high=0.8)
    yield case("sharpness", L.RandomSharpness(1.0), one("factor"))
    yield case("sharpness of a line", L.RandomSharpness((0.6, 0.9)), one("factor"), shape=(1, 8, 2))
    yield case("gaussian blur", L.RandomGaussianBlur(1.0), blur)
    yield case("gaussian blur 5", L.RandomGaussianBlur((1.0, 1.0), kernel_size=5, sigma=(0.5, 1)), blur)
    yield case("erasing", L.RandomErasing(1.0), erase, batch=6)
    yield case("erasing with a value", L.RandomErasing((1.0, 1.0), scale=(0.2, 0.6), fill_value=4.5), erase)
    yield case("erasing with three", L.RandomErasing((1.0, 1.0), scale=0.5, fill_value=[0.1, 0.4, 0.9],
                                                    value_range=(0, 1)), erase, **unit)
    yield case("solarization", L.Solarization(0.3, 0.6), two("additions", "thresholds"))
    yield case("solarization unit", L.Solarization((0.1, 0.3), (0.2, 0.6), value_range=(0, 1)),
               two("additions", "thresholds"), **unit)


def inference():
    c = layer_case
    yield c("flip", L.RandomFlip("vertical"), IMAGE)
    yield c("flip with a seed", L.RandomFlip(seed=5), IMAGE)
    yield c("crop of all", L.RandomCrop(6, 7, seed=3), IMAGE)
    yield c("crop of small ones in training", L.RandomCrop(8, 5, seed=3), (6, 10, 2), training=True)
    yield c("translation", L.RandomTranslation(0.3, (-0.1, 0.2), fill_mode="constant", fill_value=2.0), IMAGE)
    yield c("rotation", L.RandomRotation(0.3, interpolation="nearest"), IMAGE)
    yield c("zoom", L.RandomZoom((-0.3, 0.2), fill_mode="wrap"), IMAGE)
    yield c("zoom width", L.RandomZoom(0.3, 0.2), IMAGE)
    yield c("shear", L.RandomShear(0.3, fill_mode="nearest"), IMAGE)
    yield c("brightness", L.RandomBrightness(0.3, value_range=[0, 1]), IMAGE)
    yield c("contrast", L.RandomContrast(0.3), IMAGE)
    yield c("hue", L.RandomHue(0.3), IMAGE)
    yield c("saturation", L.RandomSaturation((0.3, 0.6)), IMAGE)
    yield c("grayscale", L.RandomGrayscale(0.25), IMAGE)
    yield c("color degeneration", L.RandomColorDegeneration(0.25), IMAGE)
    yield c("color jitter", L.RandomColorJitter(brightness_factor=0.2, hue_factor=(0.1, 0.3)), IMAGE)
    yield c("invert", L.RandomInvert(0.25), IMAGE)
    yield c("posterization", L.RandomPosterization((2, 6)), IMAGE)
    yield c("sharpness", L.RandomSharpness(0.25), IMAGE)
    yield c("gaussian blur", L.RandomGaussianBlur(0.5, kernel_size=5, sigma=(0.1, 0.9)), IMAGE)
    yield c("erasing", L.RandomErasing(0.5), IMAGE)
    yield c("erasing with three", L.RandomErasing(0.5, fill_value=[1, 2, 3]), IMAGE)
    yield c("solarization", L.Solarization(0.1, (0.2, 0.3)), IMAGE)
    flat = pixels((3, *IMAGE))
    yield c("auto contrast", L.AutoContrast(), inputs=[flat])
    yield c("auto contrast unit", L.AutoContrast(value_range=(0, 1)), inputs=[flat / 255], training=True)
    yield c("equalization in training", L.Equalization(), inputs=[np.round(flat)], training=True)
    flat[:, :, :, 1] = 30
    yield c("equalization bins", L.Equalization(bins=16, value_range=(0, 1)), inputs=[flat / 255], training=True)
    yield c("equalization", L.Equalization(), inputs=[flat])


def mixing():
    """Layers that change labels too."""
    for name, layer in [("mix up", L.MixUp(0.4)), ("cut mix", L.CutMix(1.0)), ("cut mix narrow", L.CutMix((0.1, 0.2)))]:
        x, y = pixels((6, *IMAGE)), np.eye(4, dtype="float32")[[0, 3, 2, 1, 1, 0]]
        boxes = []
        if hasattr(layer, "_generate_batch_mask"):
            inner = layer._generate_batch_mask
            layer._generate_batch_mask = lambda shape, corners: (boxes.extend(corners), inner(shape, corners))[1]
        t = layer.get_random_transformation(x, training=True, seed=keras.random.SeedGenerator(3))
        drawn = [t["permutation_order"], *(boxes or [t["mix_weight"]])]
        yield {"name": name, "images": pack(x), "labels": pack(y), "drawn": [pack(np.asarray(d, "float32")) for d in drawn],
               "mixed_images": pack(layer.transform_images(x, t)), "mixed_labels": pack(layer.transform_labels(y, t))}


if __name__ == "__main__":
    main({"layers_augmentation.json": inference, "augmentation.json": transformations,
          "mixing.json": mixing})
