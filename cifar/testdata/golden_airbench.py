"""Golden figures of airbench94's network and training, made by PyTorch on a CPU in float32.

    python golden_airbench.py

writes airbench.json. The network and its training are told again from airbench94_muon.py of
github.com/KellerJordan/cifar10-airbench (MIT), for narrow groups; all weights but the whitening's kernel follow from a
formula. Pictures come as they are: mirrored and moved ones are pictures, too. Muon's iteration is in float32, where
rounding does not hide differences.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "layers" / "testdata"))
from golden_torch import flat, orthogonal, values

WIDTHS, PICTURES, STEPS = (16, 32, 32), 6, 3


class Net:
    """Weights are in Keras' layout, by our names."""

    def __init__(self, images):
        self.weights, channels = {}, 24
        patches = images.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
        eigenvalues, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        half = (vectors / torch.sqrt(eigenvalues + 5e-4)).T.reshape(12, 3, 2, 2)
        self.whitening = torch.cat((half, -half))
        self.add("whitening/bias", (24,), 0.3)
        self.moving = []
        for i, width in enumerate(w for group in WIDTHS for w in (group, group)):
            end = f"_{i}" if i else ""
            self.add(f"conv2d{end}/kernel", (3, 3, channels, width), (3 / (9 * channels)) ** 0.5)
            self.add(f"batch_normalization{end}/beta", (width,), 0.1)
            self.moving.append([torch.zeros(width), torch.ones(width)])
            channels = width
        self.add("head/kernel", (channels, 10), 1.7)

    def add(self, name, shape, scale):
        self.weights[name] = (values(shape, len(self.weights) + 1) * scale).requires_grad_()

    def forward(self, x, training):
        w = self.weights
        x = F.gelu(F.conv2d(x, self.whitening, w["whitening/bias"]))
        for i in range(6):
            end = f"_{i}" if i else ""
            x = F.conv2d(x, w[f"conv2d{end}/kernel"].permute(3, 2, 0, 1), padding="same")
            if i % 2 == 0:
                x = F.max_pool2d(x, 2)
            mean, variance = self.moving[i]
            x = F.batch_norm(x, mean, variance, None, w[f"batch_normalization{end}/beta"], training, 0.4, 1e-12)
            x = F.gelu(x)
        return F.max_pool2d(x, 3).flatten(1) @ w["head/kernel"] / WIDTHS[-1]


class Muon:
    def __init__(self, params):
        self.params, self.velocity = params, [torch.zeros_like(p) for p in params]

    def step(self, rate):
        for p, v in zip(self.params, self.velocity):
            v.mul_(0.6).add_(p.grad)
            u = (p.grad + 0.6 * v).reshape(-1, p.shape[-1]).T  # a row for each filter
            p.data.mul_(p.shape[-1] ** 0.5 / p.data.norm())
            p.data.add_(orthogonal(u, 3, torch.float32).T.reshape(p.shape), alpha=-rate)


def main():
    raw = np.floor((values((PICTURES, 32, 32, 3), 99).numpy() + 1) * 127.9).astype(np.uint8)
    x = raw.astype(np.float32) / 255
    mean, variance = x.astype(np.float64).mean((0, 1, 2)), x.astype(np.float64).var((0, 1, 2))
    images = torch.tensor(((x - mean) / np.sqrt(variance)).astype(np.float32)).permute(0, 3, 1, 2)
    labels = torch.arange(PICTURES) * 7 % 10
    net = Net(images)
    golden = dict(torch=torch.__version__, whitening=flat(net.whitening.permute(2, 3, 1, 0)), logits=flat(net.forward(images, False)))
    of = lambda name: [w for n, w in net.weights.items() if name in n]
    decay = 2e-6 * PICTURES
    groups = [(of("whitening"), 0.053), (of("beta"), 0.053), (of("head"), 0.67)]
    sgd = torch.optim.SGD([dict(params=p, lr=rate, weight_decay=decay / rate) for p, rate in groups], momentum=0.85, nesterov=True)
    muon, losses, weights = Muon(of("conv2d")), [], []
    for step in range(STEPS):
        whiten = step < 1  # of three epochs of one step each
        net.weights["whitening/bias"].requires_grad_(whiten)
        loss = F.cross_entropy(net.forward(images, True), labels, label_smoothing=0.2, reduction="sum")
        loss.backward()
        for group, (_, rate) in zip(sgd.param_groups, groups):
            group["lr"] = rate * (1 - step / STEPS)
        sgd.step()
        muon.step(0.24 * (1 - step / STEPS))
        for w in net.weights.values():
            w.grad = None
        losses.append(loss.item())
        weights.append({n: flat(w)[:100] for n, w in net.weights.items()})
    golden.update(losses=losses, weights=weights, means=[flat(mean) for mean, _ in net.moving])
    pathlib.Path(__file__).with_name("airbench.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
