#!/usr/bin/env python3
"""Makes layers_preprocessing.json: layers that turn numbers into categories. See make_golden.py."""
import numpy as np

from make_golden import L, layer_case, main

IDS = np.array([[0, 3, 3], [1, 3, 0]], "float32")
NUMBERS = np.array([[-2.0, 0.5, 0.49, 7.0], [1.5, 1.0, -0.5, 3.0]], "float32")


def cases():
    c = layer_case
    for mode in ["multi_hot", "one_hot", "count"]:
        yield c("category " + mode, L.CategoryEncoding(4, output_mode=mode), inputs=[IDS])
    yield c("category one_hot of one", L.CategoryEncoding(5, output_mode="one_hot"), inputs=[IDS[:, :1]])
    yield c("category one_hot of an image", L.CategoryEncoding(5, output_mode="one_hot"), inputs=[IDS.reshape(2, 3, 1)])
    for mode in ["int", "one_hot", "multi_hot", "count"]:
        yield c("discretization " + mode, L.Discretization([-0.5, 0.5, 1.5], output_mode=mode), inputs=[NUMBERS])
    yield c("discretization one_hot of one", L.Discretization([0.0], output_mode="one_hot"), inputs=[NUMBERS[:, :1]])
    adapted = L.Discretization(num_bins=4, epsilon=0.1)
    adapted.adapt(np.linspace(-3, 5, 60, dtype="float32"))
    yield c("discretization adapted", adapted, inputs=[NUMBERS])
    words = np.array([[7, -3, 12, 5], [100, 0, 7, -8]], "float32")
    lookup = lambda **options: L.IntegerLookup(vocabulary=[12, 7, -3, 40], **options)
    exact = dict(tolerance=0)  # the layer's type is int64
    for mode in ["int", "one_hot", "multi_hot", "count"]:
        yield c("lookup " + mode, lookup(output_mode=mode), inputs=[words], **exact)
        yield c("lookup masked " + mode, lookup(output_mode=mode, mask_token=0), inputs=[words], **exact)
    yield c("lookup of several unknown", lookup(num_oov_indices=3), inputs=[words], **exact)
    yield c("lookup of none unknown", lookup(num_oov_indices=0), inputs=[np.array([[7, 40], [-3, 12]], "float32")], **exact)
    yield c("lookup padded", lookup(max_tokens=9, pad_to_max_tokens=True, output_mode="count"), inputs=[words], **exact)
    yield c("lookup with special numbers", L.IntegerLookup(vocabulary=[0, -1, 12, 7], mask_token=0), inputs=[words], **exact)


if __name__ == "__main__":
    main({"layers_preprocessing.json": cases})
