#!/usr/bin/env python3
"""Training that begins in one program and goes on in another.

    go_on_training.py make OUT.zip     a small model, trained for 2 epochs with each optimizer and saved as .keras and .h5,
                                       and expected.json: what 2 more epochs in Keras give. Made with Keras 3.15.1.
    go_on_training.py check OUT.json FILE...
                                       loads each file compiled, trains 2 epochs, and writes {file: {"loss": […],
                                       "weights": [[…], …]}}

Images, labels and order are the Go test's: 40 images of 6x6x2, batches of 8 in order.
"""
import json, os, sys, tempfile, zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import keras, numpy as np
from keras import layers as L

i = np.arange(40 * 72, dtype=np.uint64)
x = (((i * np.uint64(2654435761)) % np.uint64(2**32)).astype("float64") / 2**31 - 1).astype("float32").reshape(40, 6, 6, 2)
labels = np.arange(40) * 7 % 4
y = keras.utils.to_categorical(labels, 4)

OPTIMIZERS = {
    "adamax": lambda: keras.optimizers.Adamax(0.005),
    "adam": lambda: keras.optimizers.Adam(0.003, beta_1=0.8),
    "adam_amsgrad": lambda: keras.optimizers.Adam(0.003, amsgrad=True),
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "sgd_momentum": lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.002, momentum=0.5, centered=True),
}


def go_on(model):
    target = labels if "sparse" in str(model.loss) else y
    history = model.fit(x, target, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return {"loss": history.history["loss"], "weights": [w.numpy().ravel().astype("float64").tolist() for w in model.weights]}


def make(out):
    expected = {}
    with tempfile.TemporaryDirectory() as dir, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, optimizer in OPTIMIZERS.items():
            keras.utils.set_random_seed(3)
            keras.backend.clear_session()
            model = keras.Sequential([
                keras.Input((6, 6, 2)), L.Conv2D(4, 3, padding="same"), L.LeakyReLU(negative_slope=0.1), L.MaxPooling2D(2),
                L.Flatten(), L.Dense(8, activation="tanh"), L.Dense(4, activation="softmax"),
            ], name=name)
            sparse = name == "sgd"
            top = (keras.metrics.SparseTopKCategoricalAccuracy if sparse else keras.metrics.TopKCategoricalAccuracy)(2, name="top_2_accuracy")
            model.compile(optimizer(), ("sparse_" if sparse else "") + "categorical_crossentropy", metrics=["accuracy", top])
            go_on(model)
            for suffix in (".keras", ".h5"):
                model.save(os.path.join(dir, name + suffix))
                z.write(os.path.join(dir, name + suffix), name + suffix)
            expected[name] = go_on(model)
        z.writestr("expected.json", json.dumps(expected))


def check(out, files):
    results = {}
    for path in files:
        model = keras.saving.load_model(path)
        if not model.compiled:
            sys.exit(path + " came back uncompiled")
        results[path] = go_on(model)
    json.dump(results, open(out, "w"))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    check(sys.argv[2], sys.argv[3:])
