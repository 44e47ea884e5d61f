#!/usr/bin/env python3
"""From pictures to a trained VGG16 head: ours beside Keras' fit of the same frozen model, in turns on one machine.

    python .ci/transfer_speed.py CIFAR10.tar.gz WEIGHTS_FOLDER [--rounds 3] [--images 50000] [--out transfer/SPEED.md]

Run it with the Python that has Keras and TensorFlow. GOMLX_BACKEND names our plugin, XLA_FLAGS what `kernel setup` put
into the kernelspec. WEIGHTS_FOLDER has Keras' file of VGG16 without top. Ours is BenchmarkImagesToHead: features with
an empty cache and ten epochs of the head, then the same with the cache filled. Keras' is one epoch of fit, which runs
the frozen network again in every epoch, after a short one that is not counted; ten epochs take ten times as long.
"""
import argparse, os, pathlib, re, statistics, subprocess, sys, tarfile, tempfile, time

from speed import processor

ROOT = pathlib.Path(__file__).resolve().parent.parent


def keras_epoch(archive, weights, n):
    """Seconds and processor seconds of one epoch of fit, a tenth of the pictures for validation."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
    import keras, numpy as np
    from keras import layers as L
    with tarfile.open(archive) as tar:
        files = sorted(m for m in tar.getnames() if re.search(r"data_batch_\d\.bin$", m))
        raw = np.frombuffer(b"".join(tar.extractfile(f).read() for f in files), np.uint8).reshape(-1, 3073)[:n]
    x = raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype("float32") / 255
    y = keras.utils.to_categorical(raw[:, 0], 10)
    vgg = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="max")
    vgg.load_weights(next(pathlib.Path(weights).glob("vgg16*notop.h5")))
    vgg.trainable = False
    t = L.Flatten()(vgg.get_layer("block3_pool").output)
    t = L.Dense(256, activation="relu")(t)
    t = L.Dropout(0.3)(L.Dense(128, activation="relu")(t))
    t = L.BatchNormalization()(L.Dense(64, activation="relu")(t))
    model = keras.Model(vgg.input, L.Dense(10, activation="softmax")(t))
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adamax(learning_rate=0.0005), metrics=["accuracy"])
    fit = lambda k: model.fit(x[:k], y[:k], batch_size=250, epochs=1, validation_split=0.1 if k > 500 else 0.5, verbose=0)
    fit(500)
    start = time.time()
    fit(n)
    return time.time() - start


def in_child(command, **env):
    """A program's output and its peak memory in MB."""
    process = subprocess.Popen(command, cwd=ROOT / "transfer", env=dict(os.environ, **env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed:\n{out}")
    return out, usage.ru_maxrss / 1024


def ours(binary, args):
    out, peak = in_child([binary, "-test.run=^$", "-test.bench=ImagesToHead", "-test.benchtime=1x", "-test.timeout=1h"],
                              CIFAR10_DIR=args.archive, GOCIFAR_TEST_WEIGHTS=args.weights, TRANSFER_BENCH_IMAGES=str(args.images))
    found = {m[1]: (int(m[2]) / 1e9, float(m[3])) for m in re.finditer(r"ImagesToHead/(\w+)\S*\s+1\s+(\d+) ns/op\s+([\d.]+) val_accuracy", out)}
    return found["cold"][0], found["warm"][0], found["cold"][1], peak


def keras(args):
    out, peak = in_child([sys.executable, __file__, args.archive, args.weights, "--images", str(args.images), "--run-peer"])
    return 10 * float(out.splitlines()[-1]), peak


def write(args, rounds, loads):
    spread = lambda i: "{:.1f} ({:.1f} to {:.1f})".format(statistics.median(r[i] for r in rounds), min(r[i] for r in rounds), max(r[i] for r in rounds))
    ratio = [r[4] / r[0] for r in rounds]
    lines = ["# From pictures to a trained VGG16 head, beside Keras", "",
             "Command: `python .ci/transfer_speed.py cifar-10-binary.tar.gz weights-folder`", "",
             f"{processor()}; {args.images} pictures, 10 epochs, batch 250; medians (least to most) of {len(rounds)} rounds in turns, "
             f"{time.strftime('%Y-%m-%d')}. Load average {min(loads):.1f} to {max(loads):.1f}. XLA_FLAGS `{os.environ.get('XLA_FLAGS', '')}`.", "",
             "| | seconds | peak memory, MB |", "|---|---|---|",
             f"| ours, empty cache: features, then the head | {spread(0)} | {spread(3)} |",
             f"| ours, features cached | {spread(1)} | |",
             f"| Keras on TensorFlow, fit of the frozen model (one epoch measured, times ten) | {spread(4)} | {spread(5)} |", "",
             f"With an empty cache ours is {statistics.median(ratio):.1f} times ({min(ratio):.1f} to {max(ratio):.1f}) as fast as Keras. "
             "Keras computes the frozen network in every epoch, ours once. "
             f"The head's validation accuracy is {statistics.median(r[2] for r in rounds):.4f}."]
    text = "\n".join(lines) + "\n"
    pathlib.Path(args.out).write_text(text)
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("weights")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--images", type=int, default=50000)
    p.add_argument("--out", default=str(ROOT / "transfer" / "SPEED.md"))
    p.add_argument("--run-peer", action="store_true", help=argparse.SUPPRESS)
    args = p.parse_args()
    args.archive, args.weights = (str(pathlib.Path(f).resolve()) for f in (args.archive, args.weights))
    if args.run_peer:
        print(keras_epoch(args.archive, args.weights, args.images))
        return
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "transfer.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./transfer"], cwd=ROOT, check=True)
        rounds, loads = [], []
        for _ in range(args.rounds):
            one = ours(binary, args)
            loads.append(os.getloadavg()[0])
            rounds.append((*one, *keras(args)))
            loads.append(os.getloadavg()[0])
            write(args, rounds, loads)


main()
