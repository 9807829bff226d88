"""Values and gradients of the operations, from PyTorch (torch 2.15, in f64), for src/tensor/ops/tests/parity.rs.

    python3 tests/parity/elementwise.py        writes tests/parity/golden/elementwise.safetensors

Inputs and the output's gradient are waves that Rust repeats, so only results are stored: `<case>/y` and `<case>/<i>`
for the gradient of input i.
"""

import json
import math
import pathlib
import struct

import torch
import torch.nn.functional as F

RESULTS = {}


def wave(shape, phase, gain=1.0, shift=0.0):
    count = math.prod(shape)
    values = [round(math.sin(phase + 0.7 * i) * 1024) / 1024 * gain + shift for i in range(count)]
    return torch.tensor(values, dtype=torch.float32).double().reshape(shape)


def case(name, function, *inputs, constants=()):
    """Inputs in `constants` get no gradient."""
    for i, value in enumerate(inputs):
        value.requires_grad_(i not in constants)
    y = function(*inputs)
    y.backward(wave(y.shape, 9.0))
    RESULTS[f"{name}/y"] = y
    for i, value in enumerate(inputs):
        if i not in constants:
            RESULTS[f"{name}/{i}"] = value.grad


def inp(*shape, n=0, gain=1.0, shift=0.0):
    return wave(shape, 0.5 + n, gain, shift)


def x(gain=1.0):
    return inp(3, 5, 4, 7, gain=gain)


def channel(n, shift=0.0):
    return inp(1, 5, 1, 1, n=n, shift=shift)


def activations():
    wide = lambda: inp(3, 5, 2, 3, gain=4.0)
    case("relu", F.relu, wide())
    case("leaky", lambda v: F.leaky_relu(v, 0.2), wide())
    case("elu", lambda v: F.elu(v, 0.75), wide())
    case("hard-swish", F.hardswish, wide())
    case("silu", F.silu, wide())
    case("sigmoid", torch.sigmoid, wide())
    case("tanh", torch.tanh, wide())
    case("softplus", F.softplus, wide())
    case("prelu", lambda v, s: F.prelu(v, s.flatten()), wide(), channel(1, 0.5))


def norms():
    def train(v, w, b):
        mean, var = torch.zeros(5).double(), torch.ones(5).double()
        y = F.batch_norm(v, mean, var, w.flatten(), b.flatten(), True, 1.0, 1e-5)
        RESULTS["batch-train/mean"], RESULTS["batch-train/variance"] = mean, var
        return y

    case("batch-train", train, x(), channel(1, 1.0), channel(2))
    case("batch-one", lambda v: F.batch_norm(v, None, None, None, None, True, 0.0, 1e-3), inp(1, 1, 3, 2))
    case(
        "batch-eval",
        lambda v, m, s, w, b: F.batch_norm(v, m.flatten(), s.flatten(), w.flatten(), b.flatten(), False, 0.0, 1e-5),
        x(), channel(1), channel(2, 1.5), channel(3, 1.0), channel(4),
        constants=(1, 2),
    )
    case("instance", lambda v: F.instance_norm(v, eps=1e-5), x())
    case("instance-affine", lambda v, w, b: F.instance_norm(v, weight=w.flatten(), bias=b.flatten(), eps=1e-5),
         x(), channel(1, 1.0), channel(2))
    case("layer", lambda v, w, b: F.layer_norm(v, v.shape[1:], eps=1e-5) * w + b, x(), channel(1, 1.0), channel(2))


def sizes():
    small = lambda: inp(2, 3, 5, 7)
    case("nearest-up", lambda v: F.interpolate(v, (10, 14), mode="nearest"), small())
    case("nearest-odd", lambda v: F.interpolate(v, (8, 3), mode="nearest"), small())
    for name, align in (("bilinear", False), ("bilinear-corners", True)):
        for size in ((10, 14), (3, 4), (8, 7)):
            resize = lambda v: F.interpolate(v, size, mode="bilinear", align_corners=align)
            case(f"{name}-{size[0]}-{size[1]}", resize, small())
    for padding in ("zeros", "border"):
        for name, align in (("grid", False), ("grid-corners", True)):
            read = lambda v, g: F.grid_sample(v, g, padding_mode=padding, align_corners=align)
            case(f"{name}-{padding}", read, small(), inp(2, 4, 5, 2, n=1, gain=1.375))
    case("max-3-2-1", lambda v: F.max_pool2d(v, 3, 2, 1), small())
    case("max-2-2-0", lambda v: F.max_pool2d(v, 2, 2, 0), small())
    case("average-3-2-1", lambda v: F.avg_pool2d(v, 3, 2, 1), small())
    case("average-2-2-0", lambda v: F.avg_pool2d(v, 2, 2, 0), small())
    case("global-average", lambda v: v.mean((2, 3), keepdim=True), small())
    case("global-max", lambda v: F.adaptive_max_pool2d(v, 1), small())  # amax would share among equal elements
    case("pad-zero", lambda v: F.pad(v, (2, 1, 0, 3)), small())
    case("pad-reflect", lambda v: F.pad(v, (2, 1, 0, 3), mode="reflect"), small())
    case("pad-replicate", lambda v: F.pad(v, (2, 1, 0, 3), mode="replicate"), small())
    case("crop", lambda v: v[:, :, 1:4, 2:6], small())
    case("flip", lambda v: v.flip(3), small())
    case("slice-channels", lambda v: v[:, 1:3], small())
    case("slice-batch", lambda v: v[1:2], small())
    case("concat-channels", lambda a, b: torch.cat((a, b, a), 1), small(), inp(2, 2, 5, 7, n=1))
    case("concat-batch", lambda a, b: torch.cat((a, b, a), 0), small(), inp(1, 3, 5, 7, n=1))


def arithmetic():
    shapes = {
        "same": ((2, 3, 4, 5), (2, 3, 4, 5)),
        "gate": ((2, 3, 4, 5), (2, 3, 1, 1)),
        "mask": ((2, 3, 4, 5), (2, 1, 4, 5)),
        "channel": ((1, 3, 1, 1), (2, 3, 4, 5)),
        "scalar": ((2, 3, 4, 5), (1, 1, 1, 1)),
        "outer": ((2, 1, 4, 1), (1, 3, 1, 5)),
    }
    functions = {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "squared": lambda a, b: (a - b) ** 2,
        "absolute": lambda a, b: (a - b).abs(),
    }
    for shape, (a, b) in shapes.items():
        for name, function in functions.items():
            case(f"{name}-{shape}", function, inp(*a), inp(*b, n=1))
    case("affine", lambda v: 1.5 * v - 0.25, inp(2, 3, 4, 5))
    case("square", lambda v: v * v, inp(2, 3, 4, 5))
    case("abs", torch.abs, inp(2, 3, 4, 5))
    case("sqrt", lambda v: (v + 1e-3).sqrt(), inp(2, 3, 4, 5, shift=1.5))


def masked(v, m):
    m = m.expand_as(v)
    return (v * m).sum((1, 2, 3), keepdim=True) / m.sum((1, 2, 3), keepdim=True)


def reductions():
    v = lambda: inp(2, 3, 4, 5)
    mask = lambda channels: inp(2, channels, 4, 5, n=1, gain=0.5, shift=0.5)
    case("mean-all", lambda v: v.mean().reshape(1, 1, 1, 1), v())
    case("sum-all", lambda v: v.sum().reshape(1, 1, 1, 1), v())
    case("mean-samples", lambda v: v.mean((1, 2, 3), keepdim=True), v())
    case("mean-channels", lambda v: v.mean(1, keepdim=True), v())
    case("max-channels", lambda v: v.amax(1, keepdim=True), v())
    case("masked-one", masked, v(), mask(1))
    case("masked-all", masked, v(), mask(3))
    case("top", lambda v: v.flatten().topk(36).values.mean().reshape(1, 1, 1, 1), v())
    shares = lambda w: F.relu(w) / (F.relu(w).sum() + 1e-2)
    for name, share in (("fast", shares), ("softmax", lambda w: w.softmax(1))):
        fuse = lambda a, b, c, w: sum(m * s for m, s in zip((a, b, c), share(w).flatten()))
        case(f"fusion-{name}", fuse, v(), inp(2, 3, 4, 5, n=1), inp(2, 3, 4, 5, n=2), inp(1, 3, 1, 1, n=3, shift=0.25))
    case("normalise", lambda v: F.normalize(v, dim=1, eps=1e-6), v())
    case("normalise-vector", lambda v: F.normalize(v, dim=1, eps=1e-6), inp(3, 7, 1, 1))


def window_means(v, weights):
    kernel = (weights[:, None] * weights[None, :])[None, None].repeat(v.shape[1], 1, 1, 1)
    return F.conv2d(v, kernel, groups=v.shape[1])


def ssim(a, b, weights, covariance):
    mean = lambda v: window_means(v, weights)
    c1, c2 = (0.01 * 2.0) ** 2, (0.03 * 2.0) ** 2
    ma, mb = mean(a), mean(b)
    va, vb = covariance * (mean(a * a) - ma * ma), covariance * (mean(b * b) - mb * mb)
    vab = covariance * (mean(a * b) - ma * mb)
    return (2 * ma * mb + c1) * (2 * vab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))


def variation(v, m):
    along_x, along_y = m[..., 1:] * m[..., :-1], m[:, :, 1:] * m[:, :, :-1]
    total = lambda t: t.sum((1, 2, 3), keepdim=True)
    x2, y2 = (v[..., 1:] - v[..., :-1]) ** 2, (v[:, :, 1:] - v[:, :, :-1]) ** 2
    return total(x2 * along_x) / total(along_x.expand_as(x2)) + total(y2 * along_y) / total(along_y.expand_as(y2))


def losses():
    p = inp(2, 3, 4, 5, gain=0.49, shift=0.5)
    t = inp(2, 3, 4, 5, n=1, gain=0.5, shift=0.5)
    case("bce", lambda p, t: F.binary_cross_entropy(p, t, reduction="none"), p, t)
    edge = torch.tensor([0.0, 1.0, 0.0, 1.0]).double().reshape(1, 1, 2, 2)
    hard = torch.tensor([0.0, 0.0, 1.0, 1.0]).double().reshape(1, 1, 2, 2)
    RESULTS["bce-edge/y"] = F.binary_cross_entropy(edge, hard, reduction="none")
    labels = torch.tensor([2, 0, 6])
    case("cross-entropy", lambda v: F.cross_entropy(v[:, :, 0, 0], labels, reduction="none").reshape(3, 1, 1, 1),
         inp(3, 7, 1, 1, gain=4.0))

    def arc(v):
        one = F.one_hot(labels, 7).bool().reshape(3, 7, 1, 1)
        return 64.0 * torch.where(one, torch.cos(torch.arccos(v) + 0.5), v)

    case("arc", arc, inp(3, 7, 1, 1, gain=0.9))
    one_of = lambda v, moved: 64.0 * torch.where(F.one_hot(labels, 7).bool().reshape(3, 7, 1, 1), moved, v)

    def monotonic(v):
        # TreB1eN's InsightFace_Pytorch, `Arcface.forward`: c - m sin(m) where c <= cos(pi - m).
        moved = torch.cos(torch.arccos(v) + 0.5)
        return one_of(v, torch.where(v <= math.cos(math.pi - 0.5), v - 0.5 * math.sin(0.5), moved))

    def sphere(v):
        # SphereFace's psi for m = 4, with lambda = 5.
        angle = torch.arccos(v)
        k = (4 * angle / math.pi).floor().detach()
        return one_of(v, (5 * v + (-1) ** k * torch.cos(4 * angle) - 2 * k) / 6)

    case("arc-monotonic", monotonic, inp(3, 7, 1, 1, gain=0.9))
    case("cosine-margin", lambda v: one_of(v, v - 0.4), inp(3, 7, 1, 1, gain=0.9))
    case("sphere", sphere, inp(3, 7, 1, 1, gain=0.9))
    case("class-rows", lambda v: v[labels], inp(7, 4, 1, 1))
    image = lambda n: inp(1, 2, 13, 15, n=n)
    taps = torch.exp(-((torch.arange(11).double() - 5) ** 2) / (2 * 1.5**2))
    case("ssim-gaussian", lambda a, b: ssim(a, b, taps / taps.sum(), 1.0), image(0), image(0.3))
    case("ssim-uniform", lambda a, b: ssim(a, b, torch.full((7,), 1 / 7).double(), 49 / 48), image(0), image(0.3))
    v = lambda: inp(2, 3, 4, 5)
    case("variation", lambda v: variation(v, torch.ones(2, 3, 4, 5).double()), v())
    mask = lambda: inp(2, 1, 4, 5, n=1, gain=0.5, shift=0.5)
    case("variation-masked", variation, v(), mask(), constants=(1,))

    def fill(v, m):
        mean = (v * (1 - m)).sum((2, 3), keepdim=True) / (1 - m).sum((2, 3), keepdim=True)
        return v * (1 - m) + mean * m

    case("fill", fill, v(), mask(), constants=(1,))


def main():
    for group in (activations, norms, sizes, arithmetic, reductions, losses):
        group()
    header, data = {}, b""
    for name, value in sorted(RESULTS.items()):
        values = value.detach().float().flatten().tolist()
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    path = pathlib.Path(__file__).parent / "golden" / "elementwise.safetensors"
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    print(path, len(head) + len(data) + 8, "bytes,", len(RESULTS), "arrays")


main()
