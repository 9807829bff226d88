"""Single operations in PyTorch."""
import torch
from torch.nn import functional as F

import models
from layers import Net, uniform


def conv2d(case, x, w):
    return F.conv2d(x, w, None, case["stride"], case["padding"])


def conv_transpose2d(case, x, w):
    return F.conv_transpose2d(x, w, None, case["stride"], case["padding"])


def batch_norm(case, x, w, b):
    return F.batch_norm(x, case["mean"], case["variance"], w, b, True, 0.1, 1e-5)


def instance_norm(case, x, w, b):
    return F.instance_norm(x, None, None, w, b)


def bilinear(case, x):
    return F.interpolate(x, scale_factor=case["factor"], mode="bilinear", align_corners=False)


OPS = {
    "conv2d": conv2d,
    "conv-transpose2d": conv_transpose2d,
    "batch-norm": batch_norm,
    "instance-norm": instance_norm,
    "leaky-relu": lambda case, x: F.leaky_relu(x, case["slope"]),
    "tanh": lambda case, x: torch.tanh(x),
    "resize-bilinear": bilinear,
    "resize-nearest": lambda case, x: F.interpolate(x, scale_factor=case["factor"]),
    "max-pool": lambda case, x: F.max_pool2d(x, case["kernel"], case["stride"], case["padding"]),
    "concat": lambda case, *maps: torch.cat(maps, 1),
}


class Component(Net):
    """A component's parameters, without a search for kinks."""

    def __init__(self, training):
        super().__init__("net", 1, torch.float32)
        self.training = training

    def kink(self, x):
        pass

    def relu(self, x):
        return F.relu(x, inplace=x.dim() == 4)


def component(name, net):
    if name == "gate/attention-gate":
        return lambda case, skip, signal: models.attention_gate(net, "", skip, signal)[0]
    if name == "fusion/fast-normalized":
        return lambda case, a, b: models.fusion(net, "", "fast-normalized", a, b)
    raise ValueError(name)


def vector(op, number):
    """Whether an input is a norm's weight or bias, which PyTorch wants one-dimensional."""
    return op.endswith("norm") and number > 0


def load(case, layout, compiled):
    whole = {"adam": Adam, "scoring": Scoring}.get(case["op"])
    return whole(case) if whole else Op(case, layout, compiled)


def laid_out(tensor, layout):
    return tensor.contiguous(memory_format=layout) if tensor.dim() == 4 else tensor


class Op:
    losses = []

    def __init__(self, case, layout, compiled):
        self.case, self.layout = case, layout
        self.inputs = []
        for number, shape in enumerate(case["inputs"]):
            t = uniform(1, str(number), shape)
            t = t.flatten() if vector(case["op"], number) else laid_out(t, layout)
            self.inputs.append(t.requires_grad_(case["backward"]))
        if case["op"] == "batch-norm":
            channels = case["inputs"][0][1]
            case["mean"], case["variance"] = torch.zeros(channels), torch.ones(channels)
        self.parameters = []
        if case["op"] == "component":
            self.make_component()
        else:
            self.function = OPS[case["op"]]
        with torch.no_grad():
            y = self.function(case, *self.inputs)
            self.gradient = laid_out(uniform(1, "gradient", y.shape), layout)
        if compiled:
            self.function = torch.compile(self.function)

    def make_component(self):
        net = Component(self.case["backward"])
        self.function = component(self.case["name"], net)
        with torch.no_grad():
            self.function(self.case, *self.inputs)
        # Running statistics begin as a fresh norm's.
        for path, t in net.buffers.items():
            t.fill_(0.0 if path.endswith("mean") else 1.0)
        for path, t in net.parameters.items():
            net.parameters[path] = laid_out(t.detach(), self.layout).requires_grad_(True)
        self.parameters = [net.parameters[path] for path in sorted(net.parameters)]

    def learnt(self):
        return sum(p.numel() for p in self.parameters)

    def prepare(self):
        return None

    def run(self, _):
        if not self.case["backward"]:
            with torch.inference_mode():
                self.function(self.case, *self.inputs)
            return
        self.differentiate()

    def differentiate(self):
        y = self.function(self.case, *self.inputs)
        return y, torch.autograd.grad(y, self.inputs + self.parameters, self.gradient)

    def check(self):
        if not self.case["backward"]:
            with torch.no_grad():
                return [self.function(self.case, *self.inputs)]
        y, gradients = self.differentiate()
        return [y, *gradients]


class Adam:
    """Fused: one pass over parameter, gradient and moments."""

    losses = []

    def __init__(self, case):
        self.parameter = uniform(1, "0", case["inputs"][0]).requires_grad_(True)
        self.parameter.grad = uniform(1, "1", case["inputs"][1])
        self.optimizer = torch.optim.Adam([self.parameter], lr=1e-4, betas=(0.5, 0.999), fused=True)

    def learnt(self):
        return self.parameter.numel()

    def prepare(self):
        return None

    def run(self, _):
        self.optimizer.step()

    def check(self):
        self.optimizer.step()
        return [self.parameter]


class Scoring:
    """LFW's view 2 as insightface's `calculate_roc` and `calculate_accuracy` have it, all thresholds of a fold at once."""

    losses = []

    def __init__(self, case):
        pairs = case["inputs"][0][0]
        self.first, self.second = (uniform(1, str(i), case["inputs"][i]).view(pairs, -1) for i in range(2))
        self.same = torch.arange(pairs) % 2 == 0
        self.second[self.same] += self.first[self.same]
        self.folds = torch.arange(pairs) // (pairs // 10)

    def learnt(self):
        return 0

    def prepare(self):
        return None

    def judge(self):
        first, second = (F.normalize(v.double()) for v in (self.first, self.second))
        distance = (first - second).square().sum(1)
        thresholds = torch.arange(0, 4, 0.01, dtype=torch.float64)
        right = ((distance[:, None] < thresholds) == self.same[:, None]).double()
        shares = []
        for fold in range(10):
            tested = self.folds == fold
            best = right[~tested].mean(0).argmax()
            shares.append(right[tested, best].mean())
        # Curve, equal error and true accepts: the sorted scores, as the other side has them too.
        order = distance.argsort()
        hits = self.same[order].cumsum(0) / self.same.sum()
        alarms = (~self.same[order]).cumsum(0) / (~self.same).sum()
        torch.trapezoid(hits, alarms), (1 - hits - alarms).abs().argmin()
        return 1 - distance / 2, torch.stack(shares).mean()

    def run(self, _):
        with torch.inference_mode():
            self.judge()

    def check(self):
        scores, accuracy = self.judge()
        return [scores.float(), 100 * accuracy.float().view(1)]
