#!/usr/bin/env python3
"""Makes layers_conv_lstm.json: recurrent layers of convolutions. See make_golden.py.

TensorFlow does not compute them with the channels first on a CPU, so channels_first turns a case around.
"""
import base64

import numpy as np

from make_golden import L, keras, layer_case, main, pack

VIDEO = (4, 5, 6, 2)
ALL = dict(return_sequences=True, return_state=True)


def several(layer, shape):
    """A model of one output: all results of the layer, one behind the other."""
    x = L.Input(shape)
    return keras.Model(x, L.Concatenate()([L.Flatten()(y) for y in layer(x)]))


def channels_first(case):
    """The same case with the channels first: images, and images along time, are transposed."""
    def turn(array):
        a = np.frombuffer(base64.b64decode(array["data"]), "<f4").reshape(array["shape"])
        return pack(np.moveaxis(a, -1, a.ndim - 3))
    config = dict(case["config"], data_format="channels_first")
    turned = {key: [turn(a) for a in case[key]] for key in ("inputs", "input_grads")}
    return {**case, **turned, "config": config, "name": case["name"] + " channels first",
            "upstream": turn(case["upstream"]), "output": turn(case["output"])}


def cases():
    c = layer_case
    yield c("conv lstm", L.ConvLSTM2D(3, 3), VIDEO)
    yield c("conv lstm same, strides", L.ConvLSTM2D(3, (3, 2), strides=2, padding="same", return_sequences=True), VIDEO)
    yield c("conv lstm dilated", L.ConvLSTM2D(2, 2, dilation_rate=2, return_sequences=True), VIDEO)
    yield c("conv lstm backwards", L.ConvLSTM2D(2, 3, go_backwards=True, return_sequences=True), VIDEO)
    yield c("conv lstm unrolled", L.ConvLSTM2D(2, 3, unroll=True, return_sequences=True), VIDEO)
    yield c("conv lstm plain", L.ConvLSTM2D(2, 3, use_bias=False, unit_forget_bias=False, activation="relu",
                                            recurrent_activation="hard_sigmoid"), VIDEO)
    for sequences in [False, True]:
        case = c(f"conv lstm of images, sequences {sequences}", L.ConvLSTM2D(3, 3, return_sequences=sequences), VIDEO)
        yield case
        yield channels_first(case)
    yield c("conv lstm of one step", L.ConvLSTM2D(3, 3), (1, 5, 6, 2))
    yield c("conv lstm mixed", L.ConvLSTM2D(3, 3, return_sequences=True, dtype="mixed_bfloat16"), VIDEO, tolerance=0.06)
    yield c("conv lstm dropout rate 1", L.ConvLSTM2D(3, 3, dropout=1.0, recurrent_dropout=1.0), VIDEO, training=True)
    yield c("conv lstm 1d", L.ConvLSTM1D(3, 3, padding="same", return_sequences=True), (4, 6, 2))
    yield c("conv lstm 3d", L.ConvLSTM3D(2, 2, return_sequences=True), (3, 3, 4, 3, 2))
    yield c("conv lstm states", several(L.ConvLSTM2D(3, 3, **ALL), VIDEO), VIDEO)
    yield c("conv lstm both ways", L.Bidirectional(L.ConvLSTM2D(2, 3, return_sequences=True)), VIDEO)
    x, z = L.Input(VIDEO), L.Input((3, 5, 6, 1))
    _, h, carry = L.ConvLSTM2D(2, 3, padding="same", return_state=True)(x)
    y = L.ConvLSTM2D(2, 3, padding="same")(z, initial_state=[h, carry])
    yield c("conv lstm from another's states", keras.Model([x, z], y), VIDEO, (3, 5, 6, 1))


if __name__ == "__main__":
    main({"layers_conv_lstm.json": cases})
