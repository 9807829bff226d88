"""Layers whose tensors have our paths as names, made where they are first met. Shared by the scripts beside it.

A tensor's values are a pure function of a seed and its name: `Stream` of `src/random.rs`, repeated here in whole numbers,
so that both sides make the same values and no file has to hold them.
"""
import json
import math
import struct

import numpy as np
import torch
from torch.nn import functional as F

torch.set_num_threads(1)
STEP, WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def bits(seed, purpose, count):
    """`Stream::new(seed, purpose).at(0..count)`."""
    key = mix(seed ^ STEP)
    for byte in purpose.encode():
        key = (mix(key ^ byte) + STEP) & WORD
    z = np.uint64(key) + np.arange(count, dtype=np.uint64) * np.uint64(STEP)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed, purpose, shape):
    """-1 to 1, rounded to f32 as the other side has it."""
    unit = (bits(seed, purpose, math.prod(shape)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return torch.from_numpy((unit * 2.0 - 1.0).astype(np.float32)).view(*shape)


def four(shape):
    """The shape as the other side has it."""
    return [1, *shape, 1, 1] if len(shape) == 1 else [*shape, *[1] * (4 - len(shape))]


def tag(name, shape):
    """Tells a tensor's row from another's; exact in f32."""
    return int(bits(0, f"{name} {four(shape)}", 1)[0] >> np.uint64(40))


PRODUCTS = 8


def products(name, tensor):
    """With vectors of random signs: the mean square of the differences of two tensors' products is an unbiased estimate
    of the squared norm of their difference, also where only one element differs."""
    values = tensor.detach().double().flatten().numpy()
    signs = bits(0, name, values.size)
    return [values @ (((signs >> np.uint64(63 - j)) & np.uint64(1)).astype(np.float64) * 2.0 - 1.0) for j in range(PRODUCTS)]


def difference(products, reference):
    """Estimate of the norm of the difference."""
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(products, reference)) / PRODUCTS)


def row(name, tensor, zero=False):
    """What stands for a tensor: a number made of its name and shape, its norm, its products; of one that is 0 but for
    rounding nothing."""
    head = tag(name, tensor.shape)
    if zero:
        return [head] + [0.0] * (1 + PRODUCTS)
    return [head, tensor.detach().double().norm().item(), *products(name, tensor)]


def table(tensors):
    """Rows by name. In f64 it shows that a bias before a norm has no gradient but for rounding, beside its kernel's."""

    def nothing(name, t):
        beside = tensors.get(name[: -len("bias")] + "weight") if name.startswith("gradient/") and name.endswith("bias") else None
        return beside is not None and t.dtype == torch.float64 and t.norm() < 1e-9 * beside.norm()

    return {name: row(name, t, nothing(name, t)) for name, t in tensors.items()}


def distance(rows, reference):
    """Largest relative error, estimated as the other side does, of what is not nothing."""
    return max((difference(rows[name][2:], row[2:]) / row[1] for name, row in reference.items() if row[1]), default=0.0)


def save(path, tables):
    """Safetensors, one table for each name."""
    header, data = {}, b""
    for name, table in tables.items():
        packed = struct.pack(f"<{len(table) * len(table[0])}f", *(v for row in table for v in row))
        shape = [len(table), len(table[0])]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + data)


def load(path):
    """The tensors of a safetensors file of f32."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)

    def tensor(entry):
        start, end = (8 + length + at for at in entry["data_offsets"])
        return torch.from_numpy(np.frombuffer(data[start:end], "<f4").copy()).view(entry["shape"])

    return {name: tensor(entry) for name, entry in header.items()}


class Net:
    """Parameters and buffers of a network by name."""

    def __init__(self, node, seed, dtype=torch.float64):
        self.node, self.seed, self.dtype = node, seed, dtype
        self.training = True
        # Whether running statistics and singular vectors move.
        self.moves = True
        self.parameters, self.buffers = {}, {}
        # Least distance of a value from a kink (of relu, of a maximum), over the root mean square of such values: far
        # above f32's error, so that no other order of sums falls on the other side.
        self.margin = math.inf

    def tensor(self, name, shape, kind):
        name = f"{self.node}/{name}"
        for store in (self.parameters, self.buffers):
            if name in store:
                assert store[name].shape == tuple(shape), name
                return store[name]
        r = uniform(self.seed, name, shape)
        if kind == "kernel":
            r = r * np.float32(2.4 / math.sqrt(math.prod(shape[1:])))
        elif kind in ("unit", "variance"):
            r = np.float32(1.0) + np.float32(0.5) * r
        elif kind in ("shift", "mean"):
            r = np.float32(0.2) * r
        elif kind == "direction":
            r = (r.double() / r.double().norm()).float()
        learnt = kind in ("kernel", "unit", "shift")
        store = self.parameters if learnt else self.buffers
        store[name] = r.to(self.dtype).requires_grad_(learnt)
        return store[name]

    # ---- convolutions ----

    def kernel(self, path, shape, axis=0, spectral=False):
        w = self.tensor(f"{path}/weight", shape, "kernel")
        if not spectral:
            return w
        # As torch.nn.utils.spectral_norm: one power iteration for each pass in training, the vectors constant.
        u = self.tensor(f"{path}/left-singular", (shape[axis],), "direction")
        matrix = w.transpose(0, axis).reshape(shape[axis], -1)
        with torch.no_grad():
            v = F.normalize(matrix.t() @ u, dim=0)
            if self.training:
                moved = F.normalize(matrix @ v, dim=0)
                if self.moves:
                    u.copy_(moved)
                u = moved.clone()
        return w / torch.dot(u, matrix @ v)

    def conv(self, path, x, width, kernel=3, stride=1, padding=None, border="zero", bias=True, spectral=False, dilation=1):
        w = self.kernel(path, (width, x.shape[1], kernel, kernel), 0, spectral)
        b = self.tensor(f"{path}/bias", (width,), "shift") if bias else None
        padding = (kernel - 1) * dilation // 2 if padding is None else padding
        if border == "reflect":
            x, padding = F.pad(x, [padding] * 4, mode="reflect"), 0
        return F.conv2d(x, w, b, stride, padding, dilation)

    def conv_transpose(self, path, x, width, kernel=4, bias=True, spectral=False):
        """Doubles the size."""
        w = self.kernel(path, (x.shape[1], width, kernel, kernel), 1, spectral)
        b = self.tensor(f"{path}/bias", (width,), "shift") if bias else None
        return F.conv_transpose2d(x, w, b, 2, 1, output_padding=kernel % 2)

    def linear(self, path, x, width, bias=True):
        """Of vectors N x C."""
        w = self.tensor(f"{path}/weight", (width, x.shape[1]), "kernel")
        return F.linear(x, w, self.tensor(f"{path}/bias", (width,), "shift") if bias else None)

    # ---- norms ----

    def batch(self, path, x, epsilon=1e-5):
        c = (x.shape[1],)
        weight, bias = self.tensor(f"{path}/weight", c, "unit"), self.tensor(f"{path}/bias", c, "shift")
        mean, variance = self.tensor(f"{path}/running-mean", c, "mean"), self.tensor(f"{path}/running-variance", c, "variance")
        if self.training and not self.moves:
            mean = variance = None
        return F.batch_norm(x, mean, variance, weight, bias, self.training, 0.1, epsilon)

    def norm(self, kind, path, x):
        if kind == "batch":
            return self.batch(path, x)
        return F.instance_norm(x) if kind == "instance" else x

    # ---- activations ----

    def kink(self, x):
        x = x.detach()
        self.margin = min(self.margin, (x.abs().min() / x.square().mean().sqrt()).item())

    def relu(self, x):
        self.kink(x)
        return F.relu(x)

    def leaky(self, x):
        self.kink(x)
        return F.leaky_relu(x, 0.2)

    def prelu(self, path, x):
        self.kink(x)
        return F.prelu(x, self.tensor(f"{path}/slope", (x.shape[1],), "shift"))

    def max_pool_ceil(self, x, kernel):
        """Stride 2; windows that only begin inside count too."""
        padded = F.pad(x.detach(), [0, kernel, 0, kernel], value=-1e3).flatten(0, 1).unsqueeze(1)
        first, second = F.unfold(padded, kernel, stride=2).topk(2, 1)[0].unbind(1)
        gap = (first - second)[first > -1e3].min() / x.detach().square().mean().sqrt()
        self.margin = min(self.margin, gap.item())
        return F.max_pool2d(x, kernel, 2, ceil_mode=True)

    def max_pool(self, x):
        """3x3, stride 2, of what a relu gave."""
        first, second = F.unfold(F.pad(x.detach(), [1] * 4).flatten(0, 1).unsqueeze(1), 3, stride=2).topk(2, 1)[0].unbind(1)
        if (first > 0).any():
            gap = (first - second)[first > 0].min() / first.square().mean().sqrt()
            self.margin = min(self.margin, gap.item())
        return F.max_pool2d(x, 3, 2, 1)

    def act(self, kind, x):
        if kind == "relu":
            return self.relu(x)
        if kind == "leaky-relu":
            return self.leaky(x)
        return {"none": lambda v: v, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[kind](x)

    def conv_norm_act(self, path, x, width, norm="batch", act="relu", bias=None, **how):
        """`block/conv-norm-act`; its bias is off before a norm that has one."""
        bias = norm != "batch" if bias is None else bias
        x = self.conv(f"{path}/conv", x, width, bias=bias, **how)
        return self.act(act, self.norm(norm, f"{path}/norm", x))
