#!/usr/bin/env python3
"""Makes layers_distortion.json and distortion.json: Keras' layers that distort images, or choose from layers that change them.

They are what golden_augmentation.py makes of the other layers that change images at random.
"""

import random

from make_golden import L, layer_case, main

import numpy as np
import tensorflow as tf
from keras.src.random.seed_generator import draw_seed

from golden_augmentation import FILLS, IMAGE, case, columns, one, two

SEED = 5


def perspective(t, n, boxes):
    ends = np.asarray(t["end_points"])
    return [t["apply_perspective"], ends[:, 1, 0], ends[:, 2, 1], ends[:, 3, 0], ends[:, 3, 1]]


def elastic(shape):
    """Keras draws the moves of a batch with one seed for both directions; reseeded makes it a seed known here."""
    def drawn(t, n, boxes):
        noise = np.asarray(tf.random.stateless_normal((n, *shape[:2]), seed=draw_seed(SEED)))[..., None]
        return [t["apply_transform"], np.full(n, t["distortion_factor"]), noise, noise]
    return drawn


def reseeded(transformation):
    transformation["seed"] = SEED


# What the layers draw from which RandAugment and AugMix choose.
OWN = {
    "random_shear": columns("shear_factor"), "random_translation": columns("translations"), "random_rotation": one("angle"),
    "random_brightness": one("rgb_delta"), "random_color_degeneration": one("factor"), "random_contrast": one("contrast_factor"),
    "random_sharpness": one("factor"), "random_posterization": one("shift_factor"),
    "solarization": two("additions", "thresholds"), "auto_contrast": lambda t, n, boxes: [],
    "equalization": lambda t, n, boxes: [],
}


def chosen(t, n, boxes):
    """RandAugment's operations, which are the same for all images, then what each layer drew."""
    numbers = [np.full(n, i) for i in np.asarray(t["layer_idxes"])]
    return numbers + [d for name, own in t["transforms"].items() for d in OWN[name](own, n, boxes)]


def operations(*numbers):
    return lambda t: t.update(layer_idxes=tf.constant(numbers))


def chains(layer):
    """AugMix's shares, then for each place in the chains the layers' numbers and what they drew, chain after chain."""
    names = layer._augment_layers

    def drawn(t, n, boxes):
        out = [np.full(n, t["weight_sample"])] + [np.full(n, w) for w in np.asarray(t["chain_mixing_weights"])]
        for place in range(layer.chain_depth):
            own = [(chain[place:] or [None])[0] for chain in t["chain_transforms"]]
            out.append(np.repeat([names.index(o["layer_name"]) if o else len(names) for o in own], n))
            for name in names:
                parts = [OWN[name](o["transformation"], n, boxes) if o and o["layer_name"] == name else None for o in own]
                some = next((p for p in parts if p), [])
                zeros = [np.zeros(n)] * (2 if name in ("random_shear", "random_translation", "solarization") else 1)
                zeros = [] if name in ("auto_contrast", "equalization") else zeros
                assert not some or len(some) == len(zeros), name
                out += [np.concatenate(of) for of in zip(*(p or zeros for p in parts))]
        return out
    return drawn


def transformations():
    yield case("perspective", L.RandomPerspective((1.0, 1.0)), perspective, batch=6, gradient=False)
    yield case("perspective nearest", L.RandomPerspective((0.5, 0.5), 0.7, interpolation="nearest", fill_value=9.5), perspective,
               batch=6, shape=(9, 8, 2), gradient=False)
    yield case("perspective of four pixels", L.RandomPerspective((1.0, 1.0), fill_value=30.0), perspective, shape=(2, 2, 1),
               gradient=False)
    yield case("perspective mixed", L.RandomPerspective((1.0, 1.0), dtype="mixed_bfloat16"), perspective, gradient=False)
    unit, inner = dict(low=0.0, high=1.0), dict(low=60, high=200)  # Keras wraps what is beyond a byte before it posterizes
    large = (24, 26, 2)
    for fill in FILLS:
        for how in ["bilinear", "nearest"]:
            layer = L.RandomElasticTransform((0.6, 0.9), fill_mode=fill, interpolation=how, fill_value=7.5 if fill == "constant" else 0.0)
            yield case(f"elastic {fill} {how}", layer, elastic(IMAGE), batch=6, change=reseeded)
    yield case("elastic with a blur", L.RandomElasticTransform((1.0, 1.0), scale=(0.9, 1.0)), elastic(large), batch=2, shape=large,
               change=reseeded)
    yield case("elastic unit", L.RandomElasticTransform((1.0, 1.0), scale=(0.5, 1.0), value_range=(0, 1)), elastic(IMAGE),
               change=reseeded, **unit)
    for numbers in [(7, 0), (8, 1), (10, 2), (3, 4), (5, 6), (9, 9), (0, 3, 1)]:
        yield case(f"rand augment {numbers}", L.RandAugment(num_ops=len(numbers), seed=9), chosen, gradient=False,
                   change=operations(*numbers), **inner)
    yield case("rand augment unit", L.RandAugment((0, 1), num_ops=1, factor=(0.2, 0.9), interpolation="nearest", seed=4), chosen,
               gradient=False, change=operations(2), **unit)
    for seed in range(4):
        random.seed(seed)
        layer = L.AugMix(seed=seed, alpha=[1.0, 0.5, 2.0, 1.0][seed], all_ops=seed != 3)
        yield case(f"aug mix {seed}", layer, chains(layer), gradient=False, **inner)
    random.seed(11)
    layer = L.AugMix((0, 1), num_chains=2, chain_depth=4, factor=0.8, interpolation="nearest", seed=4)
    yield case("aug mix unit", layer, chains(layer), gradient=False, **unit)


def inference():
    c = layer_case
    yield c("perspective", L.RandomPerspective(0.3, scale=0.4, fill_value=2.0), IMAGE)
    yield c("elastic", L.RandomElasticTransform(0.4, scale=(0.2, 0.6), fill_mode="wrap"), IMAGE)
    yield c("rand augment", L.RandAugment(num_ops=3, factor=(0.1, 0.6)), IMAGE)
    yield c("pipeline", L.Pipeline([L.Rescaling(0.5), L.CenterCrop(4, 5), L.RandomFlip(seed=3)]), IMAGE)
    yield c("pipeline with weights", L.Pipeline([L.Dense(4), L.ReLU(), L.Dense(2), L.BatchNormalization()]), (5,))
    yield c("pipeline with weights in training", L.Pipeline([L.Dense(4), L.BatchNormalization()]), (5,), training=True, batch=6,
            floor=0.1)  # the gradient of a bias before a normalization is 0
    yield c("aug mix", L.AugMix(chain_depth=2, all_ops=False, interpolation="nearest"), IMAGE)


main({"layers_distortion.json": inference, "distortion.json": transformations})
