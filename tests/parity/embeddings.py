"""Golden outputs and gradients of the embedding networks, by PyTorch 2.15 in f64: `python3 tests/parity/embeddings.py`.

Writes `tests/parity/golden/embeddings.safetensors`, read by `src/run/embedding_parity.rs`, which makes the same values by the same
formulas. The networks are written out after the public ones, with their names: facenet-pytorch's InceptionResnetV1,
insightface's IResNet and MobileFaceNet, TreB1eN's IR-SE-50, AlfredXiangWu's LightCNNs; `width` scales their channels.

A case is a table as in `composites.py`: `output`, `image` (its gradient), `gradient/<name>` (the parameters'); of the deep
ones that are made like a shallow one only the first two.
"""
import math
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from layers import distance, save, table
from values import numbers, residues

torch.set_num_threads(2)
f32 = np.float32


@torch.no_grad()
def fill(module):
    """Values of parameters and buffers by their names."""
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        r = residues(tensor.numel(), sum(name.encode()) % 1009)
        last = name.rsplit(".", 1)[-1]
        if last == "weight" and tensor.dim() > 1:
            # Excitations small enough that their sigmoid has a gradient.
            scale = 0.1 if ".fc1." in name or ".fc2." in name else 2.4
            r = r * f32(scale / math.sqrt(math.prod(tensor.shape[1:])))
        elif last in ("weight", "running_var"):
            r = f32(0.8) + f32(0.4) * r
        else:
            r = f32(0.2) * r
        tensor.copy_(torch.from_numpy(r).view(tensor.shape))
    return module


# ---- facenet-pytorch: models/inception_resnet_v1.py ----


class BasicConv2d(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001, momentum=0.1)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Block35(nn.Module):
    def __init__(self, c, scale):
        super().__init__()
        self.scale = scale
        self.branch0 = BasicConv2d(c(256), c(32), 1)
        self.branch1 = nn.Sequential(BasicConv2d(c(256), c(32), 1), BasicConv2d(c(32), c(32), 3, 1, 1))
        self.branch2 = nn.Sequential(
            BasicConv2d(c(256), c(32), 1), BasicConv2d(c(32), c(32), 3, 1, 1), BasicConv2d(c(32), c(32), 3, 1, 1)
        )
        self.conv2d = nn.Conv2d(c(96), c(256), 1)

    def forward(self, x):
        out = self.conv2d(torch.cat((self.branch0(x), self.branch1(x), self.branch2(x)), 1))
        return F.relu(out * self.scale + x)


class Block17(nn.Module):
    def __init__(self, c, scale):
        super().__init__()
        self.scale = scale
        self.branch0 = BasicConv2d(c(896), c(128), 1)
        self.branch1 = nn.Sequential(
            BasicConv2d(c(896), c(128), 1),
            BasicConv2d(c(128), c(128), (1, 7), 1, (0, 3)),
            BasicConv2d(c(128), c(128), (7, 1), 1, (3, 0)),
        )
        self.conv2d = nn.Conv2d(c(256), c(896), 1)

    def forward(self, x):
        return F.relu(self.conv2d(torch.cat((self.branch0(x), self.branch1(x)), 1)) * self.scale + x)


class Block8(nn.Module):
    def __init__(self, c, scale=1.0, relu=True):
        super().__init__()
        self.scale, self.relu = scale, relu
        self.branch0 = BasicConv2d(c(1792), c(192), 1)
        self.branch1 = nn.Sequential(
            BasicConv2d(c(1792), c(192), 1),
            BasicConv2d(c(192), c(192), (1, 3), 1, (0, 1)),
            BasicConv2d(c(192), c(192), (3, 1), 1, (1, 0)),
        )
        self.conv2d = nn.Conv2d(c(384), c(1792), 1)

    def forward(self, x):
        out = self.conv2d(torch.cat((self.branch0(x), self.branch1(x)), 1)) * self.scale + x
        return F.relu(out) if self.relu else out


class Mixed6a(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.branch0 = BasicConv2d(c(256), c(384), 3, 2)
        self.branch1 = nn.Sequential(
            BasicConv2d(c(256), c(192), 1), BasicConv2d(c(192), c(192), 3, 1, 1), BasicConv2d(c(192), c(256), 3, 2)
        )

    def forward(self, x):
        return torch.cat((self.branch0(x), self.branch1(x), F.max_pool2d(x, 3, 2)), 1)


class Mixed7a(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.branch0 = nn.Sequential(BasicConv2d(c(896), c(256), 1), BasicConv2d(c(256), c(384), 3, 2))
        self.branch1 = nn.Sequential(BasicConv2d(c(896), c(256), 1), BasicConv2d(c(256), c(256), 3, 2))
        self.branch2 = nn.Sequential(
            BasicConv2d(c(896), c(256), 1), BasicConv2d(c(256), c(256), 3, 1, 1), BasicConv2d(c(256), c(256), 3, 2)
        )

    def forward(self, x):
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), F.max_pool2d(x, 3, 2)), 1)


class InceptionResnetV1(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        c = lambda published: published * width // 32
        self.conv2d_1a = BasicConv2d(3, c(32), 3, 2)
        self.conv2d_2a = BasicConv2d(c(32), c(32), 3)
        self.conv2d_2b = BasicConv2d(c(32), c(64), 3, 1, 1)
        self.conv2d_3b = BasicConv2d(c(64), c(80), 1)
        self.conv2d_4a = BasicConv2d(c(80), c(192), 3)
        self.conv2d_4b = BasicConv2d(c(192), c(256), 3, 2)
        self.repeat_1 = nn.Sequential(*[Block35(c, 0.17) for _ in range(5)])
        self.mixed_6a = Mixed6a(c)
        self.repeat_2 = nn.Sequential(*[Block17(c, 0.10) for _ in range(10)])
        self.mixed_7a = Mixed7a(c)
        self.repeat_3 = nn.Sequential(*[Block8(c, 0.20) for _ in range(5)])
        self.block8 = Block8(c, relu=False)
        self.last_linear = nn.Linear(c(1792), c(512), bias=False)
        self.last_bn = nn.BatchNorm1d(c(512), eps=0.001, momentum=0.1)

    def forward(self, image):
        x = image * (127.5 / 128)  # from -1..1 to (v - 127.5) / 128
        x = F.max_pool2d(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x))), 3, 2)
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(x)))
        x = self.repeat_2(self.mixed_6a(self.repeat_1(x)))
        x = self.block8(self.repeat_3(self.mixed_7a(x)))
        x = self.last_bn(self.last_linear(x.mean((2, 3))))
        return F.normalize(x, p=2, dim=1)


# ---- insightface: recognition/arcface_torch/backbones/iresnet.py ----


class IBasicBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.prelu = nn.PReLU(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        out = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return out + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    def __init__(self, counts, width=64, size=112):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.prelu = nn.PReLU(width)
        inputs = width
        for layer, count in enumerate(counts):
            out = width << layer
            blocks = [IBasicBlock(inputs, out, 2)] + [IBasicBlock(out, out, 1) for _ in range(count - 1)]
            setattr(self, f"layer{layer + 1}", nn.Sequential(*blocks))
            inputs = out
        self.bn2 = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs * (size // 16) ** 2, inputs)
        self.features = nn.BatchNorm1d(inputs)
        self.features.weight.requires_grad = False

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.features(self.fc(self.bn2(x).flatten(1)))


# ---- TreB1eN: InsightFace_Pytorch/model.py ----


class SEModule(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class BottleneckIrSe(nn.Module):
    def __init__(self, inputs, depth, stride):
        super().__init__()
        if inputs == depth:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(nn.Conv2d(inputs, depth, 1, stride, bias=False), nn.BatchNorm2d(depth))
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, depth, 3, 1, 1, bias=False),
            nn.PReLU(depth),
            nn.Conv2d(depth, depth, 3, stride, 1, bias=False),
            nn.BatchNorm2d(depth),
            SEModule(depth),
        )

    def forward(self, x):
        return self.res_layer(x) + self.shortcut_layer(x)


class IrSe50(nn.Module):
    def __init__(self, width=64, size=112):
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        blocks, inputs = [], width
        for stage, count in enumerate((3, 4, 14, 3)):
            for i in range(count):
                blocks.append(BottleneckIrSe(inputs, width << stage, 1 if i else 2))
                inputs = width << stage
        self.body = nn.Sequential(*blocks)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Dropout(0.0),
            nn.Flatten(),
            nn.Linear(inputs * (size // 16) ** 2, inputs),
            nn.BatchNorm1d(inputs),
        )

    def forward(self, x):
        return F.normalize(self.output_layer(self.body(self.input_layer(x))), p=2, dim=1)


# ---- AlfredXiangWu: LightCNN/light_cnn.py ----


class Mfm(nn.Module):
    def __init__(self, inputs, outputs, kernel, padding):
        super().__init__()
        self.outputs = outputs
        self.filter = nn.Conv2d(inputs, 2 * outputs, kernel, 1, padding)

    def forward(self, x):
        a, b = torch.split(self.filter(x), self.outputs, 1)
        return torch.max(a, b)


class Group(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_a = Mfm(inputs, inputs, 1, 0)
        self.conv = Mfm(inputs, outputs, 3, 1)

    def forward(self, x):
        return self.conv(self.conv_a(x))


class ResBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = Mfm(width, width, 3, 1)
        self.conv2 = Mfm(width, width, 3, 1)

    def forward(self, x):
        return self.conv2(self.conv1(x)) + x


class LightCnn29V2(nn.Module):
    def __init__(self, width=48, size=128):
        super().__init__()
        c = lambda published: published * width // 48
        layer = lambda count, channels: nn.Sequential(*[ResBlock(channels) for _ in range(count)])
        self.conv1 = Mfm(1, c(48), 5, 2)
        self.block1 = layer(1, c(48))
        self.group1 = Group(c(48), c(96))
        self.block2 = layer(2, c(96))
        self.group2 = Group(c(96), c(192))
        self.block3 = layer(3, c(192))
        self.group3 = Group(c(192), c(128))
        self.block4 = layer(4, c(128))
        self.group4 = Group(c(128), c(128))
        self.fc = nn.Linear(c(128) * (size // 16) ** 2, c(256))

    def forward(self, image):
        pool = lambda x: F.max_pool2d(x, 2) + F.avg_pool2d(x, 2)
        x = pool(self.conv1(grey(image)))
        x = pool(self.group1(self.block1(x)))
        x = pool(self.group2(self.block2(x)))
        x = self.group3(self.block3(x))
        x = pool(self.group4(self.block4(x)))
        return self.fc(x.flatten(1))


class MfmLinear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.outputs = outputs
        self.filter = nn.Linear(inputs, 2 * outputs)

    def forward(self, x):
        a, b = torch.split(self.filter(x), self.outputs, 1)
        return torch.max(a, b)


def grey(image):
    shares = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float32).to(image.dtype).view(1, 3, 1, 1)
    return (image * shares).sum(1, keepdim=True) * 0.5 + 0.5


class LightCnn9(nn.Module):
    def __init__(self, width=48, size=128):
        super().__init__()
        c = lambda published: published * width // 48
        pool = lambda: nn.MaxPool2d(2, 2, ceil_mode=True)
        self.features = nn.Sequential(
            Mfm(1, c(48), 5, 2), pool(), Group(c(48), c(96)), pool(), Group(c(96), c(192)), pool(),
            Group(c(192), c(128)), Group(c(128), c(128)), pool(),
        )
        self.fc1 = MfmLinear(c(128) * (size // 16) ** 2, c(256))

    def forward(self, image):
        return self.fc1(self.features(grey(image)).flatten(1))


class LightCnn29(nn.Module):
    def __init__(self, width=48, size=128):
        super().__init__()
        c = lambda published: published * width // 48
        layer = lambda count, channels: nn.Sequential(*[ResBlock(channels) for _ in range(count)])
        self.conv1 = Mfm(1, c(48), 5, 2)
        self.block1 = layer(1, c(48))
        self.group1 = Group(c(48), c(96))
        self.block2 = layer(2, c(96))
        self.group2 = Group(c(96), c(192))
        self.block3 = layer(3, c(192))
        self.group3 = Group(c(192), c(128))
        self.block4 = layer(4, c(128))
        self.group4 = Group(c(128), c(128))
        self.fc = MfmLinear(c(128) * (size // 16) ** 2, c(256))

    def forward(self, image):
        pool = lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True)
        x = pool(self.conv1(grey(image)))
        x = pool(self.group1(self.block1(x)))
        x = pool(self.group2(self.block2(x)))
        x = self.group3(self.block3(x))
        x = pool(self.group4(self.block4(x)))
        return self.fc(x.flatten(1))


# ---- insightface: recognition/arcface_torch/backbones/mobilefacenet.py ----


class ConvBlock(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1, padding=0, groups=1, active=True):
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self.layers = nn.Sequential(conv, nn.BatchNorm2d(outputs), *([nn.PReLU(outputs)] if active else []))

    def forward(self, x):
        return self.layers(x)


class DepthWise(nn.Module):
    def __init__(self, inputs, outputs, groups, stride=2, residual=False):
        super().__init__()
        self.residual = residual
        self.layers = nn.Sequential(
            ConvBlock(inputs, groups),
            ConvBlock(groups, groups, 3, stride, 1, groups),
            ConvBlock(groups, outputs, active=False),
        )

    def forward(self, x):
        return self.layers(x) + x if self.residual else self.layers(x)


class Residual(nn.Module):
    def __init__(self, c, count, groups):
        super().__init__()
        self.layers = nn.Sequential(*[DepthWise(c, c, groups, 1, True) for _ in range(count)])

    def forward(self, x):
        return self.layers(x)


class Gdc(nn.Module):
    def __init__(self, length, size):
        super().__init__()
        self.layers = nn.Sequential(
            ConvBlock(512, 512, size // 16, groups=512, active=False),
            nn.Flatten(),
            nn.Linear(512, length, bias=False),
            nn.BatchNorm1d(length),
        )

    def forward(self, x):
        return self.layers(x)


class MobileFaceNet(nn.Module):
    def __init__(self, scale=2, length=512, blocks=(1, 4, 6, 2), size=112):
        super().__init__()
        a, b = 64 * scale, 128 * scale
        first = ConvBlock(a, a, 3, 1, 1, 64) if blocks[0] == 1 else Residual(a, blocks[0], 128)
        self.layers = nn.ModuleList([
            ConvBlock(3, a, 3, 2, 1), first, DepthWise(a, a, 128), Residual(a, blocks[1], 128),
            DepthWise(a, b, 256), Residual(b, blocks[2], 256), DepthWise(b, b, 512), Residual(b, blocks[3], 256),
        ])
        self.conv_sep = ConvBlock(b, 512)
        self.features = Gdc(length, size)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.features(self.conv_sep(x))


# ---- ours: registry/embedding/resnet50.toml and resnet101.toml, on torchvision's trunk ----


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride != 1 or inputs != 4 * width:
            shortcut = nn.Conv2d(inputs, 4 * width, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class Trunk(nn.Module):
    def __init__(self, counts, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for layer, count in enumerate(counts):
            blocks = []
            for i in range(count):
                blocks.append(Bottleneck(inputs, width << layer, 2 if layer and not i else 1))
                inputs = 4 * (width << layer)
            setattr(self, f"layer{layer + 1}", nn.Sequential(*blocks))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Resnet(nn.Module):
    def __init__(self, counts, width=64, size=112, length=512, stride=1):
        super().__init__()
        self.trunk = Trunk(counts, width, stride)
        self.bn = nn.BatchNorm2d(32 * width)
        self.fc = nn.Linear(32 * width * (size // (16 * stride)) ** 2, length)
        self.features = nn.BatchNorm1d(length)
        self.features.weight.requires_grad = False

    def forward(self, x):
        return self.features(self.fc(self.bn(self.trunk(x)).flatten(1)))


# ---- ours: src/components/embedding/small_resnet.rs ----


class Basic(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, 2, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class SmallResnet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        self.layer = nn.ModuleDict({str(i + 1): Basic(widths[i], widths[i + 1]) for i in range(4)})
        self.embedding = nn.Linear(8 * width, 4 * width)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        for layer in self.layer.values():
            x = layer(x)
        return self.embedding(x.mean((2, 3)))


def count(module):
    return sum(p.numel() for p in module.parameters())


RESULTS = {}


def tensors(net, image, size, learning, deep, dtype):
    net = fill(net).to(dtype).train(learning)
    x = numbers(image[0], 3, image[1], image[1], seed=1).to(dtype).requires_grad_()
    y = net(x if size is None else F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False))
    (y * numbers(*y.shape, seed=5).to(dtype)).sum().backward()
    gradients = {} if deep else {f"gradient/{n}": p.grad for n, p in net.named_parameters() if p.grad is not None}
    return {"output": y, "image": x.grad, **gradients}


def case(name, make, image, size, learning=False, deep=False):
    """`image`: samples and side of the images; `size`: what the network resizes them to."""
    rows = lambda dtype: table(tensors(make(), image, size, learning, deep, dtype))
    reference = rows(torch.float64)
    print(f"{name}: {len(reference)} tensors, f32 is off by {distance(rows(torch.float32), reference):.1e}")
    RESULTS[name] = [reference[n] for n in sorted(reference)]


def main():
    with torch.device("meta"):
        counts = {
            "inception-resnet-v1": count(InceptionResnetV1()),
            "iresnet18": count(IResNet((2, 2, 2, 2))),
            "iresnet34": count(IResNet((3, 4, 6, 3))),
            "iresnet50": count(IResNet((3, 4, 14, 3))),
            "iresnet100": count(IResNet((3, 13, 30, 3))),
            "ir-se-50": count(IrSe50()),
            "light-cnn-9": count(LightCnn9()),
            "light-cnn-29": count(LightCnn29()),
            "light-cnn-29-v2": count(LightCnn29V2()),
            "mobilefacenet": count(MobileFaceNet()),
            "mobilefacenet, large": count(MobileFaceNet(4, blocks=(2, 8, 12, 4))),
            "mobilefacenet, the paper's": count(MobileFaceNet(1, 128)),
            "resnet50": count(Resnet((3, 4, 6, 3))),
            "resnet101": count(Resnet((3, 4, 23, 3))),
            "small-resnet": count(SmallResnet()),
        }
    case("inception-resnet-v1", lambda: InceptionResnetV1(4), (2, 64), 80)
    case("iresnet18", lambda: IResNet((2, 2, 2, 2), 8, 32), (2, 40), 32)
    case("iresnet18-learning", lambda: IResNet((2, 2, 2, 2), 8, 32), (3, 40), 32, True)
    for depth, blocks in (("34", (3, 4, 6, 3)), ("50", (3, 4, 14, 3)), ("100", (3, 13, 30, 3))):
        case(f"iresnet{depth}", lambda: IResNet(blocks, 4, 32), (2, 40), 32, deep=True)
    case("ir-se-50", lambda: IrSe50(16, 16), (2, 24), 16)
    case("light-cnn-9", lambda: LightCnn9(6, 32), (2, 40), 32)
    case("light-cnn-29", lambda: LightCnn29(6, 32), (2, 40), 32)
    case("light-cnn-29-v2", lambda: LightCnn29V2(6, 32), (2, 40), 32)
    case("mobilefacenet", lambda: MobileFaceNet(1, 8, (1, 2, 1, 1), 32), (2, 40), 32)
    case("mobilefacenet-large", lambda: MobileFaceNet(1, 8, (2, 1, 1, 1), 32), (2, 40), 32)
    case("resnet50", lambda: Resnet((3, 4, 6, 3), 2, 32, 6), (2, 40), 32)
    case("resnet101", lambda: Resnet((3, 4, 23, 3), 2, 32, 6), (2, 40), 32, deep=True)
    case("small-resnet", lambda: SmallResnet(4), (2, 24), None)
    case("small-resnet-learning", lambda: SmallResnet(4), (3, 24), None, True)
    path = pathlib.Path(__file__).parent / "golden" / "embeddings.safetensors"
    save(path, RESULTS)
    print(path, path.stat().st_size, "bytes,", counts)


if __name__ == "__main__":
    main()
