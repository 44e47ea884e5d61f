#!/usr/bin/env python3
"""Makes layers_masks.json: models in which masks pass from layer to layer. See make_golden.py."""
import inspect, json

import numpy as np

from make_golden import L, keras, layer_case, main, pack, rng

STEPS, SIZE = 5, 4
MIXED = dict(dtype="mixed_bfloat16")
# Steps that do not count at the start, in the middle and at the end.
COUNTS = np.array([[0, 1, 1, 0, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
IDS = np.array([[0, 3, 6, 0, 2], [1, 3, 0, 0, 0], [5, 4, 3, 2, 1]], "float32")


def sequences(value=0.0, steps=STEPS):
    x = rng.normal(size=(3, steps, SIZE)).astype("float32")
    x[~COUNTS[:, :steps]] = value
    return x


def behind(*stack, value=0.0, **options):
    """The layers behind a Masking of sequences."""
    model = keras.Sequential([L.Input((STEPS, SIZE)), L.Masking(value), *stack])
    return model, dict(inputs=[sequences(value)], **options)


def branches(make, *, masked=(True, True), sizes=(STEPS, STEPS), value=0.0, **options):
    """A layer of several masked sequences; of those that are not, as they are."""
    inputs = [L.Input((n, SIZE)) for n in sizes]
    model = keras.Model(inputs, make(*[L.Masking(value)(x) if m else x for x, m in zip(inputs, masked)]))
    return model, dict(inputs=[sequences(value, n) for n in sizes], **options)


def cases():
    yield layer_case("masking", L.Masking(-1.5), inputs=[sequences(-1.5)])
    yield layer_case("masking of images", L.Masking(), inputs=[sequences().reshape(3, STEPS, 2, 2)])
    yield layer_case("masking mixed", L.Masking(0.5, **MIXED), inputs=[sequences(0.5)])
    yield layer_case("embedding that masks", L.Embedding(7, 4, mask_zero=True), inputs=[IDS])
    for name, (model, options) in models():
        yield layer_case(name, model, **options)


def models():
    mixed = dict(tolerance=0.08)
    for kind in [L.LSTM, L.GRU, L.SimpleRNN]:
        n = kind.__name__.lower()
        yield n + " last", behind(kind(3))
        yield n + " sequences, passed on", behind(kind(3, return_sequences=True), kind(2))
        yield n + " backwards", behind(kind(3, return_sequences=True, go_backwards=True))
        yield n + " zeros", behind(kind(3, return_sequences=True, zero_output_for_mask=True))
        yield n + " unrolled", behind(kind(3, return_sequences=True, unroll=True))
        yield n + " mixed", behind(kind(3, return_sequences=True, **MIXED), **mixed)
    yield "another value", behind(L.GRU(3), value=-1.5)
    yield "rnn of cells", behind(L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True))
    yield "bidirectional", behind(L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(2))
    yield "bidirectional last", behind(L.Bidirectional(L.GRU(3), merge_mode="ave"))
    yield "lstm that starts from states", started(L.LSTM(3, return_sequences=True))
    yield "passed on", behind(L.Dense(3), L.Activation("tanh"), L.LayerNormalization(), L.Dropout(0.3),
                              L.TimeDistributed(L.Dense(3)), L.LSTM(2))
    yield "dropped", behind(L.Reshape((STEPS, SIZE)), L.LSTM(2))
    yield "mean of steps", behind(L.GlobalAveragePooling1D())
    yield "mean of steps kept", behind(L.GlobalAveragePooling1D(keepdims=True))
    yield "batch norm", behind(L.BatchNormalization(), L.GRU(2), training=True)
    yield "batch norm inference", behind(L.BatchNormalization(), L.GRU(2))
    yield "embedding", (keras.Sequential([L.Input((STEPS,)), L.Embedding(7, 4, mask_zero=True), L.LSTM(3)]), dict(inputs=[IDS]))
    yield "embedding mixed", (keras.Sequential([L.Input((STEPS,)), L.Embedding(7, 4, mask_zero=True, **MIXED), L.GRU(3, **MIXED)]),
                              dict(inputs=[IDS], **mixed))
    yield "add", branches(lambda a, b: L.GRU(2)(L.Add()([a, b])))
    yield "add of one mask", branches(lambda a, b: L.GRU(2)(L.Add()([a, b])), masked=(True, False))
    yield "concatenate", branches(lambda a, b: L.GRU(2)(L.Concatenate()([a, b])), masked=(True, True))
    yield "concatenate steps", branches(lambda a, b: L.GRU(2)(L.Concatenate(axis=1)([a, b])), sizes=(STEPS, 3), masked=(True, False))
    yield "dot", branches(lambda a, b: L.GRU(2)(L.Dot(axes=2)([a, b])))
    for n, layer in [("attention", L.Attention), ("additive attention", L.AdditiveAttention)]:
        yield n, branches(lambda a, b: layer()([a, b]), sizes=(STEPS, 4))
        yield n + " of a value's mask", branches(lambda a, b: layer()([a, b]), masked=(False, True), sizes=(4, STEPS))
        yield n + " passed on", branches(lambda a, b: L.GRU(2)(layer()([a, b])))
    yield "attention causal", branches(lambda a, b: L.Attention()([a, b], use_causal_mask=True))
    floor = dict(floor=4.0)
    yield "multi head", branches(lambda a, b: L.MultiHeadAttention(2, 3)(a, b), sizes=(STEPS, 4), **floor)
    yield "multi head of itself", branches(lambda a: L.GRU(2)(L.MultiHeadAttention(2, 3)(a, a)), sizes=(STEPS,), **floor)
    yield "multi head causal", branches(lambda a: L.MultiHeadAttention(2, 3)(a, a, use_causal_mask=True), sizes=(STEPS,), **floor)
    yield "multi head mixed", branches(lambda a: L.MultiHeadAttention(2, 3, **MIXED)(a, a), sizes=(STEPS,), **mixed, **floor)
    yield "grouped query", branches(lambda a: L.GroupQueryAttention(3, 4, 2)(a, a), sizes=(STEPS,), **floor)


def started(layer):
    x, states = L.Input((STEPS, SIZE)), [L.Input((3,)), L.Input((3,))]
    model = keras.Model([x, *states], layer(L.Masking()(x), initial_state=states))
    return model, dict(inputs=[sequences(), *[rng.normal(size=(3, 3)).astype("float32") for _ in states]])


def fits():
    """Histories of fits whose outputs have a mask, with and without weights of examples; and which classes pass masks on."""
    out = {}
    labels = np.array([[0, 1, 2, 0, 1], [2, 1, 0, 0, 0], [1, 1, 2, 0, 2]], "int32")
    numbers = np.random.default_rng(5).normal(size=(3, STEPS, 2)).astype("float32")
    ramp = np.linspace(0.5, 2, 3, dtype="float32")[:, None]  # of one axis, Keras multiplies [2] by [2, 5] and fails
    for name, last, loss, metrics, y, weights in [
        ("labels", L.Dense(3, activation="softmax"), "sparse_categorical_crossentropy", ["accuracy"], labels, None),
        ("labels, weighted", L.Dense(3, activation="softmax"), "sparse_categorical_crossentropy", ["accuracy"], labels, ramp),
        ("numbers", L.Dense(2), "mse", ["mae"], numbers, ramp),
        ("sum", L.Dense(2), keras.losses.MeanAbsoluteError(reduction="sum"), ["mse"], numbers, None),
        ("mean with weights", L.Dense(2), keras.losses.Huber(reduction="mean_with_sample_weight"), ["mse"], numbers, ramp),
    ]:
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        model = keras.Sequential([L.Input((STEPS,)), L.Embedding(7, 4, mask_zero=True), L.GRU(3, return_sequences=True), last])
        start = [pack(w) for w in model.weights]
        model.compile(keras.optimizers.SGD(0.1), loss, metrics=metrics, weighted_metrics=metrics)
        history = model.fit(IDS, y, sample_weight=weights, batch_size=2, epochs=3, shuffle=False, verbose=0).history
        out[name] = {"config": json.loads(model.to_json()), "weights": start, "history": history,
                     "compile": json.loads(json.dumps(model.get_compile_config())), "inputs": pack(IDS), "targets": pack(y)}
    passing = [n for n, c in vars(L).items() if isinstance(c, type) and issubclass(c, L.Layer) and passes(c)]
    yield "masks.json", json.dumps({"fits": out, "passing": sorted(passing)}, indent=0)


def passes(layer):
    """Whether the layers of a class have the mask of their first input."""
    source = lambda c: inspect.getsource(vars(c)["__init__"]) if "__init__" in vars(c) and c is not object else ""
    return layer.compute_mask is L.Layer.compute_mask and any("supports_masking = True" in source(c) for c in layer.__mro__[:-1])


if __name__ == "__main__":
    main({"layers_masks.json": cases}, fits)
