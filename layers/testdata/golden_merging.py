#!/usr/bin/env python3
"""Makes layers_merging.json: layers that combine inputs. See make_golden.py."""
from make_golden import L, layer_case, main


def cases():
    c = layer_case
    image, row, pixel, one = (4, 5, 3), (1, 5, 3), (1, 1, 3), (1,)
    for merge in [L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum]:
        name = merge.__name__.lower()
        yield c(name + " two", merge(), image, image)
        yield c(name + " three with ties", merge(), image, image, image, ties=True)
        yield c(name + " broadcast", merge(), row, image, pixel)
        yield c(name + " of different ranks", merge(), (5, 3), image, one)
        yield c(name + " both broadcast", merge(), (4, 1, 3), row)
        yield c(name + " in bfloat16", merge(dtype="mixed_bfloat16"), image, pixel)
    yield c("subtract", L.Subtract(), image, image)
    yield c("subtract broadcast", L.Subtract(), pixel, image)
    yield c("subtract of different ranks", L.Subtract(), image, (3,))
    yield c("concatenate three", L.Concatenate(axis=2), (4, 2, 3), (4, 1, 3), (4, 5, 3))
    yield c("concatenate axis -3", L.Concatenate(axis=-3), (4, 2, 3), (1, 2, 3))
    yield c("dot of vectors", L.Dot(axes=1), (5,), (5,))
    yield c("dot of vectors, normalized", L.Dot(axes=1, normalize=True), (5,), (5,))
    yield c("dot of matrices", L.Dot(axes=(2, 1)), (3, 5), (5, 4))
    yield c("dot of matrices, first axes", L.Dot(axes=1), (5, 3), (5, 4))
    yield c("dot of matrices, last axes", L.Dot(axes=-1), (3, 5), (4, 5))
    yield c("dot of matrices, normalized", L.Dot(axes=(1, 2), normalize=True), (5, 3), (4, 5))
    yield c("dot of a matrix and a vector", L.Dot(axes=(2, 1)), (3, 5), (5,))
    yield c("dot of a vector and a matrix", L.Dot(axes=(1, 2)), (5,), (3, 5))
    yield c("dot of rank 4", L.Dot(axes=(2, 3)), (3, 5, 2), (4, 2, 5))
    yield c("dot in bfloat16", L.Dot(axes=1, dtype="mixed_bfloat16"), (5, 3), (5, 4))


main({"layers_merging.json": cases})
