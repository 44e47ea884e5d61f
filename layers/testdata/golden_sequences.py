#!/usr/bin/env python3
"""Makes layers_sequences.json: Keras' embedding, attention and recurrent layers. See make_golden.py."""
import numpy as np

from make_golden import L, layer_case, main

SEQUENCE = (5, 4)
MIXED = dict(dtype="mixed_bfloat16")


def attention():
    c = layer_case
    both, mixed = (SEQUENCE, (6, 4)), dict(tolerance=0.05)
    yield c("attention", L.Attention(), *both)
    canceled = dict(tolerance=3e-5)  # the scale's gradient is one sum in which scores cancel each other
    yield c("attention with a key", L.Attention(use_scale=True), SEQUENCE, (6, 3), (6, 4), **canceled)
    yield c("attention of sums", L.Attention(score_mode="concat", dropout=0.3), *both)
    yield c("attention of sums scaled", L.Attention(use_scale=True, score_mode="concat"), *both)
    yield c("additive attention", L.AdditiveAttention(), *both)
    yield c("additive attention unscaled", L.AdditiveAttention(use_scale=False), SEQUENCE, (6, 3), (6, 4))
    yield c("attention mixed", L.Attention(**MIXED), *both, **mixed)
    place = dict(by_place=True, floor=4.0)  # a bias of the key changes no score: softmax does not see it
    yield c("multi head", L.MultiHeadAttention(2, 3), SEQUENCE, SEQUENCE, **place)
    yield c("multi head with a key", L.MultiHeadAttention(2, 3, value_dim=5), SEQUENCE, (6, 3), (6, 2), **place)
    yield c("multi head without bias", L.MultiHeadAttention(3, 2, use_bias=False, output_shape=7), *both, **place)
    yield c("multi head of two output axes", L.MultiHeadAttention(3, 2, output_shape=(2, 3)), *both, **place)
    yield c("multi head gated", L.MultiHeadAttention(2, 3, use_gate=True), *both, **place)
    yield c("multi head window", L.MultiHeadAttention(2, 3, sliding_window=2), SEQUENCE, SEQUENCE, **place)
    yield c("multi head dropout rate 1", L.MultiHeadAttention(2, 3, dropout=1.0), *both, training=True, **place)
    image = (3, 2, 4)
    yield c("multi head of images", L.MultiHeadAttention(2, 3), image, image, **place)
    yield c("multi head along an axis", L.MultiHeadAttention(2, 3, attention_axes=2), image, (3, 5, 4), **place)
    yield c("multi head along the first axis", L.MultiHeadAttention(2, 3, attention_axes=(1,)), image, (4, 2, 4), **place)
    yield c("multi head mixed", L.MultiHeadAttention(2, 3, **MIXED), *both, **place, **mixed)
    yield c("grouped query", L.GroupQueryAttention(3, 4, 2), *both, **place)
    yield c("grouped query gated", L.GroupQueryAttention(2, 4, 1, use_gate=True, use_bias=False), *both, **place)


def dense():
    c = layer_case
    normal = dict(kernel_initializer="random_normal")
    yield c("einsum dense", L.EinsumDense("ab,bc->ac", output_shape=3, bias_axes="c", **normal), (4,))
    yield c("einsum dense of steps", L.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d",
                                                   activation="relu", **normal), SEQUENCE)
    yield c("einsum dense heads", L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de", **normal),
            SEQUENCE)
    yield c("einsum dense bias of an axis", L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="d",
                                                          **normal), SEQUENCE)
    yield c("einsum dense ellipsis", L.EinsumDense("...x,xy->...y", output_shape=3, bias_axes="y", **normal), (3, 2, 4))
    yield c("einsum dense ellipsis behind", L.EinsumDense("abc...,cd->abd...", output_shape=(None, 3), bias_axes="d",
                                                          **normal), (5, 4, 2))
    yield c("einsum dense of two axes", L.EinsumDense("abcd,cde->abe", output_shape=(None, 3), **normal), (3, 2, 4))
    yield c("einsum dense mixed", L.EinsumDense("abc,cd->abd", output_shape=(None, 3), **normal, **MIXED), SEQUENCE)


def embedding():
    c = layer_case
    ids = np.array([[0, 3, 6], [1, 3, 3]], "float32")
    yield c("embedding", L.Embedding(7, 4), inputs=[ids])
    yield c("embedding mixed", L.Embedding(400, 3, **MIXED), inputs=[ids + 390])


def recurrent():
    c = layer_case
    for kind in [L.LSTM, L.GRU, L.SimpleRNN]:
        n = kind.__name__.lower() + " "
        state = [(3,)] * (2 if kind is L.LSTM else 1)
        yield c(n + "last", kind(3), SEQUENCE)
        yield c(n + "sequences", kind(3, return_sequences=True), SEQUENCE)
        yield c(n + "backwards", kind(3, return_sequences=True, go_backwards=True), SEQUENCE)
        yield c(n + "backwards last", kind(3, go_backwards=True, use_bias=False), SEQUENCE)
        yield c(n + "of one step", kind(2, unroll=True), (1, 3))
        yield c(n + "activation", kind(3, activation="relu"), SEQUENCE)
        yield c(n + "dropout rate 0 in inference", kind(3, dropout=0.5, recurrent_dropout=0.5), SEQUENCE)
        yield c(n + "mixed", kind(3, return_sequences=True, **MIXED), SEQUENCE, tolerance=0.05)
    yield c("lstm gates", L.LSTM(3, recurrent_activation="hard_sigmoid", unit_forget_bias=False), SEQUENCE)
    yield c("gru reset before", L.GRU(3, reset_after=False, return_sequences=True), SEQUENCE)
    yield c("gru reset before without bias", L.GRU(3, reset_after=False, use_bias=False), SEQUENCE)
    yield c("rnn of a cell", L.RNN(L.GRUCell(3), return_sequences=True), SEQUENCE)
    yield c("rnn of cells", L.RNN([L.LSTMCell(3), L.SimpleRNNCell(2), L.LSTMCell(4)]), SEQUENCE)
    for mode in ["concat", "sum", "mul", "ave"]:
        yield c("bidirectional " + mode, L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=mode), SEQUENCE)
    yield c("bidirectional last", L.Bidirectional(L.GRU(3)), SEQUENCE)
    yield c("bidirectional of two", L.Bidirectional(L.SimpleRNN(3), backward_layer=L.LSTM(3, go_backwards=True)), SEQUENCE)
    yield c("time distributed", L.TimeDistributed(L.Dense(3, activation="relu")), SEQUENCE)
    yield c("time distributed conv", L.TimeDistributed(L.Conv2D(2, 3, padding="same")), (3, 4, 5, 2))
    yield c("time distributed batch norm", L.TimeDistributed(L.BatchNormalization()), SEQUENCE, training=True, batch=4)


def cases():
    yield from attention()
    yield from dense()
    yield from embedding()
    yield from recurrent()


main({"layers_sequences.json": cases})
