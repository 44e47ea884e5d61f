#!/usr/bin/env python3
"""Small models of attention and recurrent layers, as files of Keras.

    sequences.py OUT.zip     each model as .keras and .h5, and expected.json: what it predicts, the loss of one step of
                             SGD, and what it predicts after the step. Made with Keras 3.15.1.

The inputs are values that the Go test computes too. The models: a vision transformer whose patches are those of a
Conv2D, with learned positions; a decoder with a causal mask, a key of its own and grouped queries; recurrent layers of
every kind, one in another and one that starts from given states.
"""
import json, os, sys, tempfile, zipfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
import keras, numpy as np
from keras import layers as L

BATCH = 6


def formula(shape):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return (((i * np.uint64(2654435761)) % np.uint64(2**32)).astype("float64") / 2**31 - 1).astype("float32").reshape(shape)


def vision_transformer():
    image = L.Input((12, 12, 3))
    x = L.Conv2D(8, 4, strides=4, name="patches")(L.Rescaling(2.0)(image))
    x = L.Reshape((9, 8))(x)
    places = L.Input((9,), name="places")
    positions = L.Embedding(9, 8, name="positions")(places)
    x = L.Add()([x, positions])
    for i in range(2):
        y = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([x, L.MultiHeadAttention(2, 4, name=f"attention_{i}")(y, y)])
        y = L.LayerNormalization(epsilon=1e-6)(x)
        y = L.Dense(16, activation="gelu")(y)
        x = L.Add()([x, L.Dense(8)(y)])
    x = L.LayerNormalization(epsilon=1e-6)(x)
    x = L.GlobalAveragePooling1D()(x)
    return keras.Model([image, places], L.Dense(4, activation="softmax")(x), name="vision_transformer")


def decoder():
    x, memory = L.Input((5, 6)), L.Input((7, 4))
    y = L.MultiHeadAttention(2, 3, name="causal")(x, x, use_causal_mask=True)
    y = L.MultiHeadAttention(2, 3, value_dim=2, name="keyed")(y, value=memory, key=L.Dense(3)(memory))
    y = L.GroupQueryAttention(3, 4, 2, name="grouped")(y, y, use_causal_mask=True)
    y = L.Attention(use_scale=True)([y, L.AdditiveAttention()([y, x])], use_causal_mask=True)
    y = L.EinsumDense("abc,cde->abde", output_shape=(5, 2, 3), bias_axes="de")(y)
    return keras.Model([x, memory], L.Dense(4, activation="softmax")(L.Flatten()(y)), name="decoder")


def recurrent():
    x, state = L.Input((6, 4)), L.Input((3,))
    y = L.TimeDistributed(L.Dense(5, activation="tanh"))(x)
    y = L.Bidirectional(L.LSTM(3, return_sequences=True))(y)
    y = L.GRU(3, return_sequences=True, go_backwards=True)(y, initial_state=state)
    y = L.RNN([L.LSTMCell(3), L.SimpleRNNCell(4)], return_sequences=True)(y)
    y = L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="ave")(y)
    return keras.Model([x, state], L.Dense(4, activation="softmax")(L.SimpleRNN(5)(y)), name="recurrent")


def make(out):
    expected = {}
    with tempfile.TemporaryDirectory() as dir, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for build in (vision_transformer, decoder, recurrent):
            keras.utils.set_random_seed(5)
            keras.backend.clear_session()
            model = build()
            model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy")
            xs = [formula((BATCH, *i.shape[1:])) for i in model.inputs]
            if model.name == "vision_transformer":
                xs[1] = np.tile(np.arange(9, dtype="float32"), (BATCH, 1))
            for suffix in (".keras", ".h5"):
                model.save(os.path.join(dir, model.name + suffix))
                z.write(os.path.join(dir, model.name + suffix), model.name + suffix)
            before = model.predict(xs, verbose=0)
            y = keras.utils.to_categorical(np.arange(BATCH) % 4, 4)
            loss = float(model.train_on_batch(xs, y))
            expected[model.name] = {
                "shapes": [list(i.shape[1:]) for i in model.inputs], "before": before.ravel().tolist(), "loss": loss,
                "after": model.predict(xs, verbose=0).ravel().tolist()}
        z.writestr("expected.json", json.dumps(expected))


make(sys.argv[1])
