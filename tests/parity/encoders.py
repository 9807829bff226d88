"""Golden outputs and gradients of encoders, by PyTorch 2.15, for src/run/encoder_parity.rs.

    python3 tests/parity/encoders.py           writes tests/parity/golden/encoders.safetensors

The networks are torchvision's ResNets and timm's efficientnet_b0 written out, with their names, narrow. All is computed
in f64 from values that f32 holds. A case is a table as in `composites.py`: `stage/<i>`, coarse to fine; `input`, the
gradient of the image; `gradient/<name>`, of the parameters; `running/<name>`, running means and variances after the pass.
The loss is the sum over the stages of the mean of the map times `numbers` of seed 100 + stage.
"""

import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from layers import distance, save, table
from values import fill, numbers

torch.set_num_threads(1)
RESULTS = {}


def norm(kind, width):
    return {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d}[kind](width)


def conv(kind, *arguments, **named):
    """Without a bias exactly before a norm with weights of its own."""
    return nn.Conv2d(*arguments, bias=kind != "batch", **named)


class Basic(nn.Module):
    expansion = 1

    def __init__(self, inputs, width, stride, kind):
        super().__init__()
        self.conv1, self.bn1 = conv(kind, inputs, width, 3, stride, 1), norm(kind, width)
        self.conv2, self.bn2 = conv(kind, width, width, 3, 1, 1), norm(kind, width)
        self.downsample = shortcut(inputs, width, stride, kind)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride, kind):
        super().__init__()
        self.conv1, self.bn1 = conv(kind, inputs, width, 1), norm(kind, width)
        self.conv2, self.bn2 = conv(kind, width, width, 3, stride, 1), norm(kind, width)
        self.conv3, self.bn3 = conv(kind, width, 4 * width, 1), norm(kind, 4 * width)
        self.downsample = shortcut(inputs, 4 * width, stride, kind)

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


def shortcut(inputs, width, stride, kind):
    if stride == 1 and inputs == width:
        return None
    return nn.Sequential(conv(kind, inputs, width, 1, stride), norm(kind, width))


class Encoder(nn.Module):
    """Stages fine to coarse; links come in the same order."""

    join = "none"

    def joined(self, x, links, stage):
        if links is None:
            return x
        return torch.cat([x, links[stage]], 1) if self.join == "concat" else x + links[stage]


class Resnet(Encoder):
    def __init__(self, block, counts, width, kind="batch", stride=2, stem=True, join="none"):
        super().__init__()
        self.stem, self.join, times = stem, join, 2 if join == "concat" else 1
        inputs = width
        if stem:
            self.conv1, self.bn1 = conv(kind, 3, width, 7, stride, 3), norm(kind, width)
        for layer, count in enumerate(counts):
            blocks = []
            for i in range(count):
                blocks.append(block(inputs, width << layer, 2 if layer and i == 0 else 1, kind))
                inputs = (width << layer) * block.expansion
            setattr(self, f"layer{layer + 1}", nn.Sequential(*blocks))
            inputs *= times

    def forward(self, x, links=None):
        stages = [self.joined(F.relu(self.bn1(self.conv1(x))), links, 0) if self.stem else x]
        x = F.max_pool2d(stages[0], 3, 2, 1)
        for layer in range(4):
            x = self.joined(getattr(self, f"layer{layer + 1}")(x), links, layer + 1)
            stages.append(x)
        return stages[::-1]


class SqueezeExcite(nn.Module):
    def __init__(self, channels, narrow):
        super().__init__()
        self.conv_reduce, self.conv_expand = nn.Conv2d(channels, narrow, 1), nn.Conv2d(narrow, channels, 1)

    def forward(self, x):
        y = self.conv_expand(F.silu(self.conv_reduce(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(y)


class Inverted(nn.Module):
    """timm's InvertedResidual, or its DepthwiseSeparableConv where nothing widens."""

    def __init__(self, inputs, width, kernel, stride, expansion, kind):
        super().__init__()
        wide, narrow = inputs * expansion, max(1, int(inputs * 0.25))
        self.widens, self.adds = expansion != 1, stride == 1 and inputs == width
        depthwise = conv(kind, wide, wide, kernel, stride, kernel // 2, groups=wide)
        if self.widens:
            self.conv_pw, self.bn1 = conv(kind, inputs, wide, 1), norm(kind, wide)
            self.conv_dw, self.bn2 = depthwise, norm(kind, wide)
            self.se = SqueezeExcite(wide, narrow)
            self.conv_pwl, self.bn3 = conv(kind, wide, width, 1), norm(kind, width)
        else:
            self.conv_dw, self.bn1 = depthwise, norm(kind, wide)
            self.se = SqueezeExcite(wide, narrow)
            self.conv_pw, self.bn2 = conv(kind, wide, width, 1), norm(kind, width)

    def forward(self, x):
        if self.widens:
            y = F.silu(self.bn1(self.conv_pw(x)))
            y = self.bn3(self.conv_pwl(self.se(F.silu(self.bn2(self.conv_dw(y))))))
        else:
            y = self.bn2(self.conv_pw(self.se(F.silu(self.bn1(self.conv_dw(x))))))
        return x + y if self.adds else y


class EfficientNetB0(Encoder):
    """Kernel, stride, expansion, channels at width 32, blocks: table 1 of Tan and Le."""

    rows = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
            (3, 1, 6, 320, 1)]
    ends = {1: 1, 2: 2, 4: 3, 6: 4}

    def __init__(self, width, kind="batch", stride=2, stem=True, join="none"):
        super().__init__()
        self.stem, self.join, times = stem, join, 2 if join == "concat" else 1
        channels = lambda listed: (listed * width + 16) // 32
        inputs = width
        if stem:
            self.conv_stem, self.bn1 = conv(kind, 3, width, 3, stride, 1), norm(kind, width)
        rows = []
        for row, (kernel, first, expansion, listed, count) in enumerate(self.rows):
            blocks = []
            for i in range(count):
                blocks.append(Inverted(inputs, channels(listed), kernel, 1 if i else first, expansion, kind))
                inputs = channels(listed)
            rows.append(nn.Sequential(*blocks))
            inputs *= times if row in self.ends else 1
        self.blocks = nn.Sequential(*rows)
        # The last stage is joined after the head.
        self.conv_head, self.bn2 = conv(kind, channels(320), channels(1280), 1), norm(kind, channels(1280))

    def forward(self, x, links=None):
        stages = [self.joined(F.silu(self.bn1(self.conv_stem(x))), links, 0) if self.stem else x]
        x = stages[0]
        for row, blocks in enumerate(self.blocks):
            x = blocks(x)
            if row == 6:
                x = F.silu(self.bn2(self.conv_head(x)))
            if row in self.ends:
                x = self.joined(x, links, self.ends[row])
                stages.append(x)
        return stages[::-1]


def tensors(net, size, train, links, batch, dtype):
    """`links`: channels of the stages of an encoder that comes before, fine to coarse, at half the size and so on."""
    net = net.to(dtype).train(train)
    given = None
    image = numbers(batch, 3, size, size, seed=1).to(dtype)
    if links is not None:
        given = [numbers(batch, c, size >> (i + 1), size >> (i + 1), seed=10 + i).to(dtype) for i, c in enumerate(links)]
        image = given[0].clone()
    image.requires_grad_(True)
    stages = net(image, given)
    sum((s * numbers(*s.shape, seed=100 + i).to(dtype)).mean() for i, s in enumerate(stages)).backward()
    found = {"input": image.grad} | {f"stage/{i}": s for i, s in enumerate(stages)}
    found |= {f"gradient/{n}": p.grad for n, p in net.named_parameters()}
    return found | {f"running/{n}": b for n, b in net.named_buffers() if "running" in n}


def case(name, make, size, train, links=None, batch=2, damped="-"):
    """`damped`: how the weights are called that are divided by four, those of the blocks' last norms."""

    def rows(dtype):
        net = fill(make())
        with torch.no_grad():
            [p.mul_(0.25) for n, p in net.named_parameters() if n.endswith(damped)]
        return table(tensors(net, size, train, links, batch, dtype))

    reference = rows(torch.float64)
    print(f"{name}: {len(reference)} tensors, f32 is off by {distance(rows(torch.float32), reference):.1e}")
    RESULTS[name] = [reference[n] for n in sorted(reference)]


def main():
    case("resnet18", lambda: Resnet(Basic, [2, 2, 2, 2], 4), 64, True)
    # Undamped, the statistics of so few values make PyTorch's own f32 differ from its f64: by 4e-2 with 101 layers.
    case("resnet34", lambda: Resnet(Basic, [3, 4, 6, 3], 4), 64, True, damped="bn2.weight")
    case("efficientnet-b0", lambda: EfficientNetB0(4), 64, True)
    for depth, counts in ((50, [3, 4, 6, 3]), (101, [3, 4, 23, 3])):
        case(f"resnet{depth}", lambda: Resnet(Bottleneck, counts, 4), 64, True, batch=4, damped="bn3.weight")
    case("resnet18-instance", lambda: Resnet(Basic, [2, 2, 2, 2], 4, "instance", 1), 32, True)
    case("resnet18-links", lambda: Resnet(Basic, [2, 2, 2, 2], 4, stem=False, join="concat"), 128, True, [4, 4, 8, 16, 32])
    summed = lambda: Resnet(Bottleneck, [3, 4, 6, 3], 2, stem=False, join="sum")
    case("resnet50-links", summed, 64, False, [2, 8, 16, 32, 64])
    case("efficientnet-b0-links", lambda: EfficientNetB0(4, stem=False, join="concat"), 128, True, [4, 3, 5, 14, 160])
    path = pathlib.Path(__file__).parent / "golden" / "encoders.safetensors"
    save(path, RESULTS)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
