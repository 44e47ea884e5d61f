#!/usr/bin/env python3
"""Keras' own keras.applications, for the tests of package transfer.

    architectures.py golden > architectures.json    what TestArchitecturesAreKeras wants of every case
    architectures.py text CASE                      the text whose hash the golden file holds
    architectures.py files DIR NAME                 models in files, for TestArchitectureFiles, and back again

Made with Keras 3.15.1 on TensorFlow 2.21.0. A case is the name of an architecture and the settings of Go's
transfer.Config. No weights are downloaded: "imagenet" asks Keras for its file's address and hash, and stops there.
"""
import hashlib, importlib.abc, importlib.machinery, io, json, os, sys, unittest.mock

import numpy as np

COMPUTES = sys.argv[1:2] == ["files"]
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow" if COMPUTES else "numpy", COLUMNS="80",
                  CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0", PYTHONWARNINGS="ignore")
if not COMPUTES:  # Keras' NumPy backend imports what only computing needs

    class Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, *_):
            if name.split(".")[0] in ("jax", "scipy"):
                return importlib.machinery.ModuleSpec(name, self, is_package=True)

        def create_module(self, spec):
            return unittest.mock.MagicMock(__path__=[], __spec__=spec, __name__=spec.name)

        def exec_module(self, module):
            pass

    sys.meta_path.append(Missing())
import keras
from keras.src.utils import file_utils

if not COMPUTES:  # nobody looks at the weights, which would be drawn for minutes
    keras.Variable._initialize_with_initializer = lambda v, _: v._initialize(np.zeros(v._shape, v._dtype))

A = keras.applications
SMALLEST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
NAMES = sorted(n for n in dir(A) if n[0].isupper())


def cases():
    """The name of each case, the architecture, and its settings."""
    for name in NAMES:
        yield name + " top", name, {"IncludeTop": True, "Weights": "imagenet"}
        size = SMALLEST.get(name, 64)
        pooling = "max" if len(name) % 2 else "avg"
        yield name, name, {"InputShape": [size + 21, size, 3], "Pooling": pooling, "Weights": "imagenet"}
    small = {"InputShape": [64, 64, 3]}
    top = {**small, "IncludeTop": True, "Classes": 10}
    for what, name, settings in [
        ("logits", "ResNet50", {**top, "ClassifierActivation": "linear"}),
        ("one channel", "VGG16", {"InputShape": [40, 33, 1]}),
        ("wide and dropping", "MobileNet", {**top, "Alpha": 0.5, "DepthMultiplier": 2, "DropoutRate": 0.3}),
        ("0.25 160", "MobileNet", {"Alpha": 0.25, "InputShape": [160, 160, 3], "IncludeTop": True, "Weights": "imagenet"}),
        ("0.75 128", "MobileNet", {"Alpha": 0.75, "InputShape": [128, 128, 3], "Weights": "imagenet"}),
        ("1.4 96", "MobileNetV2", {"Alpha": 1.4, "InputShape": [96, 96, 3], "Weights": "imagenet", "Pooling": "avg"}),
        ("0.35", "MobileNetV2", {**top, "Alpha": 0.35, "Classes": 7}),
        ("0.75", "MobileNetV3Small", {"Alpha": 0.75, "Weights": "imagenet"}),
        ("minimalistic", "MobileNetV3Small", {"Minimalistic": True, "IncludeTop": True, "Weights": "imagenet"}),
        ("minimalistic", "MobileNetV3Large", {"Minimalistic": True, "Weights": "imagenet"}),
        ("raw", "MobileNetV3Large", {**top, "Alpha": 1.25, "WithoutPreprocessing": True, "DropoutRate": -1}),
        ("raw", "EfficientNetV2S", {**small, "WithoutPreprocessing": True}),
        ("one channel", "EfficientNetV2B1", {"InputShape": [64, 64, 1], "Pooling": "avg"}),
        ("four channels", "EfficientNetB0", {**top, "InputShape": [64, 64, 4]}),
        ("seeded", "EfficientNetB1", small),
        ("raw", "ConvNeXtTiny", {**small, "WithoutPreprocessing": True}),
        ("one channel", "ConvNeXtTiny", {"InputShape": [64, 64, 1], "Pooling": "max"}),
        ("odd", "NASNetMobile", {"InputShape": [75, 61, 3]}),
    ]:
        yield name + " " + what, name, settings


def build(name, settings):
    """The model, and the addresses and hashes of the files that Keras wanted for it."""
    keras.utils.clear_session()
    kwargs = {
        "include_top": settings.get("IncludeTop", False), "weights": settings.get("Weights"),
        "input_shape": tuple(settings["InputShape"]) if "InputShape" in settings else None,
        "classes": settings.get("Classes", 1000), "pooling": settings.get("Pooling"),
    }
    for ours, theirs, of in [
        ("ClassifierActivation", "classifier_activation", lambda v: None if v == "linear" else v),
        ("Alpha", "alpha", float), ("DepthMultiplier", "depth_multiplier", int), ("Minimalistic", "minimalistic", bool),
        ("DropoutRate", "dropout" if name == "MobileNet" else "dropout_rate", lambda v: max(v, 0.0)),
        ("WithoutPreprocessing", "include_preprocessing", lambda v: not v),
    ]:
        if ours in settings:
            kwargs[theirs] = of(settings[ours])
    if kwargs["input_shape"] is None and (name.startswith("MobileNetV3") or not kwargs["include_top"]):
        kwargs["input_shape"] = (224, 224, 3)
    files = []

    def get_file(fname, origin, file_hash=None, **_):
        files.append((fname, origin, file_hash or ""))
        return fname

    real_get, real_load = file_utils.get_file, keras.Model.load_weights
    file_utils.get_file, keras.Model.load_weights = get_file, lambda *a, **k: None
    try:
        return getattr(A, name)(**kwargs), files
    finally:
        file_utils.get_file, keras.Model.load_weights = real_get, real_load


def canonical(v, depth=0):
    """A configuration as text that Go writes equally. What differs without meaning anything is left out."""
    if isinstance(v, dict):
        v = {k: x for k, x in v.items() if k not in ("build_config", "compile_config", "dtype", "kwargs")}
        if v.get("axis") in (3, [3]):  # the last one of images
            v["axis"] = -1 if v["axis"] == 3 else [-1]
        if v.get("class_name") == "InputLayer" and "inbound_nodes" not in v:
            return "InputLayer"  # of a nested model, whose name counts on from the outer one's
        return "{" + ",".join(k + ":" + canonical(v[k]) for k in sorted(v)) + "}"
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(map(canonical, v)) + "]"
    if isinstance(v, bool) or v is None:
        return {None: "null", True: "true", False: "false"}[v]
    return "%.9g" % v if isinstance(v, (int, float)) else v


def text(model):
    """A line for each layer: shape, parameters and configuration; then the summary."""
    lines = ["%s %s %d" % (l.name, list(l.output.shape[1:]), l.count_params()) for l in model.layers]
    lines += [canonical(json.loads(json.dumps(l))) for l in model.get_config()["layers"]]
    buffer = io.StringIO()
    model.summary(print_fn=lambda s, **k: buffer.write(s))
    return "\n".join(lines) + "\n" + buffer.getvalue()


def golden():
    out = {}
    for case, name, settings in cases():
        model, files = build(name, settings)
        out[case] = {
            "Architecture": name, "Settings": settings, "Name": model.name, "Params": model.count_params(),
            "Trainable": int(sum(np.prod(v.shape) for v in model.trainable_weights)), "Layers": len(model.layers),
            "Text": hashlib.sha256(text(model).encode()).hexdigest(), "Files": files,
        }
        print(case, file=sys.stderr)
    return out


def exact(name, settings, model, x):
    """What a model predicts when it is computed in float64."""
    keras.config.set_floatx("float64")
    try:
        wide, _ = build(name, settings)
        wide.set_weights(model.get_weights())
        finalize(wide)
        return np.asarray(wide.predict(x.astype("float64"), verbose=0))
    finally:
        keras.config.set_floatx("float32")


def finalize(model):
    """Normalization computes with copies of its variables, which assign does not change."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def jitter(model, rng, x):
    """Other weights and statistics than the ones of a new model, none of them hidden by zeros or ones. The statistics do not
    fit the weights: from block to block values would shrink, until the images make no difference, or grow, until rounding
    makes as much. So the gammas of normalizations are the smallest with which the images make a difference."""
    for v in model.weights:
        old, noise = np.asarray(v), rng.uniform(-1, 1, v.shape)
        if "variance" in v.name:
            new = 1 + 0.5 * noise
        elif v.name.startswith("variable") or "gamma" in v.name:  # LayerScale's gamma has no name
            new = 1 + 0.25 * noise
        elif v.name == "count":
            new = old + 3
        elif len(v.shape) > 1:
            new = old * (1 + 0.25 * noise)
        else:
            new = old + 0.1 * noise
        v.assign(new.astype(old.dtype))
    finalize(model)
    gammas = [(v, np.asarray(v)) for v in model.weights if "gamma" in v.name]
    for factor in np.geomspace(0.5, 2, 25) if gammas else []:
        for v, gamma in gammas:
            v.assign(factor * gamma)
        first, second = np.asarray(model(x))
        if np.abs(first - second).max() > 0.002 * np.abs(first).max():
            return


def images(shape, rng):
    return rng.integers(0, 256, (2, *shape)).astype("float32")


def files(folder, name):
    """Two models of other sizes go into files with their predictions, and those of float64. After a line on stdin, those that Go wrote
    are opened and have to predict the same; the largest differences are printed."""
    rng = np.random.default_rng(7)
    size = SMALLEST.get(name, 64)
    models = {
        "top": {"InputShape": [size, size, 3], "IncludeTop": True, "Classes": 10, "ClassifierActivation": "linear"},
        "features": {"InputShape": [size + 32, size + 11, 3], "Pooling": "avg"},
    }
    path = lambda kind, end: os.path.join(folder, kind + end)
    for kind, settings in models.items():
        keras.utils.set_random_seed(7)
        model, _ = build(name, settings)
        x = images(settings["InputShape"], rng)
        jitter(model, rng, x)
        x.tofile(path(kind, ".images"))
        np.asarray(model.predict(x, verbose=0)).tofile(path(kind, ".predictions"))
        model.save_weights(path(kind, ".weights.h5"))
        model.save(path(kind, ".keras"))
        if kind == "top":
            model.save(path(kind, ".h5"))
        exact(name, settings, model, x).astype("float32").tofile(path(kind, ".exact"))
        del model
    json.dump(models, sys.stdout)
    print(flush=True)
    if not sys.stdin.readline():
        return
    for kind, settings in models.items():
        want = np.fromfile(path(kind, ".predictions"), "float32")
        x = np.fromfile(path(kind, ".images"), "float32").reshape(2, *settings["InputShape"])
        loaded = keras.models.load_model(path("go_" + kind, ".keras"))
        own, _ = build(name, settings)
        own.load_weights(path("go_" + kind, ".weights.h5"))
        for model in loaded, own:
            got = np.asarray(model.predict(x, verbose=0)).ravel()
            print(json.dumps(float(np.abs(got - want).max() / np.abs(want).max())), flush=True)
        del loaded, own


if __name__ == "__main__":
    what, rest = (sys.argv[1:] + [""])[0], sys.argv[2:]
    if what == "golden":
        json.dump(golden(), sys.stdout, indent=0)
    elif what == "text":
        sys.stdout.write(text(build(*{c: (n, s) for c, n, s in cases()}[rest[0]])[0]))
    elif what == "files":
        files(*rest)
    else:
        sys.exit(__doc__)
