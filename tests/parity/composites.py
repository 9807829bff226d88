"""Outputs and gradients of composites by PyTorch 2.15: `python3 tests/parity/composites.py` (from the repository's root).

Writes `composites.json`, the cases as the other side opens them, and `golden/composites.safetensors`, one tensor for each
case. A row of it stands for one tensor: a number made of its name and shape, its norm, and its products with eight
vectors of random signs, so that a small file compares every element (`products` in `layers.py`). Read by
`src/run/composite_parity.rs`.
"""
import json
import sys

import torch
from torch.nn import functional as F

import models as m
from layers import Net, distance, save, table, uniform

# Least distance from a kink, see `Net.margin`.
MARGIN = 1.5e-6
# Most that PyTorch's own f32 may differ from its f64: a seed with more is badly conditioned and says nothing.
NOISE = 3e-5
BATCH = 2
# Where the search for a seed begins: what comes before is known to fail.
FROM = {"coupled-unet": 85, "res-unet-gated": 12}


def image(side, channels=3):
    return ["image", channels, side, side]


def skips(c, s, h=6, w=10):
    return {"skip": [["map", c, h, w]], "signal": [["map", s, h, w]]}


def maps(*channels):
    return {"maps": [["map", c, 5, 7] for c in channels]}


def with_attention(f):
    def run(net, *inputs):
        y, attention = f(net, *inputs)
        return {"map": y, **({} if attention is None else {"attention": attention})}

    return run


def gate(name, **settings):
    return with_attention(lambda net, skip, signal: m.GATES[name](net, "", skip, signal, **settings))


def skip(name, **settings):
    # Ports come in the order of the network's inputs: skips, then the deepest.
    return lambda net, a, b, c, deepest: {"skips": m.SKIPS[name](net, "", [deepest, a, b, c], **settings)[1:]}


def skip_inputs():
    return {"skips": [["map", 4, 6, 8], ["map", 6, 12, 16], ["map", 4, 24, 32]], "deepest": [["map", 5, 3, 4]]}


def fused(kind, project="first"):
    return lambda net, a, b: {"map": m.fusion(net, "", kind, a, b, project)}


def stage(**how):
    return with_attention(lambda net, x, skip, other=None: m.decoder_stage(net, "", x, skip, other, 5, **how))


def stage_inputs(other, channels=7):
    inputs = {"map": [["map", channels, 3, 5]], "skip": [["map", 6, 6, 10]]}
    return {**inputs, "other": [["map", 4, 6, 10]]} if other else inputs


def logits(f):
    return lambda net, *inputs: {"logits": f(net, *inputs)}


WIDTHS = [8, 7, 6, 5]
NARROW = "encoder = { use = 'resnet18', width = 4 }\nwidths = [8, 7, 6, 5]"
PIX2PIX = "encoder = { use = 'pix2pix', width = 4, widths = [6, 8, 8], innermost = 8 }\nwidths = [8, 8, 6, 4]\ndropouts = [0.0, 0.0, 0.0, 0.0]"
UV = {"width": 4, "down": [6, 8, 8], "innermost": 8, "widths": [8, 8, 6, 4]}
def same_padded(kernel, stride):
    """`padding = "same"` (language.md, section 10): floor((k - 1) / 2) on the left and top, then what is needed."""

    def run(net, x):
        pads = []
        for n, k in ((x.shape[3], kernel[1]), (x.shape[2], kernel[0])):
            before = (k - 1) // 2
            pads += [before, max(0, (-(-n // stride) - 1) * stride + k - n - before)]
        w, b = net.tensor("weight", (5, x.shape[1], *kernel), "kernel"), net.tensor("bias", (5,), "shift")
        return {"map": F.conv2d(F.pad(x, pads), w, b, stride)}

    return run


def transposed(net, x):
    w, b = net.tensor("weight", (x.shape[1], 5, 3, 3), "kernel"), net.tensor("bias", (5,), "shift")
    return {"map": F.conv_transpose2d(x, w, b, 2, 1, 1)}


LOCAL = (0.25, 0.125, 0.5, 0.75)
ONE, TWO = {"image": [image(32)]}, {"image": [image(64)]}

# name: component, settings, inputs by port, the function in PyTorch
CASES = {
    "attention-gate": ("gate/attention-gate", "", skips(6, 4), gate("attention-gate")),
    "attention-gate-third": ("gate/attention-gate", "ratio = 0.25", skips(8, 3), gate("attention-gate", ratio=0.25)),
    "grid-gate": ("gate/grid-gate", "", skips(6, 4), gate("grid-gate")),
    "squeeze-excite": ("gate/squeeze-excite", "reduction = 2", skips(6, 4), gate("squeeze-excite", reduction=2)),
    "none": ("gate/none", "", skips(6, 4), gate("none")),
    "cbam": ("gate/cbam", "reduction = 2", skips(6, 4), gate("cbam", reduction=2)),
    "skip-none": ("skip/none", "", skip_inputs(), skip("none")),
    "dense": ("skip/dense", "convs = 1\nshare = 0.5", skip_inputs(), skip("dense", convs=1, share=0.5)),
    "res-path": ("skip/res-path", "", skip_inputs(), skip("res-path")),
    "concat": ("fusion/concat", "", maps(6, 4), fused("concat")),
    "fusion-none": ("fusion/none", "", maps(6, 4), fused("none")),
    "replace": ("fusion/replace", "", maps(6, 4), fused("replace")),
    "sum": ("fusion/sum", "", maps(4, 4), fused("sum")),
    "fast-normalized-equal": ("fusion/fast-normalized", "", maps(4, 4), fused("fast-normalized")),
    "stage": ("decoder/stage", "width = 5", stage_inputs(False), stage()),
    "stage-transposed": ("decoder/stage", "width = 5\nup = 'transposed'\ngate = 'attention-gate'", stage_inputs(False), stage(up="transposed", gate="attention-gate")),
    "stage-transposed-half": ("decoder/stage", "width = 5\nup = { use = 'transposed', share = 0.5 }", stage_inputs(False, 6), stage(up="transposed", share=0.5)),
    "stage-up-conv": ("decoder/stage", "width = 5\nup = 'up-conv'\nnorm = 'instance'", stage_inputs(False, 6), stage(up="up-conv", share=0.5, norm="instance")),
    "transposed-stage": (
        "decoder/transposed-stage",
        "width = 5\nnorm = 'instance'\ngate = 'squeeze-excite'",
        stage_inputs(False),
        with_attention(lambda net, x, skip: m.transposed_stage(net, x, skip, 5, "instance", "squeeze-excite")),
    ),
    "pix2pix": (
        "encoder/pix2pix",
        "width = 4\nwidths = [6, 8]\ninnermost = 8\nnorm = 'instance'\nfirst-stride = 1",
        {"map": [image(32)]},
        lambda net, x: m.pix2pix(net, x, 4, [6, 8], 8, "instance", 1),
    ),
    "stage-bilinear": (
        "decoder/stage",
        "width = 5\nup = 'bilinear'\ngate = 'grid-gate'\nfusion = { use = 'softmax-weighted', project = 'second' }",
        stage_inputs(True),
        stage(up="bilinear", gate="grid-gate", fuse="softmax-weighted", project="second"),
    ),
    "stage-fused": ("decoder/stage", "width = 5\ngate = 'attention-gate'\nfusion = 'fast-normalized'", stage_inputs(True), stage(gate="attention-gate", fuse="fast-normalized")),
    "uv-gan": ("generator/uv-gan", PIX2PIX, ONE, lambda net, x: m.uv_gan(net, x, **UV)),
    "uv-gan-gated": ("generator/uv-gan", PIX2PIX + "\ngate = 'attention-gate'", ONE, lambda net, x: m.uv_gan(net, x, gate="attention-gate", **UV)),
    "res-unet": ("generator/res-unet", NARROW, TWO, lambda net, x: m.res_unet(net, x, WIDTHS)),
    "res-unet-gated": (
        "generator/res-unet",
        NARROW + "\ngate = 'attention-gate'\nup = 'bilinear'",
        TWO,
        lambda net, x: m.res_unet(net, x, WIDTHS, gate="attention-gate", up="bilinear"),
    ),
    "coupled-unet": ("generator/coupled-unet", NARROW, TWO, lambda net, x: m.coupled_unet(net, x, WIDTHS)),
    "coupled-unet-concat": (
        "generator/coupled-unet",
        NARROW + "\ngate = 'none'\nfusion = 'concat'\nlinks = 'concat'",
        TWO,
        lambda net, x: m.coupled_unet(net, x, WIDTHS, gate="none", fuse="concat", links="concat"),
    ),
    "coupled-unet-apart": (
        "generator/coupled-unet",
        NARROW + "\ngate = 'cbam'\nfusion = 'none'\nlinks = 'none'\nup = 'transposed'",
        TWO,
        lambda net, x: m.coupled_unet(net, x, WIDTHS, gate="cbam", fuse="none", links="none", up="transposed"),
    ),
    "coupled-unet-softmax": (
        "generator/coupled-unet",
        NARROW + "\nlinks = 'fast-normalized'\nfusion = { use = 'softmax-weighted', project = 'both' }\ngate = 'squeeze-excite'",
        TWO,
        lambda net, x: m.coupled_unet(net, x, WIDTHS, fuse="softmax-weighted", links="fast-normalized", project="both", gate="squeeze-excite"),
    ),
    "res-unet-instance": (
        "generator/res-unet",
        NARROW + "\nnorm = 'instance'\nactivation = 'sigmoid'\nup = { use = 'transposed', share = 1.0 }",
        TWO,
        lambda net, x: m.res_unet(net, x, WIDTHS, norm="instance", act="sigmoid", up="transposed"),
    ),
    "coupled-unet-replace": (
        "generator/coupled-unet",
        NARROW + "\ngate = 'none'\nfusion = 'replace'\nlinks = 'replace'",
        TWO,
        lambda net, x: m.coupled_unet(net, x, WIDTHS, gate="none", fuse="replace", links="replace"),
    ),
    "cfr": (
        "generator/cfr",
        "width = 4\ndown = [6, 8]\nup = [6, 4]\nblocks = 2",
        {"render": [image(32)], "guide": [image(32)]},
        lambda net, render, guide: m.cfr(net, render, guide, 4, [6, 8], [6, 4], 2),
    ),
    "res-unet-dense": ("generator/res-unet", NARROW + "\nskips = 'dense'", TWO, lambda net, x: m.res_unet(net, x, WIDTHS, skips="dense")),
    "coupled-unet-3": (
        "generator/coupled-unet-3",
        NARROW + "\ngate = 'none'\nfusion = 'sum'\nlinks = 'none'",
        TWO,
        lambda net, x: m.coupled_unet_3(net, x, WIDTHS, 4, "sum", "none"),
    ),
    "cycle-resnet": (
        "generator/cycle-resnet",
        "width = 4\ndown = [6, 8]\nup = [6, 4]\nblocks = 2",
        ONE,
        lambda net, x: m.cycle_resnet(net, x, 4, [6, 8], [6, 4], 2),
    ),
    "cycle-resnet-batch": (
        "generator/cycle-resnet",
        "width = 4\ndown = [6, 8]\nup = [6, 4]\nblocks = 1\nnorm = 'batch'",
        ONE,
        lambda net, x: m.cycle_resnet(net, x, 4, [6, 8], [6, 4], 1, "batch"),
    ),
    "patchgan": ("discriminator/patchgan", "width = 4\nwidths = [6, 8, 8]", ONE, logits(lambda net, x: m.patchgan(net, "", x, 4, [6, 8, 8]))),
    "patchgan-condition": (
        "discriminator/patchgan",
        "width = 4\nwidths = [6, 8]\nstrides = [2, 1]\nnorm = 'instance'\nspectral-norm = true",
        {"image": [image(32)], "condition": [image(32)]},
        logits(lambda net, x, y: m.patchgan(net, "", x, 4, [6, 8], (2, 1), "instance", y, True)),
    ),
    "uv-gan-local": (
        "discriminator/uv-gan",
        "width = 4\nwidths = [6, 8, 8]\nregion = [0.25, 0.125, 0.5, 0.75]",
        TWO,
        logits(lambda net, x: m.patchgan(net, "judge", m.cropped(x, LOCAL), 4, [6, 8, 8])),
    ),
    "uv-gan-condition": (
        "discriminator/uv-gan",
        "width = 4\nwidths = [6, 8, 8]\nregion = [0.25, 0.125, 0.5, 0.75]",
        {"image": [image(64)], "condition": [image(64)]},
        logits(lambda net, x, y: m.patchgan(net, "judge", m.cropped(x, LOCAL), 4, [6, 8, 8], condition=m.cropped(y, LOCAL))),
    ),
    "pixel": (
        "discriminator/pixel",
        "width = 4\nwidths = [6]",
        {"image": [image(16)], "condition": [image(16)]},
        logits(lambda net, x, y: m.pixel(net, x, 4, [6], y)),
    ),
    "image": (
        "discriminator/image",
        "width = 4\nwidths = [6, 8]\nnorm = 'instance'\nspectral-norm = true",
        ONE,
        logits(lambda net, x: m.whole_image(net, x, 4, [6, 8])),
    ),
    "multi-scale": (
        "discriminator/multi-scale",
        "judge = { use = 'patchgan', width = 4, widths = [6, 8], strides = [2, 1] }",
        TWO,
        logits(lambda net, x: m.multi_scale(net, x, 4, [6, 8])),
    ),
    "spectral-stack": ("discriminator/spectral-stack", "width = 4\nwidths = [6, 8]", ONE, logits(lambda net, x: m.spectral_stack(net, "", x, 4, [6, 8]))),
    "two-scale": ("discriminator/two-scale", "width = 4\nwidths = [6, 8]", ONE, logits(lambda net, x: m.two_scale(net, x, 4, [6, 8]))),
}
CASES["mtcnn-propose"] = ("detector/mtcnn-propose", "", {"image": [["image", 3, 15, 16]]}, m.mtcnn_propose)
CASES["mtcnn-refine"] = ("detector/mtcnn-refine", "", {"image": [image(24)]}, m.mtcnn_refine)
CASES["mtcnn-decide"] = ("detector/mtcnn-decide", "", {"image": [image(48)]}, m.mtcnn_decide)
CASES["regressor-resnet50"] = (
    "regressor/resnet50",
    "encoder = { use = 'resnet18', width = 4 }\nsize = 64\ncoefficients = 9",
    TWO,
    lambda net, x: m.regressor(net, x, 9),
)
CASES["transposed"] = ("block/conv-transpose", "width = 5\nkernel = 3", {"map": [["map", 3, 5, 6]]}, transposed)
for kernel, stride, h, w in (([4, 4], 1, 7, 9), ([4, 4], 2, 7, 8), ([2, 2], 1, 5, 6), ([4, 4], 2, 8, 8), ([3, 6], 2, 7, 9)):
    name = f"same-{kernel[0]}x{kernel[1]}-{stride}-{h}-{w}"
    settings = f"width = 5\nkernel = {kernel}\nstride = {stride}"
    CASES[name] = ("block/conv", settings, {"map": [["map", 3, h, w]]}, same_padded(kernel, stride))
for kind in ("sum", "fast-normalized", "softmax-weighted"):
    for project in ("first", "second", "both"):
        CASES[f"{kind}-{project}"] = (f"fusion/{kind}", f"project = '{project}'", maps(6, 4), fused(kind, project))


def named(outputs):
    """Ports' values by name, lists counted."""
    flat = {}
    for port, value in outputs.items():
        for i, v in enumerate(value if isinstance(value, list) else [value]):
            flat[f"{port}[{i}]" if isinstance(value, list) else port] = v
    return flat


def attempt(case, seed, dtype=torch.float64):
    _, _, inputs, run = case
    given, names = [], []
    for port, shapes in inputs.items():
        for i, (_, *dims) in enumerate(shapes):
            names.append(f"{port}[{i}]")
            given.append(uniform(seed, f"in/{port}[{i}]", (BATCH, *dims)).to(dtype).requires_grad_())
    net, found = Net("net", seed, dtype), {}
    net.training = False
    with torch.no_grad():
        found |= {f"frozen/{name}": y for name, y in named(run(net, *given)).items()}
    net.training = True
    outputs = named(run(net, *given))
    found |= {f"out/{name}": y for name, y in outputs.items()}
    cotangents = [uniform(seed, f"gradient/{name}", y.shape).to(dtype) for name, y in outputs.items()]
    torch.autograd.backward(list(outputs.values()), cotangents)
    # A gate need not look at its signal.
    found |= {f"in/{name}": torch.zeros_like(x) if x.grad is None else x.grad for name, x in zip(names, given)}
    found |= {f"gradient/{name}": t.grad for name, t in net.parameters.items()}
    found |= {f"buffer/{name}": t for name, t in net.buffers.items()}
    return net.margin, table(found)


def main(only):
    cases, golden = [], {}
    for name, case in CASES.items():
        if only and name not in only:
            continue
        for seed in range(FROM.get(name, 0), 200):
            margin, rows = attempt(case, seed)
            if margin > MARGIN and (noise := distance(attempt(case, seed, torch.float32)[1], rows)) < NOISE:
                break
        else:
            raise SystemExit(f"{name}: every seed comes close to a kink or is badly conditioned")
        component, settings, inputs, _ = case
        cases.append({"name": name, "component": component, "settings": settings, "inputs": list(inputs.items()), "batch": BATCH, "seed": seed})
        golden[name] = [rows[n] for n in sorted(rows)]
        print(f"{name}: {len(rows)} tensors, seed {seed}, margin {margin:.1e}, noise {noise:.1e}", file=sys.stderr)
    if not only:
        with open("tests/parity/composites.json", "w") as file:
            file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
        save("tests/parity/golden/composites.safetensors", golden)


main(sys.argv[1:])
