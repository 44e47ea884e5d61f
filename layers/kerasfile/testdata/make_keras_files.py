#!/usr/bin/env python3
"""Make testdata/golden.zip: files saved by the real Keras, with what the models
predict.

Usage: make_keras_files.py OUT.zip        (made with Keras 3.15.1, TensorFlow
2.21 on CPU, h5py 3.14, and tf_keras 2.21 as Keras 2)

For each model NAME the archive has, deflated because HDF5 files of small models
are mostly empty:
  NAME.keras, NAME.h5            whole models
  NAME.weights.h5                weights as Keras 3 lays them out
  NAME.legacy.h5                 weights by layer name
and predictions.json: {NAME: {"shape": …, "input": […], "output": […]}} for a
batch of 2, of the weights in all of these files.
"""
import json, os, sys, tempfile, zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py, keras, numpy as np, tf_keras
from keras import layers as L
from keras.src.legacy.saving import legacy_h5_format

random = np.random.default_rng(7)
predictions = {}


def every_layer():
    """All classes of layers that a stack can have."""
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        L.Rescaling(0.5, offset=0.1),
        L.Conv2D(4, 3, padding="same", activation="relu"),
        L.Conv2D(4, (3, 2), strides=2, padding="same", groups=2, use_bias=False),
        L.LeakyReLU(negative_slope=0.1),
        L.BatchNormalization(momentum=0.9, epsilon=0.01),
        L.ZeroPadding2D(((1, 0), (2, 1))),
        L.MaxPooling2D(2, strides=1),
        L.AveragePooling2D((2, 3), strides=2, padding="same"),
        L.Conv2D(3, 2, dilation_rate=2, padding="same", activation="tanh"),
        L.ReLU(max_value=0.6, negative_slope=0.2, threshold=0.05),
        L.Resizing(4, 5),
        L.Activation("sigmoid"),
        L.Flatten(),
        L.Dense(5, use_bias=False),
        L.Dropout(0.3),
        L.Softmax(),
        L.Dense(3, activation="softmax", name="probabilities"),
    ], name="every_layer")


def branches():
    """A shared layer, branches of several lengths, automatic names that count
    on from the models before, two outputs' worth of pooling."""
    image = keras.Input((8, 8, 3), name="image")
    shared = L.Conv2D(3, 3, padding="same")
    a = shared(image)
    b = shared(L.BatchNormalization(scale=False)(a))
    c = L.Conv2D(3, 1)(image)
    c = L.Conv2D(3, 3, padding="same", activation="relu")(c)
    x = L.Add()([a, b, c])
    x = L.Concatenate()([x, image, c])
    top = L.Concatenate()([L.GlobalMaxPooling2D()(x), L.GlobalAveragePooling2D()(x)])
    return keras.Model(image, L.Dense(4)(top), name="branches")


def nested():
    """Models in models, some of their layers frozen; compiled and trained for
    a step, so that the files have an optimizer's state too."""
    stack = keras.Sequential([
        keras.Input((8, 8, 3)),
        L.Conv2D(2, 3, name="frozen", trainable=False),
        L.BatchNormalization(name="norm"),
        L.Conv2D(2, 3, strides=2, name="free"),
    ], name="stack")
    i = keras.Input((8,))
    head = keras.Model(i, L.Dense(3, name="logits")(L.Dense(8, activation="relu", name="hidden")(i)), name="head")
    m = keras.Sequential([keras.Input((8, 8, 3)), stack, L.Flatten(), head], name="nested")
    m.compile(keras.optimizers.Adamax(0.005), loss="mse", metrics=["accuracy"])
    m.fit(random.normal(size=(4, 8, 8, 3)), random.normal(size=(4, 3)), verbose=0)
    return m


def keras2():
    """Keras 2's own form of configurations and of weight files."""
    K, L = tf_keras, tf_keras.layers
    image = K.Input((8, 8, 3), name="image")
    shared = L.Conv2D(3, 3, padding="same")
    a = shared(image)
    x = L.Add()([a, shared(a)])
    x = L.LeakyReLU(0.1)(L.BatchNormalization()(x))
    x = L.AveragePooling2D(2)(L.Concatenate()([x, image]))
    x = L.Dropout(0.2)(L.Dense(6, activation="relu")(L.Flatten()(x)))
    m = K.Model(image, L.Dense(3, activation="softmax")(x), name="keras2")
    m.compile("adam", "categorical_crossentropy")
    return m


def finish(m, out):
    """Give every weight a random value, save the model, and predict."""
    for w in m.weights:
        shape = tuple(w.shape)
        scale = 0.5 if len(shape) < 2 else 1 / np.sqrt(np.prod(shape[:-1]))
        v = random.normal(size=shape) * scale
        w.assign(np.abs(v) + 0.5 if "variance" in w.name or "gamma" in w.name else v)
    path = os.path.join(out, m.name)
    m.save(path + ".keras")
    m.save(path + ".h5")
    m.save_weights(path + ".weights.h5")
    if m.name == "keras2":
        m.save_weights(path + ".legacy.h5")
    else:
        with h5py.File(path + ".legacy.h5", "w") as f:
            legacy_h5_format.save_weights_to_hdf5_group(f, m)
    x = random.normal(size=(2, 8, 8, 3)).astype("float32").round(3)
    y = m.predict(x, verbose=0)
    predictions[m.name] = {"shape": list(x.shape), "input": [float(v) for v in x.ravel().astype("float64").round(3)],
                           "output": [float(v) for v in y.ravel()]}


with tempfile.TemporaryDirectory() as out:
    for make in (every_layer, branches, nested, keras2):
        finish(make(), out)
    with open(os.path.join(out, "predictions.json"), "w") as f:
        json.dump(predictions, f)
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name in sorted(os.listdir(out)):
            z.write(os.path.join(out, name), name)
