#!/usr/bin/env python3
"""The objects of own_objects_test.go as Python classes of the same registered names.

    own_objects.py FILE EPOCHS SAVED

loads a model, trains it for some epochs, prints the epochs' losses as JSON and saves it again.
"""
import json, os, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras, numpy as np
from keras import ops

own = keras.saving.register_keras_serializable(package="own")


@own
class Ramp(keras.initializers.Initializer):
    def __init__(self, to):
        self.to = to

    def __call__(self, shape, dtype=None):
        n = int(np.prod(shape))
        return ops.convert_to_tensor((self.to * np.arange(1, n + 1) / n).reshape(shape).astype("float32"))

    def get_config(self):
        return {"to": self.to}


@own
def soft_step(x):
    return x / ops.sqrt(1 + x * x)


@own
class Fourth(keras.regularizers.Regularizer):
    def __init__(self, factor=0.01):
        self.factor = factor

    def __call__(self, x):
        return self.factor * ops.sum(ops.square(ops.square(x)))

    def get_config(self):
        return {"factor": self.factor}


@own
class Bound(keras.constraints.Constraint):
    def __init__(self, limit=1.0):
        self.limit = limit

    def __call__(self, w):
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}


@own
class Scale(keras.layers.Layer):
    def __init__(self, momentum=0.9, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.momentum, self.start = momentum, keras.initializers.get(start)

    def build(self, shape):
        self.factors = self.add_weight(name="factors", shape=shape[1:], initializer=self.start,
                                       constraint=Bound(1.9))
        self.shift = self.add_weight(name="shift", shape=shape[1:], initializer="zeros")
        self.mean = self.add_weight(name="mean", shape=shape[1:], initializer="zeros", trainable=False)

    def call(self, x, training=False):
        mean = self.mean + 0.0  # its value before the assignment
        if training:
            self.mean.assign(mean * self.momentum + ops.mean(x, axis=0) * (1 - self.momentum))
        self.add_loss(0.5 * ops.mean(ops.square(self.shift)))
        return ops.tanh((x - mean) * self.factors + self.shift)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "start": keras.initializers.serialize(self.start)}


@own
class PseudoHuber(keras.losses.Loss):
    def __init__(self, delta=1.0, name="pseudo_huber", **kwargs):
        super().__init__(name=name, **kwargs)
        self.delta = delta

    def call(self, y_true, y_pred):
        x = ops.square((y_pred - y_true) / self.delta)
        return ops.mean((ops.sqrt(x + 1) - 1) * self.delta**2, axis=-1)

    def get_config(self):
        return {**super().get_config(), "delta": self.delta}


@own
class Within(keras.metrics.MeanMetricWrapper):
    def __init__(self, limit=0.1, name="within", dtype=None):
        super().__init__(lambda t, p: ops.mean(ops.cast(ops.abs(p - t) < limit, "float32"), axis=-1), name, dtype)
        self.limit = limit

    def get_config(self):
        return {"limit": self.limit, "name": self.name}


@own
class Trail(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, decay=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.decay = decay

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.trail = self.add_optimizer_variables(variables, "trail")
        self.size = self.add_optimizer_variables(variables, "size")

    def update_step(self, g, w, rate):
        i = self._get_variable_index(w)
        t, s = self.trail[i], self.size[i]
        self.assign(t, t * self.decay + g)
        self.assign(s, s * self.decay + ops.abs(g))
        self.assign_sub(w, ops.cast(rate, w.dtype) * t / (s + 1))

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}


i = np.arange(32)[:, None]
x = ((i * 7 + np.arange(4) * 5) % 11 / 11).astype("float32")
y = ((i * 3 + np.arange(3) * 2) % 7 / 7).astype("float32")

path, epochs, saved = sys.argv[1], int(sys.argv[2]), sys.argv[3]
m = keras.saving.load_model(path)
h = m.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
m.save(saved)
print(json.dumps(h.history))
