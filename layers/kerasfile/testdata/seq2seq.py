#!/usr/bin/env python3
"""Keras' encoder-decoder examples, small, as files of Keras.

    seq2seq.py OUT.zip    each model as .keras and .h5, and expected.json: what it predicts, its summary, the loss of two
                          steps, what it predicts then, and what the decoder writes word by word. Made with Keras 3.15.1.

seq2seq is https://keras.io/examples/nlp/lstm_seq2seq: an LSTM reads one-hot characters, another starts from its states
and writes. seq2seq_any has inputs of any length, as the example's. translator reads words through embeddings that mask
zeros, with GRUs, the encoder in both directions. masked is a Masking before recurrent layers. nested has models within a model: one of two outputs, called twice, and the one
whose output is the model's.
"""
import json, os, sys, tempfile, zipfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0", COLUMNS="80")
import keras, numpy as np
from keras import layers as L

BATCH, READ, WRITE, READ_WORDS, WRITE_WORDS, UNITS = 4, 6, 5, 7, 9, 8


def formula(shape):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return (((i * np.uint64(2654435761)) % np.uint64(2**32)).astype("float64") / 2**31 - 1).astype("float32").reshape(shape)


def seq2seq(read=READ, write=WRITE, name="seq2seq"):
    encoder_inputs = keras.Input(shape=(read, READ_WORDS))
    encoder_outputs, state_h, state_c = L.LSTM(UNITS, return_state=True)(encoder_inputs)
    decoder_inputs = keras.Input(shape=(write, WRITE_WORDS))
    decoder_outputs, _, _ = L.LSTM(UNITS, return_sequences=True, return_state=True)(
        decoder_inputs, initial_state=[state_h, state_c])
    decoder_outputs = L.Dense(WRITE_WORDS, activation="softmax")(decoder_outputs)
    return keras.Model([encoder_inputs, decoder_inputs], decoder_outputs, name=name)


def translator():
    words, written = keras.Input((READ,)), keras.Input((WRITE,))
    x = L.Embedding(READ_WORDS, 5, mask_zero=True)(words)
    _, forward, backward = L.Bidirectional(L.GRU(4, return_state=True))(x)
    y = L.Embedding(WRITE_WORDS, 5, mask_zero=True)(written)
    y, _ = L.GRU(8, return_sequences=True, return_state=True)(y, initial_state=L.Concatenate()([forward, backward]))
    return keras.Model([words, written], L.Dense(WRITE_WORDS, activation="softmax")(y), name="translator")


def masked():
    x = keras.Input((READ, 3))
    y = L.Masking()(x)
    y, h, c = L.LSTM(4, return_sequences=True, return_state=True)(y)
    y = L.GRU(3, return_sequences=True)(L.Dropout(0.0)(L.Dense(4, activation="tanh")(y)))
    y = L.Concatenate()([L.GlobalAveragePooling1D()(y), h, c])
    return keras.Model(x, L.Dense(2)(y), name="masked")


def nested():
    x = keras.Input((READ, 3))
    y, state = L.GRU(3, return_sequences=True, return_state=True)(x)
    inner = keras.Model(x, [y, L.Dense(2)(state)], name="inner")
    i = keras.Input((READ * 3 + 4,))
    head = keras.Model(i, L.Dense(2)(i), name="head")
    z = keras.Input((READ, 3))
    a, first = inner(z)
    b, second = inner(L.Dense(3)(a))
    return keras.Model(z, head(L.Concatenate()([first, L.Flatten()(b), second])), name="nested")


def inputs(model):
    if model.name == "nested":
        return [formula((BATCH, READ, 3))]
    if model.name == "masked":
        x = formula((BATCH, READ, 3))
        x[:, 4:] = 0
        x[1, 1:3] = 0
        return [x]
    i = np.arange(BATCH)[:, None]
    words, written = (i * 3 + np.arange(READ) * 2) % READ_WORDS, (i * 2 + np.arange(WRITE) * 5) % WRITE_WORDS
    if model.name == "translator":
        return [words.astype("float32"), written.astype("float32")]
    return [np.eye(READ_WORDS, dtype="float32")[words], np.eye(WRITE_WORDS, dtype="float32")[written]]


def write_out(model, xs):
    """The example's decode_sequence: the word and the probabilities of each step, for the first input."""
    encoder = keras.Model(model.input[0], model.layers[2].output[1:])
    states = [keras.Input((UNITS,)), keras.Input((UNITS,))]
    decoder, dense = model.layers[3], model.layers[4]
    outputs, h, c = decoder(model.input[1], initial_state=states)
    decoder = keras.Model([model.input[1]] + states, [dense(outputs), h, c])
    values = encoder.predict(xs[0][:1], verbose=0)
    word, steps = 0, []
    for _ in range(4):
        probabilities, *values = decoder.predict([np.eye(WRITE_WORDS, dtype="float32")[[[word]]]] + values, verbose=0)
        word = int(probabilities[0, -1].argmax())
        steps.append({"word": word, "probabilities": probabilities.ravel().tolist()})
    return steps


def make(out):
    expected = {}
    with tempfile.TemporaryDirectory() as dir, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for build in (seq2seq, lambda: seq2seq(None, None, "seq2seq_any"), translator, masked, nested):
            keras.utils.set_random_seed(5)
            keras.backend.clear_session()
            model = build()
            xs = inputs(model)
            loss = "mse" if model.name in ("masked", "nested") else "categorical_crossentropy"
            y = formula((BATCH, 2)) if loss == "mse" else np.eye(WRITE_WORDS, dtype="float32")[
                (np.arange(BATCH * WRITE) * 4 % WRITE_WORDS).reshape(BATCH, WRITE)]
            # Keras on TensorFlow squares the gradients of a word that occurs twice one by one, other backends their sum.
            model.compile("sgd" if model.name == "translator" else "rmsprop", loss)
            for suffix in (".keras", ".h5"):
                model.save(os.path.join(dir, model.name + suffix))
                z.write(os.path.join(dir, model.name + suffix), model.name + suffix)
            try:
                keras.models.load_model(os.path.join(dir, model.name + ".h5"))
                reads = True
            except Exception as e:
                reads = f"{type(e).__name__}: {e}"[:300]
            lines = []
            model.summary(print_fn=lambda s, **k: lines.append(s))
            case = {"inputs": [{"shape": list(x.shape), "values": x.ravel().tolist()} for x in xs],
                    "targets": {"shape": list(y.shape), "values": y.ravel().tolist()},
                    "summary": "\n".join(lines), "reads_h5": reads, "before": model.predict(xs, verbose=0).ravel().tolist()}
            if model.name == "seq2seq_any":
                case["written"] = write_out(model, xs)
            history = model.fit(xs, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0).history
            case["loss"], case["after"] = history["loss"], model.predict(xs, verbose=0).ravel().tolist()
            expected[model.name] = case
        z.writestr("expected.json", json.dumps(expected))


make(sys.argv[1])
