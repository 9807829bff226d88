"""Whole steps and generators in PyTorch: the networks of tests/parity/models.py, the steps of tests/parity/gan_systems.py,
at the size of the experiments' files, with what makes them fast: the generator runs once a step, nothing is
differentiated that nobody learns, activations work in place where autograd lets them.
"""

import torch
from torch.nn import functional as F

import models as m
from layers import Net, load as read

CENTRE = (0.25, 0.25, 0.5, 0.5)
WHOLE = (0.0, 0.0, 1.0, 1.0)


class Given(Net):
    """Tensors by name from the driver's file, no search for kinks."""

    def __init__(self, node, tensors, layout, dropouts=()):
        super().__init__(node, 0, torch.float32)
        self.given, self.layout = tensors, layout
        self.dropouts = {f"decoder[{i}]/norm": share for i, share in enumerate(dropouts) if share}

    def tensor(self, name, shape, kind):
        name = f"{self.node}/{name}"
        learnt = kind in ("kernel", "unit", "shift")
        store = self.parameters if learnt else self.buffers
        if name not in store:
            t = self.given[name]
            assert t.numel() == torch.Size(shape).numel(), f"{name}: {t.shape} for {shape}"
            t = t.reshape(tuple(shape)).clone()
            t = t.contiguous(memory_format=self.layout) if t.dim() == 4 else t
            store[name] = t.requires_grad_(learnt)
        return store[name]

    def batch(self, path, x, epsilon=1e-5):
        y = super().batch(path, x, epsilon)
        share = self.dropouts.get(path, 0.0)
        return F.dropout(y, share) if self.training and share else y

    def kink(self, x):
        pass

    def relu(self, x):
        return F.relu(x, inplace=x.dim() == 4)

    def max_pool(self, x):
        return F.max_pool2d(x, 3, 2, 1)

    def act(self, kind, x):
        return F.leaky_relu(x, 0.2, inplace=True) if kind == "leaky-relu" else super().act(kind, x)

    def learn(self, flag):
        for t in self.parameters.values():
            t.requires_grad_(flag)


def unet(mirror):
    def run(net, x):
        widths = [512, 512, 512, 512, 256, 128, 64]
        return [m.uv_gan(net, x, 64, [128, 256, 512, 512, 512, 512], 512, widths, mirror=mirror)["completed"]]

    return run


def coupled(net, x):
    outputs = m.coupled_unet(net, x, [256, 128, 64, 32], 50, 64)
    return [outputs["completed"], outputs["intermediate"]]


DROPOUTS = [0.5, 0.5, 0.5]


class System:
    """A generator and its judges; a step is first the judges', then the generator's."""

    def __init__(self, case, layout, compiled):
        tensors = read(case["tensors"])
        lay = lambda t: t.contiguous(memory_format=layout)
        self.incomplete, self.complete = (lay(tensors[f"batch/{port}"]) for port in ("incomplete", "complete"))
        make = lambda node, dropouts=(): Given(node, tensors, layout, dropouts)
        self.generator = make("generator", self.dropouts if case["dropout"] else ())
        self.judges = {name: make(name) for name in self.regions}
        self.inference = case["inference"]
        self.losses = []
        self.begin(make)
        self.make_tensors()
        if compiled:
            self.run_generator = torch.compile(self.run_generator)
            self.judge = torch.compile(self.judge)
        if self.inference:
            self.generator.training = False
            return
        adam = lambda nets: torch.optim.Adam(
            [p for net in nets for p in net.parameters.values()], lr=self.rate, betas=(0.5, 0.999), fused=True
        )
        self.optimizers = {"judges": adam(self.judges.values()), "generator": adam([self.generator])}

    def begin(self, make):
        """What a system has besides."""

    def make_tensors(self):
        """A pass at the smallest size that leaves running statistics alone."""
        nets = [self.generator, *self.judges.values()]
        for net in nets:
            net.training = False
        small = torch.zeros(1, 3, 256, 256)
        with torch.no_grad():
            self.run_generator(self.generator, small)
            for name in self.judges:
                self.judge(name, small, small)
        for net in nets:
            net.training = True
            net.given = None

    def learnt(self):
        if self.inference:
            return 0
        nets = [self.generator, *self.judges.values()]
        return sum(p.numel() for net in nets for p in net.parameters.values())

    def moves(self, *players):
        self.generator.moves = "generator" in players
        for judge in self.judges.values():
            judge.moves = "judges" in players

    def judge(self, name, image, _):
        region = self.regions[name]
        seen = image if region == WHOLE else m.cropped(image, region)
        return m.patchgan(self.judges[name], "judge", seen, 64, [128, 256, 512])

    def update(self, player, loss):
        self.optimizers[player].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[player].step()

    def prepare(self):
        return None

    def run(self, _):
        if self.inference:
            with torch.inference_mode():
                self.run_generator(self.generator, self.incomplete)
            return
        self.moves("generator")
        maps = self.run_generator(self.generator, self.incomplete)
        self.moves("judges")
        for judge in self.judges.values():
            judge.learn(True)
        shown = self.judged([y.detach() for y in maps])
        self.update("judges", shown)
        self.moves()
        for judge in self.judges.values():
            judge.learn(False)
        total = self.generated(maps)
        self.update("generator", total)
        self.losses = [shown.item(), total.item()]

    def check(self):
        if self.inference:
            with torch.inference_mode():
                return [self.run_generator(self.generator, self.incomplete)[0].clone()]
        self.run(None)
        return []


class Pix2pix(System):
    """experiments/pix2pix.toml."""

    run_generator = staticmethod(unet(mirror=False))
    dropouts, regions, rate = DROPOUTS, {"discriminator": WHOLE}, 2e-4

    def judge(self, name, image, condition):
        return m.patchgan(self.judges[name], "", image, 64, [128, 256, 512], condition=condition)

    def judged(self, fakes):
        real = F.softplus(-self.judge("discriminator", self.complete, self.incomplete)).mean()
        fake = F.softplus(self.judge("discriminator", fakes[0], self.incomplete)).mean()
        return 0.5 * (real + fake)

    def generated(self, maps):
        fooled = F.softplus(-self.judge("discriminator", maps[0], self.incomplete)).mean()
        return fooled + 100.0 * F.l1_loss(maps[0], self.complete)


class UvGan(System):
    """experiments/uv-completion/uv-gan.toml, its stage of completion."""

    run_generator = staticmethod(unet(mirror=True))
    dropouts, rate, shares = DROPOUTS, 1e-4, [1.0]
    regions = {"global-discriminator": WHOLE, "local-discriminator": CENTRE}

    def begin(self, make):
        self.embedding = make("embedding")
        self.embedding.training = False
        with torch.no_grad():
            self.code(self.complete)
        self.embedding.learn(False)

    def code(self, image):
        return F.normalize(m.small_resnet(self.embedding, image, 32))

    def judged(self, fakes):
        total = 0.0
        for name in self.judges:
            real = F.softplus(-self.judge(name, self.complete, None)).mean()
            for share, fake in zip(self.shares, fakes):
                total = total + share * (real + F.softplus(self.judge(name, fake, None)).mean())
        return total

    def generated(self, maps):
        total = 0.0
        with torch.no_grad():
            code = self.code(self.complete)
        for share, y in zip(self.shares, maps):
            adversarial = sum(0.5 * F.softplus(-self.judge(name, y, None)).mean() for name in self.judges)
            identity = (self.code(y) - code).square().sum(1).mean()
            total = total + share * (F.l1_loss(y, self.complete) + adversarial + 0.01 * identity)
        return total


class AttentionResCunetGan(UvGan):
    """experiments/uv-completion/attention-res-cunet-gan.toml: eq. 12's share of the first U-Net's map."""

    run_generator = staticmethod(coupled)
    dropouts, shares = (), [1.0, 0.3]


SYSTEMS = {"pix2pix": Pix2pix, "uv-gan": UvGan, "attention-res-cunet-gan": AttentionResCunetGan}


def load(case, layout, compiled):
    return SYSTEMS[case["system"]](case, layout, compiled)
