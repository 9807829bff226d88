"""Gates, fusions, generators and discriminators in PyTorch, after their papers and published code, on `layers.Net`.

Every function takes the net, a path and its inputs; tensors are called as ours are.
"""
import torch
from torch.nn import functional as F


def at(path, name):
    return f"{path}/{name}" if path else name


# ---- gates: map and attention ----


def attention_gate(net, p, skip, signal, ratio=0.5):
    """LeeJunHyun's Attention_block."""
    inner = int(skip.shape[1] * ratio)
    theta = net.batch(at(p, "theta/norm"), net.conv(at(p, "theta/conv"), skip, inner, 1))
    phi = net.batch(at(p, "phi/norm"), net.conv(at(p, "phi/conv"), signal, inner, 1))
    psi = net.batch(at(p, "psi/norm"), net.conv(at(p, "psi/conv"), net.relu(theta + phi), 1, 1))
    attention = torch.sigmoid(psi)
    return skip * attention, attention


def grid_gate(net, p, skip, signal, ratio=0.5):
    """ozan-oktay's GridAttentionBlock2D, mode `concatenation`, sub-sampling 2."""
    inner = int(skip.shape[1] * ratio)
    theta = net.conv(at(p, "theta"), skip, inner, 2, 2, 0, bias=False)
    phi = F.interpolate(net.conv(at(p, "phi"), signal, inner, 1), size=theta.shape[2:], mode="bilinear")
    psi = torch.sigmoid(net.conv(at(p, "psi"), net.relu(theta + phi), 1, 1))
    attention = F.interpolate(psi, size=skip.shape[2:], mode="bilinear")
    return net.batch(at(p, "norm"), net.conv(at(p, "mixed"), attention * skip, skip.shape[1], 1)), attention


def perceptron(net, p, x, reduction):
    """Squeeze and excite of N x C."""
    c = x.shape[1]
    narrow = max(c // reduction, 1)
    w1, b1 = net.tensor(at(p, "squeeze-weight"), (narrow, c), "kernel"), net.tensor(at(p, "squeeze-bias"), (narrow,), "shift")
    w2, b2 = net.tensor(at(p, "excite-weight"), (c, narrow), "kernel"), net.tensor(at(p, "excite-bias"), (c,), "shift")
    return F.linear(net.relu(F.linear(x, w1, b1)), w2, b2)


def squeeze_excite(net, p, skip, _, reduction=16):
    weights = torch.sigmoid(perceptron(net, p, F.adaptive_avg_pool2d(skip, 1).flatten(1), reduction))
    return skip * weights[:, :, None, None], weights


def cbam(net, p, skip, _, reduction=16, kernel=7):
    mean, most = F.adaptive_avg_pool2d(skip, 1).flatten(1), F.adaptive_max_pool2d(skip, 1).flatten(1)
    channels = torch.sigmoid(perceptron(net, p, mean, reduction) + perceptron(net, p, most, reduction))
    refined = skip * channels[:, :, None, None]
    both = torch.cat([refined.mean(1, keepdim=True), refined.max(1, keepdim=True)[0]], 1)
    w = net.tensor(at(p, "pixel-weight"), (1, 2, kernel, kernel), "kernel")
    attention = torch.sigmoid(F.conv2d(both, w, padding=kernel // 2))
    return refined * attention, attention


def no_gate(net, p, skip, _):
    return skip, None


GATES = {
    "attention-gate": attention_gate,
    "grid-gate": grid_gate,
    "squeeze-excite": squeeze_excite,
    "cbam": cbam,
    "none": no_gate,
}


# ---- fusions, up-samplings ----


def fusion(net, p, kind, a, b, project="first"):
    if b is None or kind == "none":
        return a
    if kind == "replace":
        return b
    if kind == "concat":
        return torch.cat([a, b], 1)

    def projected(name, x, width):
        w = net.tensor(at(p, f"project-{name}-weight"), (width, x.shape[1], 1, 1), "kernel")
        return F.conv2d(x, w, net.tensor(at(p, f"project-{name}-bias"), (width,), "shift"))

    if project == "both":
        a, b = projected("first", a, b.shape[1]), projected("second", b, b.shape[1])
    elif a.shape[1] != b.shape[1]:
        if project == "first":
            a = projected("first", a, b.shape[1])
        else:
            b = projected("second", b, a.shape[1])
    if kind == "sum":
        return a + b
    raw = net.tensor(at(p, "weights"), (2,), "unit")
    if kind == "softmax-weighted":
        w = raw.softmax(0)
        return w[0] * a + w[1] * b
    w = net.relu(raw)
    return (w[0] * a + w[1] * b) / (w.sum() + 1e-4)


def upsample(net, p, kind, x, share=1.0):
    if kind == "none":
        return x
    if kind == "transposed":
        return net.conv_transpose(p, x, int(x.shape[1] * share))
    if kind == "up-conv":
        return net.conv_norm_act(at(p, "conv"), F.interpolate(x, scale_factor=2), int(x.shape[1] * share))
    return F.interpolate(x, scale_factor=2, mode=kind, **({"align_corners": False} if kind == "bilinear" else {}))


# ---- encoders: maps coarse to fine ----


def resnet(net, p, x, depth, width, links=None, join="sum"):
    """torchvision's layout. With links `x` is the first stage already."""
    counts, bottleneck = {18: ([2, 2, 2, 2], False), 50: ([3, 4, 6, 3], True)}[depth]
    if links is None:
        x = net.relu(net.batch(at(p, "bn1"), net.conv(at(p, "conv1"), x, width, 7, 2, 3, bias=False)))
    if links is not None and join == "replace":
        return [*links[:-1], x]
    stages = [x]
    x = net.max_pool(x)
    for layer, count in enumerate(counts):
        for i in range(count):
            x = block(net, at(p, f"layer{layer + 1}-{i}"), x, width << layer, 2 if layer and not i else 1, bottleneck)
        if links is not None and join != "none":
            x = fusion(net, at(p, f"join-{layer + 2}"), join, x, links[3 - layer])
        stages.append(x)
    return stages[::-1]


def pix2pix(net, x, width, widths, innermost, norm="batch", first_stride=2):
    """The way down of pix2pix's U-Net; a 4x4 kernel at stride 1 has its odd pixel at the right and the bottom."""
    padding = 1
    if first_stride == 1:
        x, padding = F.pad(x, [1, 2, 1, 2]), 0
    stages = [net.conv("outermost", x, width, 4, first_stride, padding, bias=False)]
    for i, w in enumerate(widths):
        y = net.conv(f"down[{i}]/conv", net.leaky(stages[-1]), w, 4, 2, 1, bias=norm != "batch")
        stages.append(net.norm(norm, f"down[{i}]/norm", y))
    stages.append(net.conv("innermost/conv", net.leaky(stages[-1]), innermost, 4, 2, 1, bias=False))
    stages.reverse()
    return {"stages": stages, "skips": stages[1:], "deepest": stages[0]}


def block(net, p, x, width, stride, bottleneck):
    out = width * 4 if bottleneck else width
    convs = [(1, 1, width), (3, stride, width), (1, 1, out)] if bottleneck else [(3, stride, width), (3, 1, width)]
    y = x
    for i, (kernel, s, w) in enumerate(convs):
        y = net.batch(f"{p}/bn{i + 1}", net.conv(f"{p}/conv{i + 1}", y, w, kernel, s, bias=False))
        y = net.relu(y) if i + 1 < len(convs) else y
    if stride != 1 or x.shape[1] != out:
        x = net.batch(f"{p}/downsample-1", net.conv(f"{p}/downsample-0", x, out, 1, stride, bias=False))
    return net.relu(y + x)


# ---- skips: maps coarse to fine, the deepest first; it stays ----


def dense(net, p, stages, convs=2, share=1.0):
    """UNet++'s pathways: X(i,j) from all maps before it on its level and the coarser level's, doubled."""
    rows = [[x] for x in stages]
    last = len(stages) - 1
    for j in range(1, last):
        for level in range(last - j):
            row, coarser = rows[last - level], rows[last - level - 1][j - 1]
            x = torch.cat([*row[:j], upsample(net, "", "bilinear", coarser)], 1)
            for n in range(convs):
                name = at(p, f"x-{level}-{j}-conv-{n + 1}")
                width = int(row[0].shape[1] * share)
                x = net.relu(net.batch(f"{name}-norm", net.conv(name, x, width, 3, bias=False)))
            row.append(x)
    # X(i,L-i) is the decoder's own.
    return [stages[0]] + [torch.cat(rows[s][:s], 1) for s in range(1, len(stages))]


def res_path(net, p, stages):
    """MultiResUNet's ResPath, as nibtehaz has it."""
    found = [stages[0]]
    for s, x in enumerate(stages[1:], 1):
        for link in range(1, s + 1):
            name, c = at(p, f"path-{s}-{link}"), x.shape[1]
            shortcut = net.batch(f"{name}-shortcut-norm", net.conv(f"{name}-shortcut", x, c, 1, bias=False))
            out = net.relu(net.batch(f"{name}-wide-norm", net.conv(f"{name}-wide", x, c, 3, bias=False)))
            x = net.batch(f"{name}-norm", net.relu(shortcut + out))
        found.append(x)
    return found


SKIPS = {"none": lambda net, p, stages: stages, "dense": dense, "res-path": res_path}


# ---- generators ----


def decoder_stage(net, p, x, skip, other, width, up="nearest", gate="none", fuse="concat", project="first", share=1.0, norm="batch"):
    up = upsample(net, at(p, "up"), up, x, share)
    gated, attention = GATES[gate](net, at(p, "gate"), skip, up)
    fused = fusion(net, at(p, "fused"), fuse, gated, other, project)
    return net.conv_norm_act(at(p, "conv"), torch.cat([fused, up], 1), width, norm), attention


def transposed_stage(net, x, skip, width, norm="batch", gate="none"):
    """Without dropout."""
    up = net.norm(norm, "norm", net.conv_transpose("up", net.relu(x), width, bias=norm != "batch"))
    gated, attention = GATES[gate](net, "gate", skip, up)
    return torch.cat([gated, up], 1), attention


def to_image(net, p, x, up="nearest", channels=3, act="tanh"):
    return net.act(act, net.conv(at(p, "conv"), upsample(net, at(p, "up"), up, x), channels, 3))


def decoder(net, p, stages, widths, others, **how):
    maps, attentions, x = [], [], stages[0]
    for i, width in enumerate(widths):
        x, attention = decoder_stage(net, f"{p}[{i}]", x, stages[i + 1], others[i] if others else None, width, **how)
        maps.append(x)
        attentions.append(attention)
    return maps, [] if attentions[0] is None else attentions


def res_unet(net, image, widths, depth=18, width=4, gate="none", up="nearest", skips="none", norm="batch", act="tanh"):
    stages = SKIPS[skips](net, "skips", resnet(net, "encoder", image, depth, width))
    maps, attention = decoder(net, "decoder", stages, widths, None, gate=gate, up=up, norm=norm)
    return {"completed": to_image(net, "image", maps[-1], up, act=act), "attention": attention}


def regressor(net, image, coefficients, depth=18, width=4):
    """Deng et al. 2019: a residual network over an image of 0 to 1, and one linear layer."""
    stages = resnet(net, "encoder", (image + 1) / 2, depth, width)
    found = net.linear("fc", stages[0].mean((2, 3)), coefficients)
    return {"coefficients": found[:, :, None, None], "features": stages[::-1]}


def coupled_unet(net, image, widths, depth=18, width=4, gate="attention-gate", fuse="fast-normalized", links="sum", up="nearest", project="first", skips="none"):
    """Fig. 2 of na2020."""
    stages = resnet(net, "encoder-1", image, depth, width)
    maps, first = decoder(net, "decoder-1", SKIPS[skips](net, "skips-1", stages), widths, None, gate=gate, up=up)
    again = resnet(net, "encoder-2", stages[-1], depth, width, stages, links)
    last, attention = decoder(net, "decoder-2", SKIPS[skips](net, "skips-2", again), widths, maps, gate=gate, up=up, fuse=fuse, project=project)
    completed, intermediate = to_image(net, "image-2", last[-1], up), to_image(net, "image-1", maps[-1], up)
    return {"completed": completed, "intermediate": intermediate, "attention": attention, "first-attention": first}


def coupled_unet_3(net, image, widths, width, fuse, links):
    """A third U-Net after the second, as the second after the first."""
    stages, others, images = None, None, []
    for n in "123":
        x = image if stages is None else stages[-1]
        stages = resnet(net, f"encoder-{n}", x, 18, width, stages, links)
        others, _ = decoder(net, f"decoder-{n}", stages, widths, others, fuse=fuse)
        images.append(to_image(net, f"image-{n}", others[-1]))
    return {"completed": images[2], "intermediate": images[:2]}


def uv_gan(net, image, width, down, innermost, widths, gate="none", mirror=True):
    """pix2pix's UnetSkipConnectionBlock, from the outside in, over the image and, with `mirror`, its mirror image."""
    attention = []

    def inner(x, depth):
        """What stands between a down-sampling and the up-sampling beside it."""
        here = net.leaky(x)
        last = depth == len(down)
        name = "encoder/innermost/conv" if last else f"encoder/down[{depth}]/conv"
        y = net.conv(name, here, innermost if last else down[depth], 4, 2, 1, bias=False)
        if not last:
            y = inner(net.batch(f"encoder/down[{depth}]/norm", y), depth + 1)
        stage = f"decoder[{len(down) - depth}]"
        y = net.conv_transpose(f"{stage}/up", net.relu(y), widths[len(down) - depth], bias=False)
        y = net.batch(f"{stage}/norm", y)
        gated, a = GATES[gate](net, f"{stage}/gate", x, y)
        attention.append(a)
        return torch.cat([gated, y], 1)

    seen = torch.cat([image, image.flip(3)], 1) if mirror else image
    first = net.conv("encoder/outermost", seen, width, 4, 2, 1, bias=False)
    completed = torch.tanh(net.conv_transpose("last", net.relu(inner(first, 0)), image.shape[1]))
    return {"completed": completed, "attention": [] if gate == "none" else attention}


def cycle_resnet(net, image, width, down, up, blocks, norm="instance"):
    """CycleGAN's ResnetGenerator."""
    bias = norm == "instance"
    how = {"norm": norm, "bias": bias}
    x = net.conv_norm_act("first", image, width, kernel=7, border="reflect", **how)
    for i, w in enumerate(down):
        x = net.conv_norm_act(f"down[{i}]", x, w, stride=2, **how)
    for i in range(blocks):
        y = net.conv_norm_act(f"body[{i}]/first", x, x.shape[1], border="reflect", **how)
        x = x + net.conv_norm_act(f"body[{i}]/second", y, x.shape[1], border="reflect", act="none", **how)
    for i, w in enumerate(up):
        x = net.relu(net.norm(norm, f"up[{i}]/norm", net.conv_transpose(f"up[{i}]/conv", x, w, 3, bias)))
    return {"image": torch.tanh(net.conv("last", x, image.shape[1], 7, border="reflect"))}


def cfr(net, render, guide, width, down, up, blocks):
    """CFR-GAN's generator, after the authors' code: two stems, occlusion attention, gated convolutions, gated residual
    blocks; the occlusion mask from the gates."""
    how = {"norm": "instance", "spectral": True, "border": "reflect"}
    a = net.conv_norm_act("render-stem", render, width, kernel=7, act="leaky-relu", **how)
    b = net.conv_norm_act("guide-stem", guide, width, kernel=7, act="leaky-relu", **how)
    occluded = net.conv_norm_act("occluded", (a - b).square(), width, norm="instance", act="none")
    x, gates = a * (1 - torch.sigmoid(occluded)), []
    for i, w in enumerate(down):
        gates.append(net.conv_norm_act(f"down[{i}]/gate", x, w, stride=2, act="none", **how))
        feature = net.conv_norm_act(f"down[{i}]/feature", x, w, stride=2, act="leaky-relu", **how)
        x = feature * (1 - torch.sigmoid(gates[-1]))
    for i in range(blocks):
        x = x * net.conv_norm_act(f"body[{i}]/gate", x, x.shape[1], norm="instance", act="sigmoid")
        y = net.conv_norm_act(f"body[{i}]/first", x, x.shape[1], act="leaky-relu", **how)
        x = x + net.conv_norm_act(f"body[{i}]/second", y, x.shape[1], act="none", **how)
    for i, w in enumerate(up):
        x = net.leaky(F.instance_norm(net.conv_transpose(f"up[{i}]/conv", x, w, spectral=True)))
    image = torch.tanh(net.conv("image/conv", x, 3, 7, border="reflect", spectral=True))
    fine, coarse = gates
    c = fine.shape[1]
    x = net.leaky(net.batch("coarse-mix/norm", net.conv_transpose("coarse-mix/conv", coarse, c, 3)))
    x = net.conv_norm_act("mixed", torch.cat([x, fine], 1), c, act="leaky-relu", bias=True)
    x = net.leaky(net.batch("fine-mix/norm", net.conv_transpose("fine-mix/conv", x, width, 3)))
    return {"image": image, "occlusion": torch.sigmoid(net.conv("mask/conv", x + occluded, 1))}


# ---- discriminators ----


def patchgan(net, p, image, width, widths, strides=(2, 2, 1), norm="batch", condition=None, spectral=False):
    """pix2pix's NLayerDiscriminator."""
    x = image if condition is None else torch.cat([image, condition], 1)
    how = {"kernel": 4, "padding": 1, "act": "leaky-relu", "spectral": spectral}
    x = net.conv_norm_act(at(p, "first"), x, width, norm="none", stride=2, **how)
    for i, (w, stride) in enumerate(zip(widths, strides)):
        x = net.conv_norm_act(at(p, f"middle[{i}]"), x, w, norm=norm, stride=stride, **how)
    return net.conv(at(p, "last"), x, 1, 4, 1, 1, spectral=spectral)


def cropped(image, region):
    """Left, top, width, height as shares."""
    h, w = image.shape[2:]
    left, top, width, height = (round(share * side) for share, side in zip(region, (w, h, w, h)))
    return image[:, :, top : top + height, left : left + width]


def spectral_stack(net, p, image, width, widths):
    """One scale of CFR-GAN's discriminator."""
    how = {"kernel": 4, "stride": 2, "padding": 2, "norm": "none", "act": "leaky-relu", "spectral": True}
    x = net.conv_norm_act(at(p, "first"), image, width, **how)
    for i, w in enumerate(widths):
        x = net.conv_norm_act(at(p, f"rest[{i}]"), x, w, **how)
    return net.conv(at(p, "last"), x, 1, 1, spectral=True)


def pixel(net, image, width, widths, condition):
    """pix2pix's PixelDiscriminator, the last convolution with bias."""
    x = net.conv_norm_act("first", torch.cat([image, condition], 1), width, norm="none", act="leaky-relu", kernel=1)
    for i, w in enumerate(widths):
        x = net.conv_norm_act(f"middle[{i}]", x, w, act="leaky-relu", kernel=1)
    return net.conv("last", x, 1, 1)


def whole_image(net, image, width, widths):
    """A logit for an image: strided convolutions with spectral norm, mean, linear."""
    how = {"kernel": 4, "stride": 2, "padding": 1, "act": "leaky-relu", "spectral": True}
    x = net.conv_norm_act("first", image, width, norm="none", **how)
    for i, w in enumerate(widths):
        x = net.conv_norm_act(f"down[{i}]", x, w, norm="instance", **how)
    return net.linear("last", x.mean((2, 3)), 1)


def multi_scale(net, image, width, widths):
    scales = [("fine", image), ("middle", F.avg_pool2d(image, 2)), ("coarse", F.avg_pool2d(image, 4))]
    return [patchgan(net, f"{name}", x, width, widths, (2, 1)) for name, x in scales]


def two_scale(net, image, width, widths):
    half = F.avg_pool2d(image, 2)
    return [spectral_stack(net, "fine", image, width, widths), spectral_stack(net, "coarse", half, width, widths)]


# ---- embedding ----


def small_resnet(net, image, width):
    x = net.relu(net.batch("norm", net.conv("conv", image, width, 3, bias=False)))
    for layer in range(4):
        x = block(net, f"layer-{layer + 1}", x, width << layer, 2, False)
    return net.linear("embedding", x.mean((2, 3)), 4 * width)


# ---- detector: facenet-pytorch's models/mtcnn.py ----


def mtcnn_stem(net, image, layers):
    """Convolutions (width, kernel), each followed by a prelu and a pooling of this kernel, 0 for none."""
    x = image
    for number, (width, kernel, pool) in enumerate(layers, 1):
        x = net.prelu(f"prelu{number}", net.conv(f"conv{number}", x, width, kernel, padding=0))
        x = net.max_pool_ceil(x, pool) if pool else x
    return x


def mtcnn_propose(net, image):
    x = mtcnn_stem(net, image, [(10, 3, 2), (16, 3, 0), (32, 3, 0)])
    return {"logits": net.conv("conv4-1", x, 2, 1), "boxes": net.conv("conv4-2", x, 4, 1)}


def mtcnn_refine(net, image):
    x = mtcnn_stem(net, image, [(28, 3, 3), (48, 3, 3), (64, 2, 0)])
    x = net.prelu("prelu4", net.linear("dense4", x.permute(0, 3, 2, 1).flatten(1), 128))
    return {"logits": net.linear("dense5-1", x, 2), "boxes": net.linear("dense5-2", x, 4)}


def mtcnn_decide(net, image):
    x = mtcnn_stem(net, image, [(32, 3, 3), (64, 3, 3), (64, 3, 2), (128, 2, 0)])
    x = net.prelu("prelu5", net.linear("dense5", x.permute(0, 3, 2, 1).flatten(1), 256))
    return {"logits": net.linear("dense6-1", x, 2), "boxes": net.linear("dense6-2", x, 4), "points": net.linear("dense6-3", x, 10)}
