"""Golden figures of optimizers, their options, and schedules, made by Keras 3 on TensorFlow: see make_golden.py.

    python golden_optimizers.py [-check]

writes optimizers.json: the weights of two Dense layers and the optimizer's variables after 20 steps along gradients of a
formula, with the rate halved after 10, and the optimizer's configuration; and rates of schedules at some steps. And
optimizers_bfloat16.json: the same for layers of mixed_bfloat16, along gradients that TensorFlow takes through bfloat16.
"""

import json
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
from keras import layers, optimizers as O

from make_golden import main


def formula(n, salt):
    """make_golden_training.py's."""
    x = np.arange(n, dtype=np.uint64) + np.uint64(salt * 1000003)
    x = (x * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    return (x.astype(np.float64) / 2**31 - 1).astype(np.float32)


def gradients(variables, upstream, dtype):
    """The gradients of sum(variable * upstream), where layers that compute in dtype see both."""
    values = [v.value for v in variables]
    with tf.GradientTape() as tape:
        tape.watch(values)
        seen = [tf.cast(v, dtype) * tf.cast(g, dtype) for v, g in zip(values, upstream)]
        total = sum(tf.reduce_sum(tf.cast(x, "float32")) for x in seen)
    return tape.gradient(total, values)


def without_bias(optimizer):
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def optimizers():
    S = O.schedules
    yield "adamw", O.AdamW(0.01)
    yield "adamw_amsgrad", O.AdamW(0.01, weight_decay=0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-4, amsgrad=True)
    yield "adamw_without_bias", without_bias(O.AdamW(0.01, weight_decay=0.5))
    yield "nadam", O.Nadam(0.01)
    yield "nadam_betas", O.Nadam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-4)
    yield "adagrad", O.Adagrad(0.05)
    yield "adagrad_start", O.Adagrad(0.05, initial_accumulator_value=0.5, epsilon=1e-3)
    yield "adadelta", O.Adadelta(1.0)
    yield "adadelta_rho", O.Adadelta(0.5, rho=0.8, epsilon=1e-4)
    yield "adafactor", O.Adafactor(0.05)
    yield "adafactor_all", O.Adafactor(0.5, beta_2_decay=-0.6, epsilon_1=1e-8, epsilon_2=0.01, clip_threshold=0.5, relative_step=False)
    yield "lion", O.Lion(0.01)
    yield "lion_betas", O.Lion(0.01, beta_1=0.5, beta_2=0.8, weight_decay=0.1)
    yield "ftrl", O.Ftrl(0.05)
    yield "ftrl_all", O.Ftrl(
        0.05, learning_rate_power=-0.7, initial_accumulator_value=0.2, l1_regularization_strength=0.05,
        l2_regularization_strength=0.1, l2_shrinkage_regularization_strength=0.01, beta=0.1)
    yield "lamb", O.Lamb(0.01)
    yield "lamb_decay", O.Lamb(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-4, weight_decay=0.1)
    yield "muon", O.Muon(0.01)
    yield "muon_all", O.Muon(
        0.01, momentum=0.8, nesterov=False, ns_steps=3, rms_rate=None, exclude_layers=["b/"], adam_lr_ratio=0.5,
        adam_weight_decay=0.1, weight_decay=None, adam_beta_1=0.8, adam_beta_2=0.99)
    yield "schedule_free", O.ScheduleFreeAdamW(0.01)
    yield "schedule_free_warmup", O.ScheduleFreeAdamW(0.01, beta_1=0.8, beta_2=0.99, warmup_steps=7, weight_decay=0.1)
    yield "sgd_decay", O.SGD(0.05, momentum=0.9, weight_decay=0.2)
    yield "adamax", O.Adamax(0.01)
    yield "rmsprop_centered", O.RMSprop(0.01, momentum=0.5, centered=True)
    yield "clipnorm", O.SGD(0.05, clipnorm=0.4)
    yield "clipvalue", O.SGD(0.05, clipvalue=0.1)
    yield "global_clipnorm", O.Adam(0.01, global_clipnorm=0.3)
    yield "ema", O.SGD(0.05, use_ema=True, ema_momentum=0.8)
    yield "ema_overwrite", O.Adam(0.01, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=6)
    yield "accumulation", O.Adam(0.01, gradient_accumulation_steps=3)
    yield "accumulation_all", O.RMSprop(
        0.01, momentum=0.5, gradient_accumulation_steps=4, clipnorm=0.2, weight_decay=0.1, use_ema=True, ema_momentum=0.7,
        ema_overwrite_frequency=2, loss_scale_factor=8.0)
    yield "accumulation_nadam", O.Nadam(0.01, gradient_accumulation_steps=2)
    yield "scheduled", O.Adam(S.CosineDecay(0.001, 12, alpha=0.1, warmup_target=0.02, warmup_steps=5), weight_decay=0.1)
    yield "scheduled_accumulation", O.SGD(S.ExponentialDecay(0.1, 6, 0.5), momentum=0.9, gradient_accumulation_steps=3)
    yield "groups", O.MultiOptimizer(O.OptimizerMap(
        O.SGD(0.05, momentum=0.9), {".*a/kernel": O.Adam(0.01, global_clipnorm=0.2), ".*b/.*": O.RMSprop(0.01)}))


def run(optimizer, policy="float32"):
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="a"), layers.Dense(2, use_bias=False, name="b")], name="m")
    variables = model.trainable_variables
    for i, v in enumerate(variables):
        v.assign(formula(np.prod(v.shape), 1 + i).reshape(v.shape))
    optimizer.build(variables)
    for step in range(20):
        if step == 10:  # the rate changes while training runs
            for o in getattr(optimizer, "optimizers", [optimizer]):
                if isinstance(o._learning_rate, keras.Variable):
                    o.learning_rate = float(o.learning_rate) / 2
        scale = 0.3 * (optimizer.loss_scale_factor or 1)
        upstream = [formula(np.prod(v.shape), 10 + 3 * step + i).reshape(v.shape) * np.float32(scale)
                    for i, v in enumerate(variables)]
        optimizer.apply(gradients(variables, upstream, model.layers[0].compute_dtype))
    return {
        "weights": [np.array(v).ravel().tolist() for v in variables],
        "state": [[list(v.shape), np.array(v).ravel().astype("float64").tolist()] for v in optimizer.variables],
        "object": O.serialize(optimizer),
    }


def schedules():
    S = O.schedules
    cases = [
        S.CosineDecay(0.1, 100), S.CosineDecay(0.1, 100, alpha=0.2), S.CosineDecay(0.01, 50, warmup_target=0.2, warmup_steps=20),
        S.CosineDecay(0.01, 50, warmup_target=0.2, warmup_steps=0),
        S.CosineDecayRestarts(0.1, 20), S.CosineDecayRestarts(0.1, 20, t_mul=1.0, m_mul=0.5, alpha=0.1),
        S.CosineDecayRestarts(0.1, 15, t_mul=1.5, m_mul=0.9),
        S.ExponentialDecay(0.1, 30, 0.7), S.ExponentialDecay(0.1, 30, 0.7, staircase=True),
        S.InverseTimeDecay(0.1, 30, 0.7), S.InverseTimeDecay(0.1, 30, 0.7, staircase=True),
        S.PiecewiseConstantDecay([10, 60], [0.3, 0.2, 0.1]), S.PiecewiseConstantDecay([40], [0.3, 0.2]),
        S.PolynomialDecay(0.1, 60), S.PolynomialDecay(0.1, 60, end_learning_rate=0.01, power=0.5),
        S.PolynomialDecay(0.1, 25, power=2.0, cycle=True),
    ]
    steps = [0, 1, 7, 10, 11, 19, 20, 21, 37, 40, 59, 60, 61, 99, 100, 143]
    return [{"object": S.serialize(s), "steps": steps, "rates": [float(s(keras.ops.cast(i, "int64"))) for i in steps]}
            for s in cases]


def files():
    yield "optimizers.json", json.dumps({
        "made_by": f"keras {keras.__version__} on {keras.backend.backend()}",
        "optimizers": {name: run(o) for name, o in optimizers()},
        "schedules": schedules(),
    }, indent=0)
    yield "optimizers_bfloat16.json", json.dumps({
        "made_by": f"keras {keras.__version__} on {keras.backend.backend()}",
        "optimizers": {name: run(o, "mixed_bfloat16") for name, o in optimizers()},
    }, indent=0)


if __name__ == "__main__":
    main({}, files)
