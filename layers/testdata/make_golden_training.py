"""Golden figures of training, made by Keras 3 on TensorFlow.

    KERAS_BACKEND=tensorflow python make_golden_training.py [-check] [cifar-10-binary.tar.gz]

writes golden_training.json and summary_small_trained.txt beside itself (with
-check it compares with them instead, numbers within 1e-5, those of bfloat16
within 0.02): weights after 20 steps of each
optimizer, losses and metrics of fixed outputs, the logs of a small CNN's fit
(shuffle=False, initial weights and images by the formulas below, which the
Go test repeats), what callbacks do on fixed figures, and log lines. With the
data set as argument also the first 20 losses of the walkthrough's Model 1
on its first 640 images.
"""

import io
import json
import os
import sys
import tarfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
from keras import layers


def formula(n, salt):
    """n values in [-1, 1) that any language computes exactly: a hash of the
    index."""
    x = np.arange(n, dtype=np.uint64) + np.uint64(salt * 1000003)
    x = (x * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    return (x.astype(np.float64) / 2**31 - 1).astype(np.float32)


def set_weights(model):
    """Kernels become glorot-sized values of the formula, biases zero."""
    for salt, v in enumerate(model.weights):
        if len(v.shape) == 1:
            v.assign(np.zeros(v.shape, np.float32))
            continue
        fan = np.prod(v.shape[:-2]) * (v.shape[-2] + v.shape[-1])
        scale = np.float32(np.sqrt(6 / fan))
        v.assign((formula(np.prod(v.shape), salt + 1) * scale).reshape(v.shape))


def optimizers():
    cases = {
        "adamax": keras.optimizers.Adamax(0.005),
        "adam": keras.optimizers.Adam(0.01),
        "adam_amsgrad": keras.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-4, amsgrad=True),
        "sgd": keras.optimizers.SGD(0.05),
        "sgd_momentum": keras.optimizers.SGD(0.05, momentum=0.9),
        "sgd_nesterov": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        "rmsprop": keras.optimizers.RMSprop(0.01),
        "rmsprop_centered_momentum": keras.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, centered=True),
    }
    out = {}
    for name, optimizer in cases.items():
        w = keras.Variable(formula(6, 1))
        for step in range(20):
            if step == 10:  # the rate changes while training runs
                optimizer.learning_rate = float(optimizer.learning_rate) / 2
            optimizer.apply([keras.ops.convert_to_tensor(formula(6, 10 + step) * 0.3)], [w])
        config = optimizer.get_config()
        config["learning_rate"] = float(np.float32(config["learning_rate"]))
        out[name] = {"weights": np.array(w).tolist(), "config": config}
    return out


def losses():
    logits = (formula(40, 3) * 30).reshape(4, 10)
    labels = np.array([3, 0, 9, 3])
    raw = np.abs(formula(40, 4)).reshape(4, 10)  # outputs that no softmax made
    raw[1, 0] = 0
    softmax = keras.Sequential([keras.Input((10,)), layers.Softmax()])
    out = {"logits": logits.ravel().tolist(), "raw": raw.ravel().tolist(), "labels": labels.tolist()}
    for name, y, loss in [
        ("categorical_crossentropy", keras.utils.to_categorical(labels, 10), keras.losses.CategoricalCrossentropy()),
        ("sparse_categorical_crossentropy", labels, keras.losses.SparseCategoricalCrossentropy()),
    ]:
        out[name + "_softmax"] = float(loss(y, softmax(logits)))
        out[name + "_raw"] = float(loss(y, keras.ops.convert_to_tensor(raw)))
    top = keras.metrics.SparseTopKCategoricalAccuracy(3)
    top.update_state(labels, logits)
    out["top_3_accuracy"] = float(top.result())
    accuracy = keras.metrics.SparseCategoricalAccuracy()
    accuracy.update_state(labels, logits)
    out["accuracy"] = float(accuracy.result())
    return out


def small_images(n):
    """uint8 images [n, 8, 8, 3] whose brightness in one quadrant tells the
    class (0..3) through noise."""
    noise = (formula(n * 192, 77) + 1) * 80
    x = noise.reshape(n, 8, 8, 3)
    y = np.arange(n) * 7 % 4
    for i, c in enumerate(y):
        r, q = 4 * (c // 2), 4 * (c % 2)
        x[i, r : r + 4, q : q + 4] += 40
    return np.floor(x).astype(np.uint8), y


def small_model(batch_norm=False, policy="float32"):
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)
    # Before batch normalisation a bias has no gradient but rounding noise,
    # which Adamax blows up to full steps: no two programs agree on it.
    stack = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same", use_bias=not batch_norm)]
    if batch_norm:
        stack.append(layers.BatchNormalization())
    stack += [
        layers.LeakyReLU(negative_slope=0.1),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(8),
        layers.LeakyReLU(negative_slope=0.1),
        layers.Dense(4, activation="softmax", dtype="float32"),
    ]
    model = keras.Sequential(stack, name="small")
    if not batch_norm:
        set_weights(model)
    else:
        for salt, v in enumerate(model.weights):
            if len(v.shape) > 1:
                fan = np.prod(v.shape[:-2]) * (v.shape[-2] + v.shape[-1])
                v.assign((formula(np.prod(v.shape), salt + 1) * np.float32(np.sqrt(6 / fan))).reshape(v.shape))
    return model


class StepLosses(keras.callbacks.Callback):
    """The loss of every batch, from the running means that Keras shows."""

    def __init__(self, batch, n):
        super().__init__()
        self.losses, self.batch, self.n = [], batch, n

    def on_epoch_begin(self, epoch, logs=None):
        self.total, self.seen = 0.0, 0

    def on_train_batch_end(self, batch, logs=None):
        seen = min((batch + 1) * self.batch, self.n)
        total = logs["loss"] * seen
        self.losses.append((total - self.total) / (seen - self.seen))
        self.total, self.seen = total, seen


def fit(batch_norm=False, policy="float32", **options):
    x, y = small_images(100)
    model = small_model(batch_norm, policy)
    model.compile(keras.optimizers.Adamax(0.005), "categorical_crossentropy", metrics=["accuracy"])
    steps = StepLosses(16, 90)
    history = model.fit(
        x / 255, keras.utils.to_categorical(y, 4), batch_size=16, epochs=3, validation_split=0.1,
        shuffle=False, verbose=0, callbacks=[steps], **options,
    )
    return {"history": history.history, "step_losses": steps.losses}


def fit_mixed():
    """Fits in bfloat16, the last layer in float32, and the configuration."""
    policy = "mixed_bfloat16"
    model = small_model(True, policy)
    out = {"config": json.loads(model.to_json()), "outputs": np.array(model(small_images(4)[0] / 255)).ravel().tolist()}
    out["plain"], out["batch_norm"] = fit(policy=policy), fit(batch_norm=True, policy=policy)
    keras.config.set_dtype_policy("float32")
    return out


def fit_twice():
    """Two fits: the second goes on from the first. Validation data are given."""
    x, y = small_images(100)
    x, y = x / 255, keras.utils.to_categorical(y, 4)
    model = small_model()
    model.compile(keras.optimizers.Adamax(0.005), "categorical_crossentropy", metrics=["accuracy"])
    steps = StepLosses(16, 60)
    data = dict(batch_size=16, validation_data=(x[60:], y[60:]), shuffle=False, verbose=0, callbacks=[steps])
    first = model.fit(x[:60], y[:60], epochs=2, **data)
    second = model.fit(x[:60], y[:60], initial_epoch=2, epochs=4, **data)
    assert second.epoch == [2, 3]
    buffer = io.StringIO()
    model.summary(print_fn=lambda s, **k: buffer.write(s))
    history = {k: first.history[k] + second.history[k] for k in first.history}
    return {"history": history, "step_losses": steps.losses}, buffer.getvalue()


def callbacks():
    """Keras' callbacks on fixed figures, without any training."""

    class Optimizer:
        learning_rate = keras.Variable(0.1)

    class Model(keras.Model):
        pass

    values = [1.0, 0.8, 0.85, 0.81, 0.79, 0.795, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94]
    out = {"val_loss": values}
    for name, callback in {
        "early_stopping_patience_2": keras.callbacks.EarlyStopping("val_loss", patience=2),
        "early_stopping_patience_0": keras.callbacks.EarlyStopping("val_loss", patience=0),
        "early_stopping_min_delta": keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=0.05),
        "early_stopping_baseline": keras.callbacks.EarlyStopping("val_loss", patience=3, baseline=0.795),
        "early_stopping_start": keras.callbacks.EarlyStopping("val_loss", patience=1, start_from_epoch=4),
    }.items():
        model = Model()
        callback.set_model(model)
        model.stop_training = False
        callback.on_train_begin()
        stopped = None
        for epoch, v in enumerate(values):
            callback.on_epoch_end(epoch, {"val_loss": v})
            if model.stop_training:
                stopped = epoch
                break
        out[name] = {"stopped": stopped, "best_epoch": callback.best_epoch}
    for name, callback in {
        "reduce_patience_2": keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=2),
        "reduce_cooldown": keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.1, patience=1, cooldown=2, min_lr=0.0005),
    }.items():
        model = Model()
        model.compile(keras.optimizers.SGD(0.1), "mse")
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, v in enumerate(values):
            callback.on_epoch_end(epoch, {"val_loss": v})
            rates.append(float(model.optimizer.learning_rate))
        out[name] = rates
    return out


def log_lines():
    """verbose=2 lines of Keras' progress bar, with a clock that we set."""
    from keras.src.utils import progbar

    cases = [
        (1407, 8.4, {"accuracy": 0.5161, "loss": 1.35494, "val_accuracy": 0.6304, "val_loss": 1.0402}),
        (1407, 2815.0, {"accuracy": 0.0009, "loss": 0.001, "val_accuracy": 1.0, "val_loss": 12.34567}),
        (9, 0.0004, {"accuracy": 0.00100001, "loss": 0.0}),
        (90, 0.5, {"loss": -1.5}),
        (1, 1.5, {"loss": 2.5}),
        (7, 9.49999, {"loss": float("nan")}),
    ]
    out = []
    for steps, seconds, values in cases:
        now = [1000.0]
        progbar.time.time = lambda: now[0]
        lines = []
        progbar.io_utils.print_msg = lambda message, line_break=True: lines.append(message)
        bar = progbar.Progbar(target=steps, verbose=2, unit_name="step", stateful_metrics=None)
        now[0] += seconds
        bar.update(steps, sorted(values.items()), finalize=True)
        out.append({"steps": steps, "seconds": seconds, "values": {k: repr(v) for k, v in values.items()}, "line": lines[0].rstrip("\n")})
    return out


def model1(archive):
    with tarfile.open(archive) as tar:
        name = next(n for n in tar.getnames() if n.endswith("data_batch_1.bin"))
        raw = np.frombuffer(tar.extractfile(name).read(), np.uint8).reshape(-1, 3073)[:640]
    y = raw[:, 0]
    x = raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    model = keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(16, 3, padding="same"), layers.LeakyReLU(negative_slope=0.1),
        layers.Conv2D(32, 3, padding="same"), layers.LeakyReLU(negative_slope=0.1),
        layers.MaxPooling2D(2), layers.Flatten(),
        layers.Dense(256), layers.LeakyReLU(negative_slope=0.1),
        layers.Dense(10, activation="softmax"),
    ])
    set_weights(model)
    model.compile(keras.optimizers.Adamax(0.005), "categorical_crossentropy", metrics=["accuracy"])
    steps = StepLosses(32, 640)
    model.fit(x / 255, keras.utils.to_categorical(y, 10), batch_size=32, epochs=1, shuffle=False, verbose=0, callbacks=[steps])
    return steps.losses


def same(a, b, near=1e-5):
    """Compares two decoded JSON values."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], near) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, near) for x, y in zip(a, b))
    if isinstance(a, (float, int)) and isinstance(b, (float, int)):
        return bool(np.isclose(a, b, rtol=near, atol=near))
    return a == b or isinstance(a, str) and a.startswith("keras ")


check = "-check" in sys.argv[1:]
archive = next((a for a in sys.argv[1:] if a != "-check"), None)
here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "golden_training.json")
summary_path = os.path.join(here, "summary_small_trained.txt")
twice, summary = fit_twice()
golden = {
    "made_by": f"keras {keras.__version__} on {keras.backend.backend()}",
    "optimizers": optimizers(),
    "losses": losses(),
    "fit": fit(),
    "fit_class_weight": fit(class_weight={0: 2.0, 2: 0.25}),
    "fit_batch_norm": fit(batch_norm=True),
    "fit_mixed": fit_mixed(),
    "fit_twice": twice,
    "callbacks": callbacks(),
}
if archive:
    golden["model1_step_losses"] = model1(archive)
elif os.path.exists(path):
    golden["model1_step_losses"] = json.load(open(path)).get("model1_step_losses")
golden["log_lines"] = log_lines()  # last: it changes the clock
if check:
    old = json.load(open(path))
    new = json.loads(json.dumps(golden))
    bad = [k for k in old.keys() | new.keys() if not same(old.get(k), new.get(k), 0.02 if k == "fit_mixed" else 1e-5)]
    if open(summary_path).read() != summary:
        bad.append("summary_small_trained.txt")
    if bad:
        sys.exit("differs from real Keras " + keras.__version__ + ": " + ", ".join(bad))
else:
    json.dump(golden, open(path, "w"), indent=1)
    open(summary_path, "w").write(summary)
