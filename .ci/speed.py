#!/usr/bin/env python3
"""Training speed of the walkthrough's models, and VGG16's forward pass, beside Python peers, on one machine, in turns.

    python .ci/speed.py CIFAR10.tar.gz [--rounds 5] [--images 960] [--programs gocifar,keras-tf,...] [--state rounds.json] [--out layers/SPEED.md]

Run it with the Python that has the peers; those that are not installed are left out. GOMLX_BACKEND names our plugin. In
every round each program trains models 1, 2 and 3 at batch 32 for one epoch after a first one that is not counted
(tracing, compiling), and then runs VGG16 without its head forward to block3_pool. All programs have the environment
that `go run ./kernel setup` gives a kernel (ENVIRONMENT below); XLA_FLAGS are ours alone, other builds of XLA may end at
them. The table has medians over the rounds: images a second; the processor time of a step, which other work on the machine
disturbs less; and the largest resident memory of the process until the end of Model 1. It is written after every
program, before the first "## " of the file. With --state a later call goes on where an earlier one stopped, until every program has --rounds rounds.
"""
import argparse, json, os, pathlib, platform, re, resource, shutil, statistics, subprocess, sys, tarfile, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ["Model 1", "Model 2", "Model 3", "VGG16 to block3_pool, forward"]
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
XLA_FLAGS = ("--xla_cpu_use_onednn=true --xla_cpu_experimental_onednn_custom_call=true "
             "--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_REDUCE")
VGG_BATCH, VGG_IMAGES = 256, 1024


def read_images(archive, n):
    import numpy as np
    with tarfile.open(archive) as tar:
        name = next(m for m in tar.getnames() if m.endswith("data_batch_1.bin"))
        raw = np.frombuffer(tar.extractfile(name).read(n * 3073), np.uint8).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype("float32") / 255, raw[:, 0].astype("int64")


def peak():
    """The largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def measured(once, n, batch=32):
    """Images a second and processor milliseconds a batch of the second of two runs; peak memory in MB."""
    once()
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu, start = used(), time.time()
    once()
    return n / (time.time() - start), 1000 * (used() - cpu) / ((n + batch - 1) // batch), peak()


def keras_peer(backend, policy):
    def run(x, y):
        os.environ["KERAS_BACKEND"] = backend
        import keras
        from keras import layers as L
        keras.mixed_precision.set_global_policy(policy)
        labels = keras.utils.to_categorical(y, 10)
        for n in (1, 2, 3):
            conv = lambda f: [L.Conv2D(f, 3, padding="same"), L.LeakyReLU(negative_slope=0.1)]
            drop = lambda rate: [L.Dropout(rate)] if n > 1 else []
            head = [L.Flatten(), L.Dense(256), L.LeakyReLU(negative_slope=0.1), *drop(0.5), L.Dense(10, activation="softmax", dtype="float32")]
            if n < 3:
                stack = [*conv(16), *drop(0.2), *conv(32), *drop(0.2), L.MaxPooling2D(2), *head]
            else:
                stack = [*conv(16), *conv(32), L.MaxPooling2D(2), L.Dropout(0.25), *conv(32), *conv(64), L.MaxPooling2D(2), L.Dropout(0.25), *head]
            model = keras.Sequential([keras.Input((32, 32, 3)), *stack])
            model.compile(keras.optimizers.Adamax(0.001 if n == 3 else 0.005), "categorical_crossentropy", metrics=["accuracy"])
            yield measured(lambda: model.fit(x, labels, batch_size=32, epochs=1, verbose=0), len(x))
        vgg = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
        vgg = keras.Model(vgg.input, vgg.get_layer("block3_pool").output)
        images = vgg_images(x)
        yield measured(lambda: vgg.predict(images, batch_size=VGG_BATCH, verbose=0), len(images), VGG_BATCH)
    return run


def vgg_images(x):
    import numpy as np
    return np.resize(x, (VGG_IMAGES, 32, 32, 3))


def torch_peer(compiled, bfloat16):
    def run(x, y):
        import contextlib, torch
        from torch import nn
        last = dict(memory_format=torch.channels_last)
        prepare = torch.compile if compiled else lambda m: m
        precision = (lambda: torch.autocast("cpu", torch.bfloat16)) if bfloat16 else contextlib.nullcontext
        images, y = torch.tensor(x).permute(0, 3, 1, 2).contiguous(**last), torch.tensor(y)
        for n in (1, 2, 3):
            conv = lambda i, o: [nn.Conv2d(i, o, 3, padding=1), nn.LeakyReLU(0.1)]
            drop = lambda rate: [nn.Dropout(rate)] if n > 1 else []
            head = lambda i: [nn.Flatten(), nn.Linear(i, 256), nn.LeakyReLU(0.1), *drop(0.5), nn.Linear(256, 10)]
            if n < 3:
                stack = [*conv(3, 16), *drop(0.2), *conv(16, 32), *drop(0.2), nn.MaxPool2d(2), *head(8192)]
            else:
                stack = [*conv(3, 16), *conv(16, 32), nn.MaxPool2d(2), nn.Dropout(0.25), *conv(32, 32), *conv(32, 64), nn.MaxPool2d(2), nn.Dropout(0.25), *head(4096)]
            model = nn.Sequential(*stack).to(**last)
            optimizer, loss = torch.optim.Adamax(model.parameters(), 0.001 if n == 3 else 0.005), nn.CrossEntropyLoss()
            forward = prepare(model)

            def epoch():
                order = torch.randperm(len(images))
                for i in range(0, len(images), 32):
                    rows = order[i:i + 32]
                    optimizer.zero_grad()
                    with precision():
                        outputs = forward(images[rows])
                    loss(outputs.float(), y[rows]).backward()
                    optimizer.step()
            yield measured(epoch, len(x))
        blocks, channels = [], 3
        for filters, convolutions in ((64, 2), (128, 2), (256, 3)):
            for _ in range(convolutions):
                blocks += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
                channels = filters
            blocks.append(nn.MaxPool2d(2))
        dtype = torch.bfloat16 if bfloat16 else torch.float32
        vgg = prepare(nn.Sequential(*blocks).eval().to(dtype=dtype, **last))
        images = torch.tensor(vgg_images(x)).permute(0, 3, 1, 2).contiguous(**last).to(dtype)

        def predict():
            with torch.inference_mode():
                for i in range(0, len(images), VGG_BATCH):
                    vgg(images[i:i + VGG_BATCH]).float()
        yield measured(predict, len(images), VGG_BATCH)
    return run


PEERS = {  # title, module, run
    "keras-tf": ("Keras on TensorFlow", "tensorflow", keras_peer("tensorflow", "float32")),
    "keras-jax": ("Keras on JAX", "jax", keras_peer("jax", "float32")),
    "torch": ("PyTorch eager, channels last", "torch", torch_peer(False, False)),
    "torch-compiled": ("PyTorch compiled, channels last", "torch", torch_peer(True, False)),
    "keras-tf-bfloat16": ("Keras on TensorFlow, mixed_bfloat16", "tensorflow", keras_peer("tensorflow", "mixed_bfloat16")),
    "torch-bfloat16": ("PyTorch eager, channels last, bfloat16", "torch", torch_peer(False, True)),
    "torch-compiled-bfloat16": ("PyTorch compiled, channels last, bfloat16", "torch", torch_peer(True, True)),
}
OURS = {"gocifar": ("gocifar", "float32"), "gocifar-bfloat16": ("gocifar, mixed_bfloat16", "mixed_bfloat16")}
TITLES = {**{k: v[0] for k, v in OURS.items()}, **{k: v[0] for k, v in PEERS.items()}}


def ours(binaries, archive, n, policy):
    env = dict(os.environ, **ENVIRONMENT, XLA_FLAGS=XLA_FLAGS, CIFAR10_DIR=archive, LAYERS_BENCH_IMAGES=str(n), LAYERS_BENCH_DTYPE=policy,
               TRANSFER_BENCH_IMAGES=str(VGG_IMAGES))
    bench = lambda name, which: subprocess.run([binaries[name], "-test.run=^$", "-test.bench=" + which, "-test.benchtime=1x"], cwd=ROOT / name,
                                               env=env, check=True, capture_output=True, text=True).stdout
    value = lambda line, unit: float(re.search(r"([\d.e+]+) " + re.escape(unit), line)[1])
    rows = [(value(l, "img/s"), value(l, "cpu-ms/step"), value(l, "MB-peak")) for l in bench("layers", "^BenchmarkModel[123]$").splitlines() if "cpu-ms/step" in l]
    which = "float32" if policy == "float32" else "automatic"
    line = next(l for l in bench("transfer", f"^BenchmarkForward$/^{which}$").splitlines() if "img/s" in l)
    return rows + [(value(line, "img/s"), None, None)]


def peer(name, archive, n, dir):
    env, running = dict(os.environ, **ENVIRONMENT), None
    if "compiled" in name:
        # What inductor compiled stays from round to round. A call that was cut off may leave half a library there, which would end every later one.
        cache = pathlib.Path(dir, name + ".inductor")
        running = cache.with_suffix(".running")
        if running.exists():
            shutil.rmtree(cache, ignore_errors=True)
        running.touch()
        env["TORCHINDUCTOR_CACHE_DIR"] = str(cache)
    out = subprocess.run([sys.executable, __file__, archive, "--images", str(n), "--run-peer", name], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if out.returncode:
        raise RuntimeError(f"{TITLES[name]} ended with {out.returncode}:\n{out.stderr[-4000:]}")
    if running:
        running.unlink()
    return json.loads(out.stdout.splitlines()[-1])


def processor():
    """The processor's name and what matters of its abilities."""
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    name = re.search(r"model name\s*: (.*)", info)
    flags = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if f in info]
    return f"{name[1] if name else platform.machine()} ({', '.join(flags)}), {os.cpu_count()} cores"


def spread(values, digits):
    values = [v for v in values if v is not None]
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})" if values else ""


def write(path, state, args):
    results, loads = state["results"], state["loads"]
    counts = {len(v) for v in results.values()}
    lines = ["# Speed beside peers", "",
             f"Command: `python .ci/speed.py cifar-10-binary.tar.gz --rounds {max(counts)} --images {args.images}`. "
             f"Environment: {' '.join(k + '=' + v for k, v in ENVIRONMENT.items())}; ours also XLA_FLAGS=\"{XLA_FLAGS}\". "
             "Our VGG16 figures include the transfer of the pictures to the device and of the results back; bfloat16 is the precision that Features chooses by itself.", "",
             f"Processor: {processor()}. Batch 32, one epoch of {args.images} images after one that is not counted; VGG16 in batches of {VGG_BATCH}. "
             f"Medians (least to most) of rounds in turns, {time.strftime('%Y-%m-%d')}. "
             f"Load average {min(loads):.1f} to {max(loads):.1f}: " + ("the machine was busy with other work, so images a second say little; compare processor times."
                                               if min(loads) > 2 * os.cpu_count() else "compare only figures of one table."), "",
             "| | program | rounds | images a second | ms of processor time a step | peak memory until here, MB |", "|---|---|---|---|---|---|"]
    for i, model in enumerate(MODELS):
        for name in (n for n in TITLES if n in results):
            rows = [r[i] for r in results[name] if len(r) > i]
            if rows:
                lines.append(f"| {model} | {TITLES[name]} | {len(rows)} | {spread([r[0] for r in rows], 0)} | {spread([r[1] for r in rows], 1)} | "
                             f"{spread([r[2] for r in rows], 0) if i == 0 else ''} |")
    replace_head(pathlib.Path(path), "\n".join(lines) + "\n")


def replace_head(path, text):
    """Writes and prints the part of a file before its first "## "; what is behind it was written by hand and stays."""
    _, heading, rest = (path.read_text() if path.exists() else "").partition("\n## ")
    path.write_text(text + heading + rest)
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--images", type=int, default=960)
    p.add_argument("--programs", default=",".join(TITLES))
    p.add_argument("--state", help="JSON file to which rounds are added")
    p.add_argument("--binaries", help="folder whose layers.test and transfer.test are used, built there if missing; PyTorch's compiled code is kept there, too")
    p.add_argument("--out", default=str(ROOT / "layers" / "SPEED.md"))
    p.add_argument("--run-peer", help=argparse.SUPPRESS)
    args = p.parse_args()
    archive = str(pathlib.Path(args.archive).resolve())
    if args.run_peer:
        print(json.dumps(list(PEERS[args.run_peer][2](*read_images(archive, args.images)))))
        return
    import importlib.util
    programs = [n for n in args.programs.split(",") if n in OURS or importlib.util.find_spec(PEERS[n][1])]
    for n in args.programs.split(","):
        if n not in programs:
            print(f"{TITLES[n]} is not installed in {sys.executable}: left out", flush=True)
    state = {"results": {}, "loads": []}
    if args.state and os.path.exists(args.state):
        state = json.loads(pathlib.Path(args.state).read_text())
    with tempfile.TemporaryDirectory() as dir:
        dir = os.path.abspath(args.binaries or dir)
        os.makedirs(dir, exist_ok=True)
        binaries = {name: os.path.join(dir, name + ".test") for name in ("layers", "transfer")}
        for name, binary in binaries.items():
            if os.path.exists(binary):
                continue
            subprocess.run(["go", "test", "-c", "-o", binary, "./" + name], cwd=ROOT, check=True)
        done = lambda n: len(state["results"].get(n, []))
        while done(n := min(programs, key=done)) < args.rounds:  # in turns, also after a call that was cut off
            start = time.time()
            row = ours(binaries, archive, args.images, OURS[n][1]) if n in OURS else peer(n, archive, args.images, dir)
            state["results"].setdefault(n, []).append(row)
            state["loads"].append(os.getloadavg()[0])
            print(f"{TITLES[n]}: {time.time() - start:.0f} s", flush=True)
            if args.state:
                pathlib.Path(args.state).write_text(json.dumps(state))
            write(args.out, state, args)
    if state["results"]:
        write(args.out, state, args)


if __name__ == "__main__":
    main()
