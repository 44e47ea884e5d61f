#!/usr/bin/env python3
"""Makes layers_states.json: models of layers with several results, such as return_state. See make_golden.py."""
import numpy as np

from make_golden import L, keras, layer_case, main

STEPS, SIZE = 5, 4
SEQUENCE = (STEPS, SIZE)
KINDS = [L.LSTM, L.GRU, L.SimpleRNN]


def model(inputs, results):
    """A model of one output: all results, one behind the other."""
    return keras.Model(inputs, L.Concatenate()([L.Flatten()(y) for y in results]))


def alone(layer, *before):
    x = y = L.Input(SEQUENCE)
    for l in before:
        y = l(y)
    return model(x, layer(y))


def started(encoder, decoder):
    """The encoder and decoder of a translator: the second starts from the first's states."""
    x, z = L.Input(SEQUENCE), L.Input((3, 2))
    _, *states = encoder(x)
    return model([x, z], decoder(z, initial_state=states))


def nested():
    x = L.Input(SEQUENCE)
    y, state = L.GRU(3, return_sequences=True, return_state=True)(x)
    inner = keras.Model(x, [y, state, L.Dense(2)(y)], name="inner")
    z = L.Input(SEQUENCE)
    a, b, c = inner(z)
    return model(z, [L.Multiply()([a, L.RepeatVector(STEPS)(b)]), c])


def scores(layer, **options):
    a, b = L.Input(SEQUENCE), L.Input(SEQUENCE)
    return model([a, b], layer(a, b, return_attention_scores=True, **options))


def models():
    both, mixed = dict(return_sequences=True, return_state=True), dict(dtype="mixed_bfloat16")
    for kind in KINDS:
        n = kind.__name__.lower()
        yield n + " state", alone(kind(3, return_state=True)), [SEQUENCE], {}
        yield n + " sequences and state", alone(kind(3, **both)), [SEQUENCE], {}
        yield n + " backwards", alone(kind(3, go_backwards=True, **both)), [SEQUENCE], {}
        yield n + " mixed", alone(kind(3, **both, **mixed)), [SEQUENCE], dict(tolerance=0.06)
        yield n + " from another's states", started(kind(3, return_state=True), kind(3, **both)), [SEQUENCE, (3, 2)], {}
        yield n + " both ways", alone(L.Bidirectional(kind(3, **both))), [SEQUENCE], {}
        yield n + " both ways from states", started(L.Bidirectional(kind(3, return_state=True)), L.Bidirectional(
            kind(3, **both), merge_mode="sum")), [SEQUENCE, (3, 2)], {}
    yield "both ways, not merged", alone(L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode=None)), [SEQUENCE], {}
    yield "both ways, not merged, states", alone(L.Bidirectional(L.LSTM(3, return_state=True), merge_mode=None)), [SEQUENCE], {}
    yield "rnn of a cell", alone(L.RNN(L.LSTMCell(3), return_state=True)), [SEQUENCE], {}
    yield "nested model", nested(), [SEQUENCE], {}
    floor = dict(floor=4.0)
    yield "multi head", scores(L.MultiHeadAttention(2, 3)), [SEQUENCE, SEQUENCE], floor
    yield "multi head causal", scores(L.MultiHeadAttention(2, 3), use_causal_mask=True), [SEQUENCE, SEQUENCE], floor
    yield "grouped query", scores(L.GroupQueryAttention(3, 4, 2)), [SEQUENCE, SEQUENCE], floor


def cases():
    for name, m, shapes, options in models():
        yield layer_case(name, m, *shapes, **options)
    x = np.random.default_rng(3).normal(size=(3, *SEQUENCE)).astype("float32")
    x[~np.array([[0, 1, 1, 0, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)] = 0
    for kind in KINDS:
        masked = alone(kind(3, return_sequences=True, return_state=True), L.Masking())
        yield layer_case(kind.__name__.lower() + " masked", masked, inputs=[x])
    y = L.Input(SEQUENCE)
    halves = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode=None)(L.Masking()(y))
    yield layer_case("both ways, not merged, masked", keras.Model(y, L.Concatenate()([L.LSTM(2)(h) for h in halves])), inputs=[x])


if __name__ == "__main__":
    main({"layers_states.json": cases})
