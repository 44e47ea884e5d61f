#!/usr/bin/env python3
"""Training speed of larger networks, MobileNetV2 and a vision transformer, beside Python peers, on one machine, in turns.

    python .ci/larger_speed.py CIFAR10.tar.gz [--rounds 3] [--images 320] [--models MobileNetV2,ViT] [--programs gocifar,keras-tf,...]
                               [--state rounds.json] [--out transfer/SPEED_LARGER.md]

Run it with the Python that has the peers (PyTorch's MobileNetV2 is torchvision's); those that are not installed are left out.
GOMLX_BACKEND names our plugin. In every round each program trains each network at batch 32 with Adam, all weights, for one
epoch after a first one that is not counted (tracing, compiling). Pictures are CIFAR-10's, each pixel repeated. Ours is
BenchmarkFit of transfer; the vision transformer is that of Keras' example "Image classification with Vision Transformer".
The table has medians over the rounds, and is written after every program, before the first "## " of the file.
"""
import argparse, contextlib, importlib.util, json, os, pathlib, re, subprocess, sys, tempfile, time

from speed import ENVIRONMENT, ROOT, XLA_FLAGS, measured, processor, read_images, replace_head, spread

MODELS = {"MobileNetV2": 96, "ViT": 72}
WIDTH, HEADS, BLOCKS = 64, 4, 8


def enlarged(archive, n, size):
    import numpy as np
    x, y = read_images(archive, n)
    at = np.arange(size) * 32 // size
    return np.ascontiguousarray(x[:, at][:, :, at]), y


def keras_vit(keras):
    from keras import layers as L

    class Positions(keras.layers.Layer):
        def build(self, shape):
            self.rows = self.add_weight(shape=shape[1:], initializer="uniform")

        def call(self, x):
            return x + self.rows

    def mlp(x, rate, *units):
        for n in units:
            x = L.Dropout(rate)(L.Dense(n, activation="gelu")(x))
        return x

    image = keras.Input((72, 72, 3))
    x = Positions()(L.Reshape((144, WIDTH))(L.Conv2D(WIDTH, 6, strides=6)(image)))
    for _ in range(BLOCKS):
        y = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([L.MultiHeadAttention(HEADS, WIDTH, dropout=0.1)(y, y), x])
        x = L.Add()([mlp(L.LayerNormalization(epsilon=1e-6)(x), 0.1, 2 * WIDTH, WIDTH), x])
    x = L.Dropout(0.5)(L.Flatten()(L.LayerNormalization(epsilon=1e-6)(x)))
    return keras.Model(image, L.Dense(10, activation="softmax", dtype="float32")(mlp(x, 0.5, 2048, 1024)))


def keras_peer(backend, policy):
    def run(model, x, y):
        os.environ["KERAS_BACKEND"] = backend
        import keras
        keras.mixed_precision.set_global_policy(policy)
        net = keras.applications.MobileNetV2(weights=None, classes=10, input_shape=(96, 96, 3)) if model == "MobileNetV2" else keras_vit(keras)
        net.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return *measured(lambda: net.fit(x, y, batch_size=32, epochs=1, verbose=0), len(x)), net.count_params()
    return run


def torch_vit(nn, torch):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            inner = HEADS * WIDTH
            self.first, self.second = nn.LayerNorm(WIDTH, 1e-6), nn.LayerNorm(WIDTH, 1e-6)
            self.inward, self.outward = nn.Linear(WIDTH, 3 * inner), nn.Linear(inner, WIDTH)
            self.mlp = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Dropout(0.1))

        def forward(self, x):
            n, length, _ = x.shape
            q, k, v = self.inward(self.first(x)).view(n, length, 3, HEADS, WIDTH).permute(2, 0, 3, 1, 4)
            y = nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.1 if self.training else 0.0)
            x = x + self.outward(y.transpose(1, 2).reshape(n, length, -1))
            return x + self.mlp(self.second(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.rows = nn.Conv2d(3, WIDTH, 6, stride=6), nn.Parameter(torch.empty(144, WIDTH).uniform_(-0.05, 0.05))
            self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
            self.head = nn.Sequential(nn.LayerNorm(WIDTH, 1e-6), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144 * WIDTH, 2048), nn.GELU(), nn.Dropout(0.5),
                                      nn.Linear(2048, 1024), nn.GELU(), nn.Dropout(0.5), nn.Linear(1024, 10))

        def forward(self, x):
            return self.head(self.blocks(self.patches(x).flatten(2).transpose(1, 2) + self.rows))

    return Net()


def torch_peer(compiled, bfloat16):
    def run(model, x, y):
        import torch
        from torch import nn
        if model == "MobileNetV2":
            from torchvision.models import mobilenet_v2
            net = mobilenet_v2(num_classes=10)
        else:
            net = torch_vit(nn, torch)
        last = dict(memory_format=torch.channels_last)
        net = net.to(**last)
        precision = (lambda: torch.autocast("cpu", torch.bfloat16)) if bfloat16 else contextlib.nullcontext
        images, labels = torch.tensor(x).permute(0, 3, 1, 2).contiguous(**last), torch.tensor(y)
        optimizer, loss = torch.optim.Adam(net.parameters(), 0.001), nn.CrossEntropyLoss()
        forward = torch.compile(net) if compiled else net

        def epoch():
            order = torch.randperm(len(images))
            for i in range(0, len(images), 32):
                rows = order[i:i + 32]
                optimizer.zero_grad()
                with precision():
                    outputs = forward(images[rows])
                loss(outputs.float(), labels[rows]).backward()
                optimizer.step()
        return *measured(epoch, len(x)), sum(p.numel() for p in net.parameters())
    return run


PEERS = {  # title, modules, run
    "keras-tf": ("Keras on TensorFlow", ["tensorflow"], keras_peer("tensorflow", "float32")),
    "keras-jax": ("Keras on JAX", ["jax"], keras_peer("jax", "float32")),
    "torch": ("PyTorch eager", ["torch", "torchvision"], torch_peer(False, False)),
    "torch-compiled": ("PyTorch compiled", ["torch", "torchvision"], torch_peer(True, False)),
    "torch-bfloat16": ("PyTorch eager, bfloat16", ["torch", "torchvision"], torch_peer(False, True)),
}
OURS = {"gocifar": ("gocifar", "float32"), "gocifar-bfloat16": ("gocifar, mixed_bfloat16", "mixed_bfloat16")}
TITLES = {**{k: v[0] for k, v in OURS.items()}, **{k: v[0] for k, v in PEERS.items()}}


def ours(binary, args, model, policy):
    env = dict(os.environ, **ENVIRONMENT, XLA_FLAGS=XLA_FLAGS, CIFAR10_DIR=args.archive, TRANSFER_BENCH_IMAGES=str(args.images), TRANSFER_BENCH_DTYPE=policy)
    out = subprocess.run([binary, "-test.run=^$", f"-test.bench=^BenchmarkFit$/^{model}$", "-test.benchtime=1x", "-test.timeout=1h"], cwd=ROOT / "transfer",
                         env=env, check=True, capture_output=True, text=True).stdout
    value = lambda unit: float(re.search(r"([\d.e+]+) " + re.escape(unit), out)[1])
    return value("img/s"), value("cpu-ms/step"), None, value("params")


def peer(name, model, args):
    command = [sys.executable, __file__, args.archive, "--images", str(args.images), "--run-peer", name, "--models", model]
    out = subprocess.run(command, env=dict(os.environ, **ENVIRONMENT), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if out.returncode:
        raise RuntimeError(f"{TITLES[name]} ended with {out.returncode}:\n{out.stderr[-4000:]}")
    return json.loads(out.stdout.splitlines()[-1])


def write(args, state):
    counts = {len(v) for v in state["results"].values()}
    lines = ["# Training larger networks, beside peers", "",
             f"Command: `python .ci/larger_speed.py cifar-10-binary.tar.gz --rounds {max(counts)} --images {args.images}`. "
             f"Environment: {' '.join(k + '=' + v for k, v in ENVIRONMENT.items())}; ours also XLA_FLAGS=\"{XLA_FLAGS}\".", "",
             f"Processor: {processor()}. Batch 32, Adam, one epoch of {args.images} pictures after one that is not counted. Medians (least to most) of rounds "
             f"in turns, {time.strftime('%Y-%m-%d')}. Load average {min(state['loads']):.1f} to {max(state['loads']):.1f}.", "",
             "| network | program | parameters | rounds | images a second | ms of processor time a step |", "|---|---|---|---|---|---|"]
    for model in MODELS:
        for name in TITLES:
            rows = state["results"].get(f"{model} {name}")
            if rows:
                lines.append(f"| {model}, {MODELS[model]} x {MODELS[model]} | {TITLES[name]} | {rows[0][3]:,.0f} | {len(rows)} | {spread([r[0] for r in rows], 1)} | "
                             f"{spread([r[1] for r in rows], 0)} |")
    replace_head(pathlib.Path(args.out), "\n".join(lines) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--images", type=int, default=320)
    p.add_argument("--models", default=",".join(MODELS))
    p.add_argument("--programs", default=",".join(TITLES))
    p.add_argument("--state", help="JSON file to which rounds are added")
    p.add_argument("--binary", help="transfer.test, built there if missing")
    p.add_argument("--out", default=str(ROOT / "transfer" / "SPEED_LARGER.md"))
    p.add_argument("--run-peer", help=argparse.SUPPRESS)
    args = p.parse_args()
    args.archive = str(pathlib.Path(args.archive).resolve())
    if args.run_peer:
        print(json.dumps(PEERS[args.run_peer][2](args.models, *enlarged(args.archive, args.images, MODELS[args.models]))))
        return
    programs = [n for n in args.programs.split(",") if n in OURS or all(map(importlib.util.find_spec, PEERS[n][1]))]
    state = json.loads(pathlib.Path(args.state).read_text()) if args.state and os.path.exists(args.state) else {"results": {}, "loads": []}
    with tempfile.TemporaryDirectory() as dir:
        binary = os.path.abspath(args.binary or os.path.join(dir, "transfer.test"))
        if not os.path.exists(binary):
            subprocess.run(["go", "test", "-c", "-o", binary, "./transfer"], cwd=ROOT, check=True)
        turns = [(model, name) for model in args.models.split(",") for name in programs]
        done = lambda turn: len(state["results"].get(" ".join(turn), []))
        while done(turn := min(turns, key=done)) < args.rounds:
            model, name = turn
            row = ours(binary, args, model, OURS[name][1]) if name in OURS else peer(name, model, args)
            state["results"].setdefault(" ".join(turn), []).append(row)
            state["loads"].append(os.getloadavg()[0])
            if args.state:
                pathlib.Path(args.state).write_text(json.dumps(state))
            write(args, state)


if __name__ == "__main__":
    main()
