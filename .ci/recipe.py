#!/usr/bin/env python3
"""airbench94 with Muon in PyTorch and ours, in turns on the same bytes: accuracy with one view and with six, and time.

    python .ci/recipe.py CIFAR10.tar.gz [--seeds 5] [--examples N] [--epochs 8] [--batch 2000]
                         [--programs gocifar,gocifar-bfloat16,torch,...] [--state runs.json] [--out cifar/RECIPE.md]

Run it with the Python that has PyTorch. GOMLX_BACKEND names our plugin. The peer is the recipe of airbench94_muon.py of
github.com/KellerJordan/cifar10-airbench (MIT), told again for a processor: channels last, eager or compiled, in float32 or
with autocast to bfloat16. Ours is cifar/cmd/airbench. In every round each program trains with the round's seed. Seconds of an
epoch are those of its steps, without testing; of the first, which compiles, they are not counted. The table is written
after every program, before the first "## " of the file; with --state a later call goes on where an earlier one stopped.
"""
import argparse, contextlib, json, os, pathlib, resource, statistics, subprocess, sys, tarfile, tempfile, time

from speed import ENVIRONMENT, ROOT, XLA_FLAGS, processor, replace_head, spread

OURS = {"gocifar": ("gocifar", "float32"), "gocifar-bfloat16": ("gocifar, mixed_bfloat16", "mixed_bfloat16")}
PEERS = {  # title, compiled, bfloat16
    "torch": ("PyTorch eager", False, False),
    "torch-compiled": ("PyTorch compiled", True, False),
    "torch-bfloat16": ("PyTorch eager, bfloat16", False, True),
    "torch-compiled-bfloat16": ("PyTorch compiled, bfloat16", True, True),
}
TITLES = {**{k: v[0] for k, v in OURS.items()}, **{k: v[0] for k, v in PEERS.items()}}
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def read(archive, files):
    """Pictures, uint8 NCHW, and labels of batches."""
    import numpy as np
    with tarfile.open(archive) as tar:
        names = [m for m in tar.getnames() if m.endswith(".bin")]
        raw = [np.frombuffer(tar.extractfile(next(n for n in names if n.endswith(f))).read(), np.uint8) for f in files]
    raw = np.concatenate(raw).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32).copy(), raw[:, 0].astype("int64")


def network(nn, torch):
    """The network, and how it starts."""
    class Norm(nn.BatchNorm2d):
        def __init__(self, channels):
            super().__init__(channels, eps=1e-12, momentum=0.4)
            self.weight.requires_grad = False

    def group(inputs, outputs):
        conv = lambda i: nn.Conv2d(i, outputs, 3, padding="same", bias=False)
        layers = nn.Sequential(conv(inputs), nn.MaxPool2d(2), Norm(outputs), nn.GELU(), conv(outputs), Norm(outputs), nn.GELU())
        for layer in (layers[0], layers[4]):
            nn.init.dirac_(layer.weight.data[:layer.in_channels])
        return layers

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.whiten = nn.Conv2d(3, 24, 2)
            self.whiten.weight.requires_grad = False
            self.groups = nn.Sequential(nn.GELU(), group(24, 64), group(64, 256), group(256, 256), nn.MaxPool2d(3), nn.Flatten())
            self.head = nn.Linear(256, 10, bias=False)
            self.head.weight.data /= self.head.weight.data.std()

        def forward(self, x, train_bias=True):
            bias = self.whiten.bias if train_bias else self.whiten.bias.detach()
            return self.head(self.groups(torch.nn.functional.conv2d(x, self.whiten.weight, bias))) / 256

    return Net()


def whiten(torch, net, images):
    patches = images.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    half = (vectors / torch.sqrt(values + 5e-4)).T.reshape(12, 3, 2, 2)
    net.whiten.weight.data[:] = torch.cat((half, -half))


def orthogonal(torch, g):
    x = g.bfloat16()
    x = x / (x.norm() + 1e-7)
    if g.size(0) > g.size(1):
        x = x.T
    for _ in range(3):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if g.size(0) > g.size(1) else x


class Muon:
    def __init__(self, torch, params, prepare):
        self.params, self.velocity = params, [torch.zeros_like(p) for p in params]
        self.orthogonal = prepare(lambda g: orthogonal(torch, g))

    def step(self, rate):
        for p, v in zip(self.params, self.velocity):
            v.mul_(0.6).add_(p.grad)
            u = p.grad + 0.6 * v
            p.data.mul_(len(p) ** 0.5 / p.data.norm())
            p.data.add_(self.orthogonal(u.reshape(len(u), -1)).view(u.shape).to(p.dtype), alpha=-rate)


def epoch_of(torch, padded, epoch):
    """The padded, pre-flipped pictures of an epoch, moved and, every other time, all flipped."""
    n = len(padded)
    shifts = torch.randint(0, 5, (n, 2))
    out = torch.empty((n, 3, 32, 32)).contiguous(memory_format=torch.channels_last)
    for top in range(5):
        for left in range(5):
            chosen = (shifts[:, 0] == top) & (shifts[:, 1] == left)
            out[chosen] = padded[chosen, :, top:top + 32, left:left + 32]
    return out.flip(-1) if epoch % 2 else out


def views(net, x, pad):
    both = lambda x: (net(x) + net(x.flip(-1))) / 2
    wide = pad(x, (1,) * 4, "reflect")
    return net(x), both(x) / 2 + (both(wide[:, :, :32, :32]) + both(wide[:, :, 2:, 2:])) / 4


def run_peer(archive, compiled, bfloat16, args):
    import torch
    from torch import nn
    F = nn.functional
    torch.manual_seed(args.seed)
    prepare = torch.compile if compiled else lambda f: f
    precision = (lambda: torch.autocast("cpu", torch.bfloat16)) if bfloat16 else contextlib.nullcontext
    normal = lambda x: (torch.tensor(x).float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    x, y = read(archive, [f"data_batch_{i}.bin" for i in range(1, 6)])
    x, y = normal(x[:args.examples or None]), torch.tensor(y[:args.examples or None])
    test, answers = read(archive, ["test_batch.bin"])
    test, answers = normal(test[:args.tests or None]), torch.tensor(answers[:args.tests or None])
    net = network(nn, torch)
    whiten(torch, net, x[:5000])
    net = net.to(memory_format=torch.channels_last)
    forward = prepare(net)
    per_epoch = len(x) // args.batch
    total, early, decay = args.epochs * per_epoch, (3 * args.epochs + 4) // 8 * per_epoch, 2e-6 * args.batch
    named = [(n, p) for n, p in net.named_parameters() if p.requires_grad]
    groups = [([net.whiten.bias], 0.053), ([p for n, p in named if "groups" in n and p.ndim == 1], 0.053), ([net.head.weight], 0.67)]
    sgd = torch.optim.SGD([dict(params=p, lr=r, weight_decay=decay / r) for p, r in groups], momentum=0.85, nesterov=True)
    muon = Muon(torch, [p for n, p in named if p.ndim == 4], prepare)
    mirrored = torch.rand(len(x)) < 0.5
    x[mirrored] = x[mirrored].flip(-1)
    padded, step = F.pad(x, (2,) * 4, "reflect"), 0
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    seconds, processor_seconds = [], []
    for epoch in range(args.epochs):
        start, before, right = time.time(), used(), 0
        images, order = epoch_of(torch, padded, epoch), torch.randperm(len(x))
        net.train()
        for i in range(per_epoch):
            rows = order[i * args.batch:(i + 1) * args.batch]
            with precision():
                outputs = forward(images[rows], step < early)
            F.cross_entropy(outputs.float(), y[rows], label_smoothing=0.2, reduction="sum").backward()
            right += (outputs.argmax(1) == y[rows]).sum().item()
            for group, (_, rate), steps in zip(sgd.param_groups, groups, (early, total, total)):
                group["lr"] = rate * (1 - step / steps)
            sgd.step()
            muon.step(0.24 * (1 - step / total))
            for p in net.parameters():
                p.grad = None
            step += 1
        seconds.append(time.time() - start)
        processor_seconds.append(used() - before)
        print(f"epoch {epoch + 1}: {seconds[-1]:.0f} s, {processor_seconds[-1]:.0f} s of processor time, "
              f"{right / (per_epoch * args.batch):.4f} right", file=sys.stderr, flush=True)
    net.eval()
    with torch.no_grad(), precision():
        one, six = (torch.cat(part) for part in zip(*(views(net, part, F.pad) for part in test.split(2000))))
    score = lambda outputs: (outputs.argmax(1) == answers).float().mean().item()
    return dict(accuracy=score(one), six_views=score(six), epoch_seconds=seconds, epoch_processor_seconds=processor_seconds)


def run(name, archive, args, seed, binary):
    env = dict(os.environ, **ENVIRONMENT)
    size = [f"--{k}={v}" for k, v in (("examples", args.examples), ("tests", args.tests), ("epochs", args.epochs), ("batch", args.batch))]
    if name in OURS:
        env["XLA_FLAGS"] = XLA_FLAGS
        command = [binary, "-data", archive, "-dtype", OURS[name][1], "-seed", str(seed), *size]
    else:
        command = [sys.executable, __file__, archive, "--run-peer", name, "--seed", str(seed), *size]
    out = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]), seed=seed, processor=processor())


def write(path, state, args):
    counts = sorted({len(v) for v in state.values()})
    lines = ["# The recipe beside its peer", "",
             f"Command: `python .ci/recipe.py cifar-10-binary.tar.gz --seeds {counts[-1]} --examples {args.examples} --epochs {args.epochs} --batch {args.batch}`. "
             f"Environment: {' '.join(k + '=' + v for k, v in ENVIRONMENT.items())}; ours also XLA_FLAGS=\"{XLA_FLAGS}\".", "",
             f"{args.examples or '50,000'} pictures; means of accuracy, medians (least to most) of seconds, {time.strftime('%Y-%m-%d')}. "
             f"Load average now {os.getloadavg()[0]:.1f}.", "",
             "| program | processor | seeds | one view | six views | seconds an epoch | seconds of processor time an epoch |", "|---|---|---|---|---|---|---|"]
    machines = {(n, r["processor"]): [q for q in state[n] if q["processor"] == r["processor"]] for n in TITLES for r in state.get(n, [])}
    for (name, machine), rows in machines.items():
        later = lambda key: [s for r in rows for s in (r[key][1:] or r[key])]
        known = lambda key: [r[key] for r in rows if key in r]
        mean = lambda key: f"{statistics.mean(known(key)):.4f}" + (f" ({len(known(key))} of them)" if len(known(key)) < len(rows) else "")
        lines.append(f"| {TITLES[name]} | {machine} | {', '.join(str(r['seed']) for r in rows)} | {mean('accuracy')} | {mean('six_views')} | {spread(later('epoch_seconds'), 1)} | "
                     f"{spread(later('epoch_processor_seconds'), 1)} |")
    replace_head(pathlib.Path(path), "\n".join(lines) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--seeds", type=int, default=5)
    for name, default in (("examples", 0), ("tests", 0), ("epochs", 8), ("batch", 2000), ("seed", 1)):
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("--programs", default=",".join(TITLES))
    p.add_argument("--state", help="JSON file to which runs are added")
    p.add_argument("--binary", help="our command, built where it is missing")
    p.add_argument("--out", default=str(ROOT / "cifar" / "RECIPE.md"))
    p.add_argument("--run-peer", help=argparse.SUPPRESS)
    args = p.parse_args()
    archive = str(pathlib.Path(args.archive).resolve())
    if args.run_peer:
        print(json.dumps(run_peer(archive, *PEERS[args.run_peer][1:], args)))
        return
    state = json.loads(pathlib.Path(args.state).read_text()) if args.state and os.path.exists(args.state) else {}
    with tempfile.TemporaryDirectory() as dir:
        binary = os.path.abspath(args.binary or os.path.join(dir, "airbench"))
        if not os.path.exists(binary):
            subprocess.run(["go", "build", "-o", binary, "./cifar/cmd/airbench"], cwd=ROOT, check=True)
        programs = args.programs.split(",")
        done = lambda n: len(state.get(n, []))
        while done(n := min(programs, key=done)) < args.seeds:
            state.setdefault(n, []).append(run(n, archive, args, args.seed + done(n), binary))
            if args.state:
                pathlib.Path(args.state).write_text(json.dumps(state))
            write(args.out, state, args)


if __name__ == "__main__":
    main()
