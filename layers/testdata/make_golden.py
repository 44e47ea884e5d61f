#!/usr/bin/env python3
"""Makes the golden files of layers' tests with real Keras (TensorFlow backend, CPU).

    python3 make_golden.py            # writes layers.json, models.json and summary_*.txt beside this script
    python3 make_golden.py -check     # computes them again and compares with the files: text exactly, numbers within 1e-5

Made with Keras 3.15.1 on TensorFlow 2.21. Arrays are float32, little endian, base64.

Each family of layers has a script of its own, golden_FAMILY.py, which writes layers_FAMILY.json by this one's functions:

    from make_golden import L, layer_case, main

    def cases():
        yield layer_case("name of the case", L.Conv1D(3, 2), (9, 2))

    main({"layers_FAMILY.json": cases})
"""
import base64, io, itertools, json, os, pathlib, sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow", COLUMNS="80", CUDA_VISIBLE_DEVICES="",
                  TF_ENABLE_ONEDNN_OPTS="0")
import numpy as np
import tensorflow as tf
import keras
from keras import layers as L

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20261124)


def pack(a):
    a = np.asarray(a, dtype="<f4")
    return {"shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}


def values(shape, ties=False):
    """Normal values; with ties, multiples of 1/2, so that zeros and equal maxima are common."""
    a = rng.normal(size=shape)
    return (np.round(a * 2) / 2 if ties else a).astype("float32")


def layer_case(name, layer, *shapes, training=False, ties=False, batch=2, inputs=None, tolerance=None, by_place=False,
               floor=None):
    """One layer: weights, inputs, result, and the gradient of sum(result * upstream).

    The inputs are random values of the given shapes, or the arrays in inputs. A layer of mixed_bfloat16 is compared
    within 0.02 of an array's largest value unless tolerance says otherwise; all others within 1e-5. Several inputs go
    to the layer as a list, or by_place. An array whose values are all below floor is compared as if its largest value
    were floor: for gradients that are 0 but for rounding.
    """
    keras.utils.set_random_seed(1)
    xs = [tf.constant(x, "float32") for x in inputs or [values((batch, *s), ties) for s in shapes]]
    if tolerance is None and layer.compute_dtype != "float32":
        tolerance = 0.02
    call = lambda: layer(*(xs if by_place or len(xs) == 1 else [xs]), training=training)
    call()
    for w in layer.weights:
        v = values(w.shape)
        w.assign(np.abs(v) + 0.5 if "variance" in w.name else v)
    before = [w.numpy() for w in layer.weights]
    trainable = [w.value for w in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = call()
        upstream = values(y.shape)
        total = tf.reduce_sum(tf.cast(y, "float32") * upstream)
    grads = [tf.convert_to_tensor(g) for g in tape.gradient(total, xs + trainable,
                                                        unconnected_gradients=tf.UnconnectedGradients.ZERO)]
    return {
        "name": name, "class": type(layer).__name__, "config": layer.get_config(), "training": training,
        "inputs": [pack(x) for x in xs], "weights": [pack(w) for w in before], "upstream": pack(upstream),
        "output": pack(y), "input_grads": [pack(g) for g in grads[: len(xs)]],
        "weight_grads": [pack(g) for g in grads[len(xs):]], "weights_after": [pack(w) for w in layer.weights],
        **({} if tolerance is None else {"tolerance": tolerance}), **({} if floor is None else {"floor": floor}),
    }


def layer_cases():
    image = (6, 7, 3)
    c = layer_case
    yield c("conv valid even kernel", L.Conv2D(3, (2, 4)), image)
    yield c("conv valid even kernel stride 2", L.Conv2D(3, (4, 2), strides=2), (9, 8, 2))
    yield c("conv even kernel dilation", L.Conv2D(3, 2, dilation_rate=3, padding="same"), (9, 8, 2))
    yield c("conv valid", L.Conv2D(4, 3), image)
    yield c("conv same", L.Conv2D(4, 3, padding="same", activation="relu"), image)
    yield c("conv same even kernel", L.Conv2D(2, (2, 4), padding="same"), image)
    yield c("conv same stride 2 even size", L.Conv2D(3, 3, strides=2, padding="same"), (8, 8, 2))
    yield c("conv same stride 2 odd size", L.Conv2D(3, 3, strides=2, padding="same"), (7, 9, 2))
    yield c("conv same stride 3 kernel 2", L.Conv2D(3, 2, strides=3, padding="same"), (7, 8, 2))
    yield c("conv valid 7x7 stride 2", L.Conv2D(2, 7, strides=2), (12, 13, 3))
    yield c("conv strides differ", L.Conv2D(2, (3, 2), strides=(1, 2), padding="same", use_bias=False), image)
    yield c("conv dilation", L.Conv2D(2, 3, dilation_rate=2), (8, 9, 2))
    yield c("conv dilation same", L.Conv2D(2, 3, dilation_rate=(2, 1), padding="same"), image)
    yield c("conv groups", L.Conv2D(4, 3, groups=2, padding="same"), (5, 5, 4))
    yield c("conv 1x1 stride 2", L.Conv2D(3, 1, strides=2, padding="same"), (6, 6, 2))
    yield c("conv one pixel", L.Conv2D(3, 3, padding="same"), (1, 1, 2))
    yield c("dense", L.Dense(5), (7,))
    yield c("dense softmax", L.Dense(5, activation="softmax"), (7,))
    yield c("dense on images", L.Dense(4, activation="relu", use_bias=False), (3, 2, 5))
    yield c("leaky relu default", L.LeakyReLU(), image, ties=True)
    yield c("leaky relu at 0", L.LeakyReLU(0.1), image, ties=True)
    yield c("relu at 0", L.ReLU(), image, ties=True)
    yield c("relu6", L.ReLU(max_value=6), image)
    yield c("relu all knobs", L.ReLU(max_value=1.2, negative_slope=0.2, threshold=0.3), image)
    yield c("softmax", L.Softmax(), (9,))
    yield c("softmax axis 1", L.Softmax(axis=1), image)
    for f in ["linear", "relu", "relu6", "leaky_relu", "sigmoid", "hard_sigmoid", "tanh", "softmax", "log_softmax",
              "softplus", "softsign", "silu", "elu", "selu", "gelu", "exponential"]:
        yield c("activation " + f, L.Activation(f), (4, 5, 2), ties=f in ("relu", "leaky_relu"))
    yield c("max pool", L.MaxPooling2D(), (6, 8, 3))
    yield c("max pool ties", L.MaxPooling2D(2), (8, 8, 3), ties=True)
    yield c("max pool crops", L.MaxPooling2D(2), (7, 5, 3), ties=True)
    yield c("max pool 3x2", L.MaxPooling2D((3, 2)), (6, 8, 3), ties=True)
    yield c("max pool 3 stride 2", L.MaxPooling2D(3, strides=2), (8, 9, 3), ties=True)
    yield c("max pool same", L.MaxPooling2D(2, padding="same"), (7, 5, 3), ties=True)
    yield c("max pool 3 same stride 2", L.MaxPooling2D(3, strides=2, padding="same"), (8, 8, 2))
    yield c("max pool 1 stride 2", L.MaxPooling2D(1, strides=2), (6, 7, 2))
    yield c("average pool", L.AveragePooling2D(2), (6, 8, 3))
    yield c("average pool crops", L.AveragePooling2D(2), (7, 5, 3))
    yield c("average pool 3 same stride 1", L.AveragePooling2D(3, strides=1, padding="same"), (5, 6, 3))
    yield c("average pool same", L.AveragePooling2D(2, padding="same"), (7, 5, 3))
    yield c("global max", L.GlobalMaxPooling2D(), image)
    yield c("global max ties", L.GlobalMaxPooling2D(), (4, 4, 3), ties=True)
    yield c("global average", L.GlobalAveragePooling2D(), image)
    yield c("flatten", L.Flatten(), image)
    yield c("dropout inference", L.Dropout(0.5), image)
    yield c("dropout rate 1", L.Dropout(1.0), image, training=True)
    yield c("dropout rate 0", L.Dropout(0.0), image, training=True)
    yield c("batch norm inference", L.BatchNormalization(), image)
    yield c("batch norm training", L.BatchNormalization(), image, training=True, batch=4)
    yield c("batch norm training on vectors", L.BatchNormalization(momentum=0.7, epsilon=1e-4), (5,), training=True, batch=8)
    yield c("batch norm without scale", L.BatchNormalization(scale=False), image, training=True)
    yield c("batch norm without center", L.BatchNormalization(center=False), image, training=True)
    yield c("batch norm frozen in training", L.BatchNormalization(trainable=False), image, training=True)
    yield c("zero padding", L.ZeroPadding2D(), image)
    yield c("zero padding sides", L.ZeroPadding2D(((1, 0), (2, 3))), image)
    yield c("add", L.Add(), image, image, image)
    yield c("concatenate", L.Concatenate(), (4, 4, 2), (4, 4, 3))
    yield c("concatenate axis 1", L.Concatenate(axis=1), (4, 4, 2), (3, 4, 2))
    yield c("resizing up", L.Resizing(13, 11), image)
    yield c("resizing down", L.Resizing(3, 4), image)
    yield c("resizing tiny", L.Resizing(5, 5), (2, 3, 1))
    yield c("resizing 32 to 75", L.Resizing(75, 75), (32, 32, 1), batch=1)
    yield c("resizing nearest", L.Resizing(9, 4, interpolation="nearest"), image)
    yield c("rescaling", L.Rescaling(1 / 127.5, offset=-1.0), image)


def walkthrough(n):
    """The walkthrough's models 1, 2 and 3, with automatic names."""
    conv = lambda f: [L.Conv2D(f, 3, padding="same"), L.LeakyReLU(0.1)]
    head = lambda drop: [L.Flatten(), L.Dense(256), L.LeakyReLU(0.1), *drop, L.Dense(10, activation="softmax")]
    image = L.Input((32, 32, 3))
    if n == 1:
        stack = [*conv(16), *conv(32), L.MaxPooling2D((2, 2)), *head([])]
    elif n == 2:
        stack = [*conv(16), L.Dropout(0.2), *conv(32), L.Dropout(0.2), L.MaxPooling2D((2, 2)), *head([L.Dropout(0.5)])]
    else:
        stack = [*conv(16), *conv(32), L.MaxPooling2D((2, 2)), L.Dropout(0.25), *conv(32), *conv(64),
                 L.MaxPooling2D((2, 2)), L.Dropout(0.25), *head([L.Dropout(0.5)])]
    return keras.Sequential([image, *stack], name=f"model_{n}")


def branched():
    """Two outputs, a layer that is applied twice, branches of different depth."""
    image = L.Input((12, 12, 3))
    a = L.Conv2D(8, 3, padding="same", activation="relu")(image)
    short = L.Conv2D(4, 1)(a)
    shared = L.Conv2D(8, 3, padding="same", name="shared")
    b = L.BatchNormalization()(shared(a))
    b = L.ReLU()(shared(b))
    joined = L.Concatenate()([short, b])
    pool = L.MaxPooling2D(2)(joined)
    classes = L.Dense(5, activation="softmax", name="classes")(L.GlobalAveragePooling2D()(pool))
    side = L.Add()([L.GlobalMaxPooling2D()(a), L.GlobalAveragePooling2D()(b)])
    return keras.Model(image, [classes, side], name="branched")


def two_inputs():
    left, right = L.Input((6, 6, 2), name="left"), L.Input((4,), name="right")
    x = L.Flatten()(L.Conv2D(3, 3)(left))
    y = L.Dense(5)(right)
    x = L.Concatenate()([y, x])
    return keras.Model([left, right], L.Dense(2, activation="softmax")(x), name="two_inputs")


def residual():
    """A small pre-activation network: its layers' order differs from the order of creation."""
    image = L.Input((16, 16, 3))
    x = L.Conv2D(8, 7, strides=2, name="conv1_conv")(L.ZeroPadding2D(3, name="conv1_pad")(image))
    x = L.MaxPooling2D(3, strides=2, name="pool1_pool")(L.ZeroPadding2D(1, name="pool1_pad")(x))
    pre = L.Activation("relu", name="preact_relu")(L.BatchNormalization(epsilon=1.001e-5, name="preact_bn")(x))
    shortcut = L.Conv2D(16, 1, name="0_conv")(pre)
    y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False, name="1_conv")(pre)))
    y = L.Conv2D(16, 3, padding="same", name="2_conv")(y)
    x = L.Add(name="out")([shortcut, y])
    return keras.Model(image, L.GlobalAveragePooling2D(name="avg_pool")(x), name="residual")


def nested():
    inner = keras.Sequential([L.Input((8, 8, 3)), L.Conv2D(4, 3, activation="relu"), L.Flatten()], name="backbone")
    image = L.Input((8, 8, 3))
    return keras.Model(image, L.Dense(3, activation="softmax")(inner(image)), name="outer")


def with_operations():
    """Keras' operations between layers, as keras.applications has them (x + 3.0, a * b), and scales by channel."""
    image = L.Input((6, 6, 3))
    scaled = L.Rescaling([0.5, 2.0, 1.5], [0.0, -1.0, 0.25])(image)
    x = L.Conv2D(4, 3, padding="same", name="conv")(scaled)
    gate = L.ReLU(6.0)(L.Conv2D(4, 6)(x) + 3.0) * (1.0 / 6.0)
    x = keras.ops.sqrt(keras.ops.exp(x * gate)) + abs(-(x - gate)) / (keras.ops.square(x) + 1)
    x = keras.ops.maximum(x, keras.ops.minimum(2 - x, 0.5))
    x = keras.ops.log(keras.ops.divide(1.5, x**2 + 0.5)) - 0.25
    return keras.Model(image, L.Add()([L.GlobalAveragePooling2D()(x), L.Flatten()(gate)]), name="operations")


def formula(n):
    """Weights and pixels that Go computes too: a linear congruence mapped to [-1, 1)."""
    i = np.arange(n, dtype=np.uint64)
    return (((i * np.uint64(2654435761)) % np.uint64(2**32)).astype("float64") / 2**31 - 1).astype("float32")


def set_formula_weights(model):
    for w in model.weights:
        v = formula(int(np.prod(w.shape))).reshape(w.shape)
        if len(w.shape) > 1:
            w.assign(v * np.float32(np.sqrt(6.0 / sum(keras.src.initializers.random_initializers.compute_fans(w.shape)))))
        elif "variance" in w.name or "gamma" in w.name:
            w.assign(1 + v / 4)
        else:
            w.assign(v / 10)


def model_case(make, batch=3):
    """A whole model: results, and for each trainable weight the gradient of sum(result_i * formula) in short."""
    keras.backend.clear_session()
    model = make()
    set_formula_weights(model)
    xs = [tf.constant(formula(batch * int(np.prod(i.shape[1:]))).reshape((batch, *i.shape[1:]))) for i in model.inputs]
    with tf.GradientTape() as tape:
        ys = model(xs if len(xs) > 1 else xs[0], training=False)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        total = sum(tf.reduce_sum(y * formula(int(np.prod(y.shape))).reshape(y.shape)) for y in ys)
    grads = [g.numpy() for g in tape.gradient(total, [w.value for w in model.trainable_weights])]
    buffer = io.StringIO()
    model.summary(print_fn=lambda s, **k: buffer.write(s))
    return model, buffer.getvalue(), {
        "config": json.loads(model.to_json()), "batch": batch,
        "layers": [l.name for l in model.layers],
        "weights": [{"path": w.path, "shape": list(w.shape), "trainable": w.trainable} for w in model.weights],
        "outputs": [pack(y) for y in ys],
        "gradients": [{"norm": float(np.linalg.norm(g.astype("float64"))), "first": pack(g.flatten()[:8])} for g in grads],
    }


def summaries(model, name, text):
    """The summary at the usual width of 80 columns, and in wider terminals."""
    yield f"summary_{name}.txt", text
    for width in [62, 88, 108] if name in ("branched", "model_1") else []:
        buffer = io.StringIO()
        os.environ["COLUMNS"] = "200"
        model.summary(line_length=width, print_fn=lambda s, **k: buffer.write(s))
        os.environ["COLUMNS"] = "80"
        yield f"summary_{name}_{width}.txt", buffer.getvalue()
    if name in ("model_1", "residual"):
        model.layers[1].trainable = False
        model.layers[-1].trainable = False
        buffer = io.StringIO()
        model.summary(show_trainable=True, print_fn=lambda s, **k: buffer.write(s))
        yield f"summary_{name}_trainable.txt", buffer.getvalue()
    if name == "nested":
        buffer = io.StringIO()
        model.summary(expand_nested=True, print_fn=lambda s, **k: buffer.write(s))
        yield f"summary_{name}_expanded.txt", buffer.getvalue()


def golden_files():
    """The names of the files and their text."""
    cases = {}
    texts = []
    for name, make in {"model_1": lambda: walkthrough(1), "model_2": lambda: walkthrough(2), "model_3": lambda: walkthrough(3),
                       "branched": branched, "two_inputs": two_inputs, "residual": residual, "nested": nested,
                       "operations": with_operations}.items():
        model, text, cases[name] = model_case(make)
        texts += summaries(model, name, text)
    yield "models.json", json.dumps(cases, indent=0)
    yield from texts


def same(a, b, where=""):
    """Compares two decoded JSON values, arrays and numbers within 1e-5."""
    if isinstance(a, dict) and isinstance(b, dict) and set(a) == {"shape", "data"} == set(b):
        u, v = (np.frombuffer(base64.b64decode(x["data"]), "<f4") for x in (a, b))
        return a["shape"] == b["shape"] and np.allclose(u, v, rtol=1e-5, atol=1e-5)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, (float, int)):
        return bool(np.isclose(a, b, rtol=1e-5, atol=1e-5))
    return a == b


def main(cases, more=lambda: []):
    """Writes the cases of layers to the files that they are listed under, and the files of more; or checks them."""
    check = "-check" in sys.argv[1:]
    bad = []
    layers = ((name, json.dumps(list(of()), indent=0)) for name, of in cases.items())
    for name, text in itertools.chain(layers, more()):
        path = HERE / name
        if not check:
            path.write_text(text)
            continue
        old = path.read_text()
        ok = same(json.loads(old), json.loads(text)) if name.endswith(".json") else old == text
        if not ok:
            bad.append(name)
    if bad:
        sys.exit("differs from real Keras " + keras.__version__ + ": " + ", ".join(bad))


if __name__ == "__main__":
    main({"layers.json": layer_cases}, golden_files)
