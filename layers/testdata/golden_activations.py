#!/usr/bin/env python3
"""Makes layers_activations.json: activation functions and activation layers. See make_golden.py."""
import numpy as np
from make_golden import L, keras, layer_case, main

NAMES = ["log_sigmoid", "sparse_sigmoid", "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "squareplus",
         "sparse_plus", "hard_silu", "mish", "celu"]


@keras.saving.register_keras_serializable(package="keras_hub")
def gelu_approximate(x):
    return keras.activations.gelu(x, approximate=True)


def cases():
    c = layer_case
    kinks = [np.array([[-6, -4, -3, -1, -0.5, 0], [0.25, 0.5, 1, 3, 4, 6]])]
    for f in NAMES:
        yield c("activation " + f, L.Activation(f), (4, 5, 2))
        # TensorFlow's gradient of celu at 0 is 2, see package activations
        if f != "celu":
            yield c(f"activation {f} at kinks", L.Activation(f), inputs=kinks)
    for f in ["relu6", "hard_sigmoid", "softplus", "softsign", "elu", "selu", "silu"]:
        yield c(f"activation {f} at kinks", L.Activation(f), inputs=kinks)
    for f in ["silu", "gelu", "hard_silu", "mish", "softplus", "elu"]:
        yield c(f"activation {f} in bfloat16", L.Activation(f, dtype="mixed_bfloat16"), (4, 5, 2))
    # Keras 3.15.1 is right only where one value is in the support, see package activations
    far = [np.array([[-1e4, -90, -20, 20, 90, 1e4]])]
    for f in ["softplus", "log_sigmoid", "silu", "mish", "elu", "selu", "celu", "gelu", "log_softmax", "sparsemax"]:
        yield c(f"activation {f} far from 0", L.Activation(f), inputs=far)
    yield c("activation gelu_approximate", L.Activation(gelu_approximate), (4, 5, 2))
    yield c("dense gelu_approximate", L.Dense(5, activation=gelu_approximate), (4,))
    yield c("dense hard_silu", L.Dense(5, activation="hard_swish"), (4,))
    yield c("dense glu", L.Dense(6, activation="glu"), (4,))
    yield c("elu", L.ELU(1.0), (4, 5, 2))
    yield c("elu alpha", L.ELU(alpha=0.3), (4, 5, 2))
    yield c("prelu", L.PReLU(), (4, 5, 2), ties=True)
    yield c("prelu shared axes", L.PReLU(shared_axes=[1, 2], alpha_initializer="he_normal", alpha_regularizer="l2",
                                         alpha_constraint="non_neg"), (4, 5, 2), ties=True)
    yield c("prelu vector", L.PReLU(), (5,))
    yield c("prelu in bfloat16", L.PReLU(shared_axes=[1, 2], dtype="mixed_bfloat16"), (4, 5, 2))
    yield c("softmax two axes", L.Softmax(axis=[1, 2]), (4, 5, 2))
    yield c("softmax axis 2 of 4", L.Softmax(axis=-2), (4, 5, 2))
    yield c("relu with a limit of 1", L.ReLU(max_value=1.0), (4, 5, 2), ties=True)
    yield c("relu threshold", L.ReLU(threshold=0.5, negative_slope=0.25), (4, 5, 2), ties=True)


main({"layers_activations.json": cases})
