#!/usr/bin/env python3
"""Makes initializers.json: configurations of all initializers, and values of those that draw nothing. See make_golden.py."""
import json, types
import numpy as np
from make_golden import keras, main, pack

I = keras.initializers


class numpy_windows:
    """What STFT asks of SciPy, with NumPy's windows: the same values, and one package less to install."""

    @staticmethod
    def get_window(name, n, periodic=True):
        window = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman, "boxcar": np.ones}[name]
        return window(n + 1)[:-1] if periodic else window(n)


keras.src.initializers.constant_initializers.scipy = types.SimpleNamespace(signal=numpy_windows)


def files():
    case = lambda i, *shape: {"object": I.serialize(i), "value": pack(i(shape)) if shape else None}
    drawn = [I.GlorotUniform(), I.GlorotNormal(seed=3), I.HeUniform(), I.HeNormal(seed=1), I.LecunUniform(), I.LecunNormal(),
             I.RandomUniform(-1.0, 2.0, seed=7), I.RandomNormal(0.5, 0.25), I.TruncatedNormal(0.5, 0.25), I.Orthogonal(),
             I.Orthogonal(gain=2.0, seed=5), I.VarianceScaling(), I.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=9),
             I.VarianceScaling(0.5, "fan_avg", "uniform", input_axes=[0, 1], output_axes=[2]),
             I.HeNormal(input_axes=[0], output_axes=[1, 2])]
    yield "initializers.json", json.dumps([*map(case, drawn)] + [
        case(I.Zeros(), 2, 3), case(I.Ones(), 2, 3), case(I.Constant(0.75), 2, 3), case(I.Identity(), 3, 5),
        case(I.Identity(), 4, 2), case(I.STFT(), 8, 1, 5), case(I.STFT("imag", "hamming", "spectrum"), 6, 2, 4),
        case(I.STFT("imag", "blackman", None, periodic=True), 7, 1, 4), case(I.STFT(window=None), 4, 1, 3),
        case(I.STFT(window="boxcar"), 4, 1, 3),
    ], indent=0)


main({}, files)
