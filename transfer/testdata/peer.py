#!/usr/bin/env python3
"""What real Keras says of the four backbones, for the tests of package transfer.

    peer.py values                   > values.json    outputs at small sizes
    peer.py parity DIR NAME SIZE TOP                  a weight file and outputs

values makes the golden file beside this script. Made with Keras 3.15.1
on TensorFlow 2.21.0. parity is run by TestParityWithKeras.

Weights and images are not random but a formula (splitmix64 of their position),
so that Go and Python compute the same ones and no golden file holds weights.
"""
import json, os, sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import numpy as np
import keras

BUILD = {
    "vgg16": keras.applications.VGG16,
    "vgg19": keras.applications.VGG19,
    "inception_v3": keras.applications.InceptionV3,
    "resnet50v2": keras.applications.ResNet50V2,
}
PREPROCESS = {
    "vgg16": keras.applications.vgg16.preprocess_input,
    "vgg19": keras.applications.vgg19.preprocess_input,
    "inception_v3": keras.applications.inception_v3.preprocess_input,
    "resnet50v2": keras.applications.resnet_v2.preprocess_input,
}
SMALL = {"vgg16": 32, "vgg19": 32, "inception_v3": 75, "resnet50v2": 32}
TAPS = {
    "vgg16": ["block1_pool", "block2_pool", "block3_pool", "block4_pool", "block5_pool", "global_max_pooling2d"],
    "vgg19": ["block3_pool", "block4_pool", "block5_pool", "global_max_pooling2d"],
    "inception_v3": ["mixed%d" % i for i in range(11)] + ["global_max_pooling2d"],
    "resnet50v2": ["conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out", "post_relu", "max_pool"],
}


def uniform(stream, n):
    """n numbers in [0, 1) with 24 bits: splitmix64 of stream * 2^40 + position."""
    z = np.uint64(stream) * np.uint64(1 << 40) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


def images(n, size):
    return np.floor(uniform(0, n * size * size * 3) * 256).astype("uint8").reshape(n, size, size, 3)


def fill(model):
    """Set every variable by the formula; the same in parity_test.go."""
    stream = 1
    for layer in model.layers:
        for v in layer.weights:
            u = uniform(stream, int(np.prod(v.shape)))
            stream += 1
            name = v.path.split("/")[-1]
            if name == "kernel":
                fan_in = float(np.prod(v.shape[:-1]))
                u = (2 * u - 1) * np.sqrt(6 / fan_in)
            elif name in ("gamma", "moving_variance"):
                u = 0.5 + u
            else:  # bias, beta, moving_mean
                u = (2 * u - 1) * 0.1
            v.assign(u.astype("float32").reshape(v.shape))


def build(name, size, top):
    keras.utils.clear_session()
    if top:
        return BUILD[name](weights=None, include_top=True, input_shape=(size, size, 3))
    return BUILD[name](weights=None, include_top=False, input_shape=(size, size, 3), pooling="max")


def sample(a):
    """A few values of an array, enough to notice any change."""
    flat = np.asarray(a, "float32").ravel()
    at = [int(i) for i in np.unique(np.linspace(0, flat.size - 1, 12).astype(int))]
    return {
        "shape": list(a.shape), "at": at, "values": [float(flat[i]) for i in at],
        "mean_abs": float(np.mean(np.abs(flat.astype("float64")))), "max_abs": float(np.max(np.abs(flat))),
    }


def values():
    out = {}
    for name in BUILD:
        model = build(name, SMALL[name], False)
        fill(model)
        taps = keras.Model(model.input, [model.get_layer(t).output for t in TAPS[name]])
        x = images(1, SMALL[name])
        plain = taps.predict(x.astype("float32") / 255, verbose=0)
        own = taps.predict(PREPROCESS[name](x.astype("float32")), verbose=0)
        out[name] = {t: {"plain": sample(p), "own": sample(o)} for t, p, o in zip(TAPS[name], plain, own)}
        if name == "inception_v3":  # small images, enlarged inside the graph
            small = images(1, 32).astype("float32") / 255
            large = keras.layers.Resizing(75, 75)(small)
            out["resized"] = {"image": sample(np.asarray(large)), "mixed4": sample(taps.predict(large, verbose=0)[4])}
    return out


def parity(folder, name, size, top):
    """Write weights.h5 (legacy layout), and images and outputs as raw float32."""
    model = build(name, size, top)
    fill(model)
    weights = os.path.join(folder, "weights.h5")
    write_legacy(weights, model)
    names = [l.name for l in model.layers if l.name in TAPS[name]] + ([model.layers[-1].name] if top else [])
    taps = keras.Model(model.input, [model.get_layer(t).output for t in names])
    n = 2 if size < 200 else 1
    outputs = taps.predict(PREPROCESS[name](images(n, size).astype("float32")), verbose=0)
    if len(names) == 1:
        outputs = [outputs]
    manifest = {"images": n, "taps": []}
    for t, a in zip(names, outputs):
        a.astype("float32").tofile(os.path.join(folder, t + ".bin"))
        manifest["taps"].append({"name": t, "shape": list(a.shape)})
    if top:
        from keras.src.applications import imagenet_utils
        imagenet_utils.CLASS_INDEX = {str(i): ["n%08d" % i, "class_%d" % i] for i in range(1000)}
        manifest["top5"] = [[w, d, float(p)] for w, d, p in imagenet_utils.decode_predictions(outputs[-1], top=5)[0]]
    with open(os.path.join(folder, "manifest.json"), "w") as f:
        json.dump(manifest, f)


def write_legacy(path, model):
    """The layout of the official files: layer_names, weight_names, no model_weights."""
    import h5py
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = np.array([l.name.encode() for l in model.layers])
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = keras.__version__.encode()
        for layer in model.layers:
            g = f.create_group(layer.name)
            names = [layer.name + "/" + v.path.split("/")[-1] + ":0" for v in layer.weights]
            g.attrs["weight_names"] = np.array([n.encode() for n in names]) if names else np.zeros((0,), "S1")
            for n, v in zip(names, layer.weights):
                g.create_dataset(n, data=np.asarray(v))


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "values":
        json.dump(values(), sys.stdout, separators=(",", ":"))
    elif what == "parity" and len(sys.argv) == 6:
        parity(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] == "top")
    else:
        sys.exit(__doc__)
