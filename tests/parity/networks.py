"""Golden outputs of components, by PyTorch 2.15: `python3 tests/parity/networks.py > tests/parity/networks.json`.

Read by `src/components/parity.rs`, which makes the same values by the same formulas. The residual network is torchvision's
`resnet18` written out, with its names, eight channels wide.
"""
import json
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from values import fill, numbers

torch.set_num_threads(1)
f32 = np.float32


def summary(tensor):
    t = tensor.detach().double().flatten()
    return {"shape": list(tensor.shape), "first": t[:8].tolist(), "sum": t.sum().item(), "squares": (t * t).sum().item()}


class Basic(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Resnet18(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for layer in range(4):
            out = width << layer
            blocks = [Basic(inputs, out, 2 if layer else 1), Basic(out, out, 1)]
            setattr(self, f"layer{layer + 1}", nn.Sequential(*blocks))
            inputs = out

    def forward(self, x):
        stages = [F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(stages[0], 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            stages.append(x)
        return stages[::-1]


golden = {}
with torch.no_grad():
    for mode in (False, True):
        net = fill(Resnet18(8)).train(mode)
        stages = net(numbers(2, 3, 64, 64, seed=1))
        name = "train" if mode else "eval"
        golden[f"resnet18-{name}"] = [summary(s) for s in stages]
    running = [net.bn1.running_mean, net.bn1.running_var]
    golden["resnet18-running"] = [summary(r.view(1, -1, 1, 1)) for r in running]

    for kernel, stride, h, w in ((4, 1, 7, 9), (4, 2, 7, 8), (2, 1, 5, 6), (4, 2, 8, 8)):
        conv = fill(nn.Conv2d(3, 5, kernel, stride))
        pads = []
        for n in (w, h):
            out = -(-n // stride)
            left = (kernel - 1) // 2
            pads += [left, max(0, (out - 1) * stride + kernel - n - left)]
        golden[f"same-{kernel}-{stride}-{h}-{w}"] = [summary(conv(F.pad(numbers(2, 3, h, w, seed=1), pads)))]

    oblong = fill(nn.Conv2d(3, 5, (3, 6), 2))
    golden["same-3x6-2-7-9"] = [summary(oblong(F.pad(numbers(2, 3, 7, 9, seed=1), (2, 3, 1, 1))))]

    up = fill(nn.ConvTranspose2d(3, 5, 3, 2, 1, 1))
    golden["transposed-3-2"] = [summary(up(numbers(2, 3, 5, 6, seed=1)))]

    a, b = numbers(2, 6, 5, 7, seed=1), numbers(2, 4, 5, 7, seed=2)
    project = fill(nn.Conv2d(6, 4, 1))
    raw = torch.tensor([1.5, 0.25])
    w = F.relu(raw)
    golden["fast-normalized"] = [summary((w[0] * project(a) + w[1] * b) / (w.sum() + 1e-4))]
    s = raw.softmax(0)
    golden["softmax-weighted"] = [summary(s[0] * project(a) + s[1] * b)]

    squeeze, excite = fill(nn.Conv2d(6, 3, 1)), fill(nn.Conv2d(3, 6, 1))
    weights = torch.sigmoid(excite(F.relu(squeeze(a.mean((2, 3), keepdim=True)))))
    golden["squeeze-excite"] = [summary(a * weights)]

print(json.dumps(golden, indent=1))
