"""Three steps of the paper's systems by PyTorch 2.15: `python3 tests/parity/gan_systems.py` (from the repository's root).

The systems are `experiments/uv-completion/{uv-gan,attention-res-cunet-gan}.toml`, narrow, on maps of 64 pixels and
batches of two: generator, global and local discriminator, L1, the identity loss on a frozen embedding, eq. 12's shares.
A step is first the discriminators', then the generator's; a network moves its running statistics only in the update that
learns it, and runs on the batch's statistics if some update of the stage learns it, on the running ones if none does.

Writes `golden/gan_systems.safetensors`: for each system and optimizer one row for each tensor (a number made of its name
and shape, the norm after the steps, the norm of what the steps moved it by, the products of that with random signs), and
one for each step (seed, the two updates' losses). Read by `src/run/system_parity.rs`, which makes the same weights and
batches.
"""
import sys

import torch
from torch.nn import functional as F

import models as m
from layers import Net, difference, products, save, tag, uniform

BATCH, SIDE, STEPS = 2, 64, 3
REGIONS = {"global-discriminator": (0.0, 0.0, 1.0, 1.0), "local-discriminator": (0.25, 0.25, 0.5, 0.5)}


def uv_gan(net, x):
    return [m.uv_gan(net, x, 4, [6, 8, 8, 8], 8, [8, 8, 8, 6, 4])["completed"]]


def coupled(net, x):
    outputs = m.coupled_unet(net, x, [8, 7, 6, 5])
    return [outputs["completed"], outputs["intermediate"]]


# generator, shares of its maps, a seed whose steps stay away from kinks (PyTorch's f32 agrees with its f64)
SYSTEMS = {"uv-gan": (uv_gan, [1.0], 0), "attention-res-cunet-gan": (coupled, [1.0, 0.3], 1)}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.0005),
    "adam": lambda p: torch.optim.Adam(p, lr=0.001, betas=(0.5, 0.999), eps=1e-3),
}


class System:
    def __init__(self, name, optimizer, dtype):
        self.run, self.shares, self.seed = SYSTEMS[name]
        self.dtype = dtype
        self.generator = Net("generator", self.seed, dtype)
        self.judges = {name: Net(name, self.seed, dtype) for name in REGIONS}
        self.embedding = Net("embedding", self.seed, dtype)
        self.embedding.training = False
        # Makes every tensor, moves nothing.
        self.moves(None)
        with torch.no_grad():
            self.run(self.generator, self.batch(0)[0])
            [self.judge(name, self.batch(0)[1]) for name in self.judges]
        self.optimizers = [OPTIMIZERS[optimizer](list(n.parameters.values())) for n in (self.generator, *self.judges.values())]
        self.start = {name: t.detach().clone() for name, t in self.tensors()}

    def batch(self, number):
        ports = ("incomplete", "complete")
        return [uniform(self.seed, f"{port}/{number}", (BATCH, 3, SIDE, SIDE)).to(self.dtype) for port in ports]

    def tensors(self):
        for net in (self.generator, *self.judges.values()):
            yield from net.parameters.items()
            yield from net.buffers.items()

    def moves(self, player):
        self.generator.moves = player == "generator"
        for judge in self.judges.values():
            judge.moves = player == "discriminators"

    def judge(self, name, image):
        return m.patchgan(self.judges[name], "judge", m.cropped(image, REGIONS[name]), 4, [6, 8, 8])

    def code(self, image):
        return m.small_resnet(self.embedding, image, 2)

    def step(self, number):
        incomplete, complete = self.batch(number)
        self.moves(None)
        with torch.no_grad():
            fakes = self.run(self.generator, incomplete)

        self.moves("discriminators")
        total = 0.0
        for name in self.judges:
            real = F.softplus(-self.judge(name, complete)).mean()
            for share, fake in zip(self.shares, fakes):
                total = total + share * (real + F.softplus(self.judge(name, fake)).mean())
        self.learn(total, self.optimizers[1:])
        shown = total.item()

        self.moves("generator")
        maps = self.run(self.generator, incomplete)
        self.moves(None)
        total = 0.0
        for share, y in zip(self.shares, maps):
            reconstruction = (y - complete).abs().mean()
            adversarial = sum(0.5 * F.softplus(-self.judge(name, y)).mean() for name in self.judges)
            identity = (self.code(y) - self.code(complete)).square().sum(1).mean()
            total = total + share * (reconstruction + adversarial + 0.01 * identity)
        self.learn(total, self.optimizers[:1])
        return self.seed, shown, total.item()

    def learn(self, loss, optimizers):
        for net in (self.generator, *self.judges.values(), self.embedding):
            for t in net.parameters.values():
                t.grad = None
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()


def rows(name, optimizer, dtype):
    system = System(name, optimizer, dtype)
    losses = [system.step(number) for number in range(STEPS)]
    found = {}
    for path, t in system.tensors():
        moved = t.detach().double() - system.start[path].double()
        found[path] = [tag(path, t.shape), t.detach().double().norm().item(), moved.norm().item(), *products(path, moved)]
    return losses, found


golden = {}
for name in SYSTEMS:
    for optimizer in OPTIMIZERS:
        losses, found = rows(name, optimizer, torch.float64)
        golden[f"{name}-{optimizer}"] = [found[path] for path in sorted(found)]
        golden[f"{name}-{optimizer}-losses"] = losses
        again = rows(name, optimizer, torch.float32)[1]
        errors = {path: difference(again[path][3:], row[3:]) for path, row in found.items()}
        of_norm = max(error / found[path][1] for path, error in errors.items())
        moved = sorted((error / row[2], row[2] / row[1], path) for (path, row), error in zip(found.items(), errors.values()) if row[2] > 1e-6 * row[1])
        print(f"{name} {optimizer}: {len(found)} tensors, f32 is off by {of_norm:.1e} of a tensor", losses, file=sys.stderr)
        print("  of the movement at most", moved[-4:], "least movement", min(v[1] for v in moved), file=sys.stderr)
save("tests/parity/golden/gan_systems.safetensors", golden)
