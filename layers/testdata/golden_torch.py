"""Golden figures of what PyTorch has and Keras has not, made by PyTorch on a CPU.

    python golden_torch.py

writes torch.json: steps of torch.optim.SGD; steps of Muon for filters, told again from airbench94_muon.py of
github.com/KellerJordan/cifar10-airbench (MIT); torch.nn.init.dirac_ on the first filters of kernels; images padded by
"reflect" and cut; filters that whiten patches; a smoothed, summed crossentropy. Kernels and images are in Keras' layout.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F


def formula(n, salt):
    """make_golden_training.py's."""
    x = np.arange(n, dtype=np.uint64) + np.uint64(salt * 1000003)
    x = (x * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(13)
    return (x.astype(np.float64) / 2**31 - 1).astype(np.float32)


def values(shape, salt):
    return torch.tensor(formula(int(np.prod(shape)), salt).reshape(shape))


def flat(x):
    return [float(f"{v:.9g}") for v in np.asarray(x.detach().float().numpy()).ravel()]


def sgd():
    for momentum, nesterov, decay in [(0, False, 0), (0.85, True, 0), (0.85, True, 0.3), (0.9, False, 0.1), (0, False, 0.2)]:
        w = values((12,), 1).clone().requires_grad_()
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum, nesterov=nesterov, weight_decay=decay)
        steps = []
        for step in range(4):
            optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 4)
            w.grad = values((12,), 10 + step)
            optimizer.step()
            steps.append(flat(w))
        yield dict(momentum=momentum, nesterov=nesterov, decay=decay, steps=steps)


def orthogonal(g, steps, dtype):
    x = g.to(dtype)
    x = x / (x.norm() + 1e-7)
    if g.size(0) > g.size(1):
        x = x.T
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if g.size(0) > g.size(1) else x


def muon():
    for shape in [(3, 3, 4, 16), (1, 1, 6, 24), (3, 3, 16, 16), (5, 7)]:
        for dtype, steps, nesterov in [(torch.float32, 3, True), (torch.float32, 5, False), (torch.bfloat16, 3, True)]:
            turned = lambda x: x.movedim(-1, 0)  # filters first
            w = turned(values(shape, 1)).clone()
            velocity = torch.zeros_like(w)
            for step in range(3):
                g = turned(values(shape, 10 + step))
                velocity.mul_(0.6).add_(g)
                u = g + 0.6 * velocity if nesterov else velocity
                w.mul_(len(w) ** 0.5 / w.norm())
                update = orthogonal(u.reshape(len(u), -1), steps, dtype).reshape(u.shape)
                w.add_(update.float(), alpha=-0.24 * (1 - step / 3))
            yield dict(shape=shape, bfloat16=dtype == torch.bfloat16, ns_steps=steps, nesterov=nesterov, values=flat(w.movedim(0, -1)))


def dirac():
    for size, inputs, filters in [((3, 3), 3, 5), ((3, 3), 4, 4), ((3, 3), 5, 2), ((2, 2), 2, 3), ((5,), 2, 3), ((3, 2, 3), 2, 3)]:
        w = values((*size, inputs, filters), 3)
        w = w.movedim(-1, 0).movedim(-1, 1).contiguous()
        torch.nn.init.dirac_(w[:inputs])
        yield dict(shape=[*size, inputs, filters], values=flat(w.movedim(1, -1).movedim(0, -1)))


def shifts():
    images = values((4, 6, 5, 2), 5)
    padded = F.pad(images.permute(0, 3, 1, 2), (2,) * 4, "reflect")
    top, left = [0, 1, 4, 3], [4, 2, 0, 1]
    cut = torch.stack([padded[i, :, t:t + 6, l:l + 5] for i, (t, l) in enumerate(zip(top, left))])
    return dict(top=top, left=left, values=flat(cut.permute(0, 2, 3, 1)))


def whitening():
    images = values((20, 7, 6, 3), 6)
    x = images.permute(0, 3, 1, 2)
    patches = x.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
    eigenvalues, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / torch.sqrt(eigenvalues + 5e-4)).T.reshape(12, 3, 2, 2)
    return [flat(f.permute(1, 2, 0)) for f in filters]


def views():
    """Six views of images, classified by a linear layer."""
    images, kernel = values((3, 5, 5, 2), 7).permute(0, 3, 1, 2), values((50, 4), 8)
    net = lambda x: x.permute(0, 2, 3, 1).reshape(3, 50) @ kernel
    both = lambda x: 0.5 * net(x) + 0.5 * net(x.flip(-1))
    padded = F.pad(images, (1,) * 4, "reflect")
    moved = (both(padded[:, :, :5, :5]) + both(padded[:, :, 2:, 2:])) / 2
    return flat(0.5 * both(images) + 0.5 * moved)


def smoothed():
    logits = values((4, 5), 9).clone().requires_grad_()
    loss = F.cross_entropy(logits, torch.tensor([3, 0, 4, 3]), label_smoothing=0.2, reduction="sum")
    loss.backward()
    return dict(loss=loss.item(), gradient=flat(logits.grad))


if __name__ == "__main__":
    golden = dict(torch=torch.__version__, sgd=list(sgd()), muon=list(muon()), dirac=list(dirac()), shifts=shifts(),
                  whitening=whitening(), views=views(), smoothed=smoothed())
    pathlib.Path(__file__).with_name("torch.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
