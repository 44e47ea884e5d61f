#!/usr/bin/env python3
"""Training speed of the walkthrough's models beside Python peers, on one machine, in turns.

    python .ci/speed.py CIFAR10.tar.gz [--rounds 5] [--images 3200] [--peers keras-tf,torch] [--out layers/SPEED.md]

Run it with the Python that has the peers (Keras on TensorFlow; PyTorch if there). GOMLX_BACKEND names our plugin. In
every round each program trains models 1, 2 and 3 at batch 32 for one epoch after a first one that is not counted
(tracing, compiling). The table has medians over the rounds: images a second, and the processor time of a step, which
other work on the machine disturbs less. It is written after every round.
"""
import argparse, json, os, pathlib, platform, re, resource, statistics, subprocess, sys, tarfile, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["Model 1", "Model 2", "Model 3"]


def read_images(archive, n):
    import numpy as np
    with tarfile.open(archive) as tar:
        name = next(m for m in tar.getnames() if m.endswith("data_batch_1.bin"))
        raw = np.frombuffer(tar.extractfile(name).read(n * 3073), np.uint8).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype("float32") / 255, raw[:, 0].astype("int64")


def measured(train_epoch, n):
    """Images a second and processor milliseconds a step of the second of two epochs."""
    train_epoch()
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu, start = used(), time.time()
    train_epoch()
    return n / (time.time() - start), 1000 * (used() - cpu) / ((n + 31) // 32)


def keras_tf(x, y):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    from keras import layers as L
    y = keras.utils.to_categorical(y, 10)
    for n in (1, 2, 3):
        conv = lambda f: [L.Conv2D(f, 3, padding="same"), L.LeakyReLU(negative_slope=0.1)]
        drop = lambda rate: [L.Dropout(rate)] if n > 1 else []
        head = [L.Flatten(), L.Dense(256), L.LeakyReLU(negative_slope=0.1), *drop(0.5), L.Dense(10, activation="softmax")]
        if n < 3:
            stack = [*conv(16), *drop(0.2), *conv(32), *drop(0.2), L.MaxPooling2D(2), *head]
        else:
            stack = [*conv(16), *conv(32), L.MaxPooling2D(2), L.Dropout(0.25), *conv(32), *conv(64), L.MaxPooling2D(2), L.Dropout(0.25), *head]
        model = keras.Sequential([keras.Input((32, 32, 3)), *stack])
        model.compile(keras.optimizers.Adamax(0.001 if n == 3 else 0.005), "categorical_crossentropy", metrics=["accuracy"])
        yield measured(lambda: model.fit(x, y, batch_size=32, epochs=1, verbose=0), len(x))


def torch_eager(x, y):
    import torch
    from torch import nn
    x, y = torch.tensor(x).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last), torch.tensor(y)
    for n in (1, 2, 3):
        conv = lambda i, o: [nn.Conv2d(i, o, 3, padding=1), nn.LeakyReLU(0.1)]
        drop = lambda rate: [nn.Dropout(rate)] if n > 1 else []
        head = lambda i: [nn.Flatten(), nn.Linear(i, 256), nn.LeakyReLU(0.1), *drop(0.5), nn.Linear(256, 10)]
        if n < 3:
            stack = [*conv(3, 16), *drop(0.2), *conv(16, 32), *drop(0.2), nn.MaxPool2d(2), *head(8192)]
        else:
            stack = [*conv(3, 16), *conv(16, 32), nn.MaxPool2d(2), nn.Dropout(0.25), *conv(32, 32), *conv(32, 64), nn.MaxPool2d(2), nn.Dropout(0.25), *head(4096)]
        model = nn.Sequential(*stack).to(memory_format=torch.channels_last)
        optimizer, loss = torch.optim.Adamax(model.parameters(), 0.001 if n == 3 else 0.005), nn.CrossEntropyLoss()

        def epoch():
            order = torch.randperm(len(x))
            for i in range(0, len(x), 32):
                rows = order[i:i + 32]
                optimizer.zero_grad()
                loss(model(x[rows]), y[rows]).backward()
                optimizer.step()
        yield measured(epoch, len(x))


PEERS = {"keras-tf": ("Keras on TensorFlow", "tensorflow", keras_tf), "torch": ("PyTorch eager, channels last", "torch", torch_eager)}


def ours(binary, archive, n):
    env = dict(os.environ, CIFAR10_DIR=archive, LAYERS_BENCH_IMAGES=str(n))
    out = subprocess.run([binary, "-test.run=^$", "-test.bench=^BenchmarkModel[123]$", "-test.benchtime=1x"], cwd=ROOT / "layers",
                         env=env, check=True, capture_output=True, text=True).stdout
    found = {m[1]: (float(m[3]), float(m[2])) for m in re.finditer(r"BenchmarkModel(\d)\S*\s.*?([\d.]+) cpu-ms/step\s+([\d.]+) img/s", out)}
    return [found[k] for k in "123"]


def peer(name, archive, n):
    out = subprocess.run([sys.executable, __file__, archive, "--images", str(n), "--run-peer", name], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(out.splitlines()[-1])


def processor():
    """The processor's name and what matters of its abilities."""
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    name = re.search(r"model name\s*: (.*)", info)
    flags = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if f in info]
    return f"{name[1] if name else platform.machine()} ({', '.join(flags)}), {os.cpu_count()} cores"


def write(path, results, rounds, args, loads):
    names = list(results)
    lines = ["# Training speed beside peers", "",
             f"Processor: {processor()}. Batch 32, float32, one epoch of {args.images} images after one that is not counted; "
             f"medians of {rounds} rounds in turns, {time.strftime('%Y-%m-%d')}. Load average {min(loads):.1f} to {max(loads):.1f} "
             f"on {os.cpu_count()} cores: " + ("the machine was busy with other work, so images a second say little; compare processor times."
                                               if min(loads) > 2 * os.cpu_count() else "compare only figures of one table."), "",
             f"Command: `python .ci/speed.py cifar-10-binary.tar.gz --rounds {args.rounds} --images {args.images}`", "",
             "| | " + " | ".join(f"{n}: img/s (least to most) | ms of processor time a step (least to most)" for n in names) + " |",
             "|---|" + "---|" * (2 * len(names))]
    for i, model in enumerate(MODELS):
        cells = []
        for n in names:
            for k in (0, 1):
                values = [r[i][k] for r in results[n]]
                digits = 0 if k == 0 else 1
                cells.append(f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})")
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n"
    pathlib.Path(path).write_text(text)
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--images", type=int, default=3200)
    p.add_argument("--peers", default=",".join(PEERS))
    p.add_argument("--out", default=str(ROOT / "layers" / "SPEED.md"))
    p.add_argument("--run-peer", help=argparse.SUPPRESS)
    args = p.parse_args()
    archive = str(pathlib.Path(args.archive).resolve())
    if args.run_peer:
        print(json.dumps(list(PEERS[args.run_peer][2](*read_images(archive, args.images)))))
        return
    import importlib.util
    peers = [n for n in args.peers.split(",") if importlib.util.find_spec(PEERS[n][1])]
    for n in args.peers.split(","):
        if n not in peers:
            print(f"{PEERS[n][0]} is not installed in {sys.executable}: left out", flush=True)
    with tempfile.TemporaryDirectory() as dir:
        binary = os.path.join(dir, "layers.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./layers"], cwd=ROOT, check=True)
        results = {"gocifar": [], **{PEERS[n][0]: [] for n in peers}}
        loads = []
        for r in range(args.rounds):
            results["gocifar"].append(ours(binary, archive, args.images))
            loads.append(os.getloadavg()[0])
            for n in peers:
                results[PEERS[n][0]].append(peer(n, archive, args.images))
                loads.append(os.getloadavg()[0])
            write(args.out, results, r + 1, args, loads)


main()
