#!/usr/bin/env python3
"""Training speed of Model 1 on a GPU, beside Keras on JAX and PyTorch, in turns on one card.

    GOMLX_BACKEND=xla:/path/to/xla_cuda_plugin.so python .ci/gpu_speed.py CIFAR10.tar.gz [--rounds 5] [--out layers/SPEED_GPU.md]

Run it with the Python that has the peers. All programs start at once, compile, and train some epochs that are not
counted; then each in its turn trains --epochs epochs in one call, --rounds times, while the others wait. A program that
fails is reported and left out. --layers names a compiled test of package layers (go test -c ./layers); without, it is
built. The table has medians, and what the card takes at least: see floor.
"""
import argparse, os, pathlib, statistics, subprocess, sys, tempfile, time
from speed import ROOT, processor, read_images, replace_head

XLA_FLAGS = "--xla_gpu_enable_command_buffer=+CONVOLUTION"  # what `go run ./kernel setup` gives a kernel on a GPU; ours alone
PIXELS, HIDDEN = 32 * 32, 256
WEIGHTS = [27 * 16 + 16, 144 * 32 + 32, PIXELS // 4 * 32 * HIDDEN + HIDDEN, HIDDEN * 10 + 10]
PRODUCTS = [PIXELS * 27 * 16, PIXELS * 144 * 32, PIXELS // 4 * 32 * HIDDEN, HIDDEN * 10]  # of an image's forward pass
OUTPUTS = [PIXELS * 16, PIXELS * 32, PIXELS // 4 * 32, HIDDEN, 10]  # of convolutions, pool and products


def floor(batch, bfloat16, rates):
    """The least milliseconds of a step: its operations at the rate of the card's matrix product, or its bytes at the rate of
    its copy, whichever is more. Bytes: weights and Adamax' two slots read and written, the layers' outputs written in the
    forward pass and read in the backward pass, their gradients written and read, the images read."""
    operations = 2 * batch * (3 * sum(PRODUCTS) - PRODUCTS[0])
    size = 2 if bfloat16 else 4
    moved = 6 * 4 * sum(WEIGHTS) + batch * (4 * size * sum(OUTPUTS) + 3 * PIXELS)
    return 1000 * max(operations / rates["bfloat16" if bfloat16 else "tf32"], moved / rates["copy"])


def card():
    """The GPU's name, and what it does a second: bytes of a copy, operations of a product in TF32 and in bfloat16."""
    import torch
    torch.backends.cuda.matmul.allow_tf32 = True

    def rate(amount, f):
        for _ in range(3):
            f()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(20):
            f()
        end.record()
        end.synchronize()
        return 20 * amount / begin.elapsed_time(end) * 1000
    a, b = torch.empty(1 << 28, device="cuda"), torch.empty(1 << 28, device="cuda")
    rates, n = {"copy": rate(2 * a.nbytes, lambda: b.copy_(a))}, 8192
    for name, dtype in (("tf32", torch.float32), ("bfloat16", torch.bfloat16)):
        x, y = (torch.randn(n, n, device="cuda").to(dtype) for _ in range(2))
        rates[name] = rate(2 * n ** 3, lambda: torch.matmul(x, y))
    return torch.cuda.get_device_name(), rates


def keras_jax(steps_per_execution):
    def prepare(x, y, batch, bfloat16):
        os.environ.update(KERAS_BACKEND="jax", XLA_PYTHON_CLIENT_PREALLOCATE="false")
        import keras
        from keras import layers as L
        keras.mixed_precision.set_global_policy("mixed_bfloat16" if bfloat16 else "float32")
        model = keras.Sequential([keras.Input((32, 32, 3)), L.Conv2D(16, 3, padding="same"), L.LeakyReLU(negative_slope=0.1), L.Conv2D(32, 3, padding="same"),
                                  L.LeakyReLU(negative_slope=0.1), L.MaxPooling2D(2), L.Flatten(), L.Dense(HIDDEN), L.LeakyReLU(negative_slope=0.1),
                                  L.Dense(10, activation="softmax", dtype="float32")])
        model.compile(keras.optimizers.Adamax(0.005), "categorical_crossentropy", metrics=["accuracy"], steps_per_execution=steps_per_execution)
        labels = keras.utils.to_categorical(y, 10)
        return lambda epochs: model.fit(x, labels, batch_size=batch, epochs=epochs, verbose=0)
    return prepare


def torch_compiled(mode):
    """Everything on the card: the images as bytes, an epoch's order, and the scaling within the compiled program. Forward, backward and the
    optimizer are compiled; "reduce-overhead" replays CUDA graphs."""
    def prepare(x, y, batch, bfloat16):
        import contextlib, torch
        from torch import nn
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True  # as XLA does
        torch.backends.cudnn.benchmark = True
        device, last = torch.device("cuda" if torch.cuda.is_available() else "cpu"), dict(memory_format=torch.channels_last)
        images = torch.tensor((x * 255).round().astype("uint8")).to(device).permute(0, 3, 1, 2)
        labels = torch.tensor(y).to(device)
        model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(16, 32, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
                              nn.Flatten(), nn.Linear(PIXELS // 4 * 32, HIDDEN), nn.LeakyReLU(0.1), nn.Linear(HIDDEN, 10)).to(device, **last)
        optimizer = torch.optim.Adamax(model.parameters(), 0.005, foreach=True, capturable=device.type == "cuda")
        loss = nn.CrossEntropyLoss()

        def forward(rows):
            with torch.autocast(device.type, torch.bfloat16) if bfloat16 else contextlib.nullcontext():
                outputs = model(images[rows].float().contiguous(**last) / 255)
            return loss(outputs.float(), labels[rows])
        forward, update = torch.compile(forward, mode=mode), torch.compile(optimizer.step)
        total = torch.zeros((), device=device)

        def fit(epochs):
            for _ in range(epochs):
                total.zero_()
                for rows in torch.randperm(len(images), device=device).split(batch):
                    torch.compiler.cudagraph_mark_step_begin()
                    value = forward(rows)
                    value.backward()
                    total.add_(value.detach())
                    update()
                    optimizer.zero_grad()
                total.item()
        return fit
    return prepare


PEERS = {  # title, prepare
    "keras-jax": ("Keras on JAX", keras_jax(1)),
    "keras-jax-32": ("Keras on JAX, steps_per_execution=32", keras_jax(32)),
    "torch": ("PyTorch compiled, channels last", torch_compiled(None)),
    "torch-graphs": ("PyTorch compiled, channels last, CUDA graphs", torch_compiled("reduce-overhead")),
}
OURS = {"gocifar": ("gocifar", XLA_FLAGS), "gocifar-no-flags": ("gocifar without XLA_FLAGS", "")}
TITLES = {**{k: v[0] for k, v in OURS.items()}, **{k: v[0] for k, v in PEERS.items()}}


class Program:
    """A process that trains an epoch for each line that it reads, after it has written "ready"."""

    def __init__(self, name, batch, bfloat16, args, layers, dir):
        self.key, self.seconds, self.errors = (batch, bfloat16, name), [], tempfile.TemporaryFile("w+", dir=dir)
        env, command = dict(os.environ), [sys.executable, __file__, args.archive, "--images", str(args.images), "--epochs", str(args.epochs),
                                          "--run-peer", f"{name},{batch},{int(bfloat16)}"]
        if name in OURS:
            env.update(XLA_FLAGS=OURS[name][1], CIFAR10_DIR=args.archive, LAYERS_BENCH_IMAGES=str(args.images), LAYERS_BENCH_BATCH=str(batch), LAYERS_BENCH_TURNS=str(args.epochs),
                       LAYERS_BENCH_DTYPE="mixed_bfloat16" if bfloat16 else "float32")
            command = [layers, "-test.run=^$", "-test.bench=^BenchmarkModel1$", "-test.benchtime=1x"]
        elif "torch" in name:
            env["TORCHINDUCTOR_CACHE_DIR"] = os.path.join(dir, "_".join(map(str, self.key)))
        self.process = subprocess.Popen(command, env=env, cwd=ROOT / "layers", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.output, self.started = [], time.time()

    def title(self):
        batch, bfloat16, name = self.key
        return f"{TITLES[name]}{', bfloat16' if bfloat16 else ''}, batch {batch}"

    def wait_for(self, wanted):
        """The first line of output that wanted takes; None if the program ends before."""
        for line in self.process.stdout:
            self.output.append(line)
            if (value := wanted(line.strip())) is not None:
                return value
        self.process.wait()
        self.errors.seek(0)
        print(f"{self.title()} ended with {self.process.returncode}:\n{''.join(self.output[-20:])}{self.errors.read()[-3000:]}", flush=True)

    def ready(self):
        return bool(self.wait_for(lambda line: True if line == "ready" else None))

    def turn(self):
        """Whether the program went through its turn."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended meanwhile, as wait_for finds
        seconds = self.wait_for(number)
        if seconds is not None:
            self.seconds.append(seconds)
        return seconds is not None


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def run_peer(args):
    name, batch, bfloat16 = args.run_peer.split(",")
    import numpy as np
    x, y = read_images(args.archive, min(args.images, 10000))
    rows = np.arange(args.images) % len(x)
    fit = PEERS[name][1](x[rows], y[rows], int(batch), bfloat16 == "1")
    fit(2)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.time()
        fit(args.epochs)
        print((time.time() - start) / args.epochs, flush=True)


def write(args, programs, name, rates):
    lines = ["# Speed on a GPU beside peers", "",
             f"Command: `python .ci/gpu_speed.py cifar-10-binary.tar.gz --rounds {args.rounds} --programs {args.programs}`. Ours with XLA_FLAGS={XLA_FLAGS}.", "",
             f"{name}: copies {rates['copy'] / 1e12:.2f} TB/s (bytes read and written), multiplies matrices at {rates['tf32'] / 1e12:.0f} (TF32) and {rates['bfloat16'] / 1e12:.0f} "
             f"(bfloat16) TFLOP/s. Processor: {processor()}. Model 1, {args.images:,} images, {args.epochs} epochs in a call, {args.rounds} calls in turns, {time.strftime('%Y-%m-%d')}. "
             "Medians (least to most).", "",
             "| batch | program | epochs a second | ms a step | of it the card needs at least |", "|---|---|---|---|---|"]
    for p in sorted((p for p in programs if p.seconds), key=lambda p: (p.key[0], statistics.median(p.seconds))):
        batch, bfloat16, _ = p.key
        steps, seconds = -(-args.images // batch), statistics.median(p.seconds)
        step = 1000 * seconds / steps
        lines.append(f"| {batch} | {p.title().rpartition(', batch')[0]} | {1 / seconds:.2f} ({1 / max(p.seconds):.2f} to {1 / min(p.seconds):.2f}) | {step:.3f} | "
                     f"{100 * floor(batch, bfloat16, rates) / step:.0f} % |")
    replace_head(pathlib.Path(args.out), "\n".join(lines) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--images", type=int, default=45000)
    p.add_argument("--batches", default="32,512")
    p.add_argument("--programs", default=",".join(n for n in TITLES if n != "gocifar-no-flags"))
    p.add_argument("--layers", help="the compiled test of package layers; built if not named")
    p.add_argument("--out", default=str(ROOT / "layers" / "SPEED_GPU.md"))
    p.add_argument("--run-peer", help=argparse.SUPPRESS)
    args = p.parse_args()
    if unknown := set(args.programs.split(",")) - set(TITLES):
        p.error(f"no such programs: {', '.join(sorted(unknown))}; there are {', '.join(TITLES)}")
    args.archive = str(pathlib.Path(args.archive).resolve())
    if args.run_peer:
        return run_peer(args)
    with tempfile.TemporaryDirectory() as dir:
        layers = args.layers and str(pathlib.Path(args.layers).resolve())
        if not layers:
            layers = os.path.join(dir, "layers.test")
            subprocess.run(["go", "test", "-c", "-o", layers, "./layers"], cwd=ROOT, check=True)
        programs = [Program(name, int(batch), bfloat16, args, layers, dir)
                    for batch in args.batches.split(",") for bfloat16 in (False, True) for name in args.programs.split(",")]
        try:
            ready = []
            for program in programs:
                if program.ready():
                    print(f"{program.title()}: ready after {time.time() - program.started:.0f} s", flush=True)
                    ready.append(program)
            name, rates = card()
            for _ in range(args.rounds):
                ready = [program for program in ready if program.turn()]
                write(args, ready, name, rates)
        finally:
            for program in programs:
                program.process.kill()


if __name__ == "__main__":
    main()
