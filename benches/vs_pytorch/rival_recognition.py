"""Recognition in PyTorch: the networks of tests/parity/embeddings.py and models.py, and a step of ArcFace as
benches/vs_pytorch/recognition.toml has it.
"""
import re

import torch
from torch.nn import functional as F

import embeddings
import models as m
from layers import load as read
from rival_systems import Given

MARGIN, SCALE = 0.5, 64.0


def dotted(path):
    """Our path inside a node as PyTorch's name: `Layout` of src/graph/layout.rs."""
    *modules, tensor = path.split("/")
    tensor = {"running-variance": "running_var", "running-mean": "running_mean", "slope": "weight"}.get(tensor, tensor)
    return ".".join([re.sub(r"-(\d+)", r".\1", part) for part in modules] + [tensor])


def iresnet50(tensors, layout):
    network = embeddings.IResNet([3, 4, 14, 3])
    own = {dotted(name.split("/", 1)[1]): t for name, t in tensors.items() if name.startswith("network/")}
    state = network.state_dict()
    for name, value in state.items():
        if name in own:
            state[name] = own.pop(name).reshape(value.shape)
        else:
            assert name.endswith("num_batches_tracked") or name == "features.weight", name
    assert not own, sorted(own)
    network.load_state_dict(state)
    return network.to(memory_format=layout)


class SmallResnet:
    def __init__(self, tensors, layout):
        self.net = Given("network", tensors, layout)
        self.net.training = False

    def eval(self):
        return self

    def parameters(self):
        return list(self.net.parameters.values())

    def __call__(self, images):
        return F.normalize(m.small_resnet(self.net, images, 16))


NETWORKS = {"iresnet50": iresnet50, "small-resnet": SmallResnet}


class Recognition:
    def __init__(self, case, layout, compiled):
        tensors = read(case["tensors"])
        self.network = NETWORKS[case["system"]](tensors, layout)
        self.images = tensors["batch/complete"].contiguous(memory_format=layout)
        self.labels = tensors["batch/identity"].flatten().long()
        self.inference, self.passes, self.losses = case["inference"], case["passes"], []
        if self.inference:
            self.network.eval()
            with torch.no_grad():
                self.network(self.images[:1])
            return
        self.head = torch.nn.Parameter(next(t for name, t in tensors.items() if name.startswith("cosines/")).flatten(1))
        self.optimizer = torch.optim.SGD(self.learns(), lr=0.1, momentum=0.9, weight_decay=5e-4, fused=True)
        self.loss = torch.compile(self.loss) if compiled else self.loss

    def learns(self):
        return [p for p in [*self.network.parameters(), self.head] if p.requires_grad]

    def learnt(self):
        return 0 if self.inference else sum(p.numel() for p in self.learns())

    def prepare(self):
        return None

    def loss(self):
        cosines = F.linear(F.normalize(self.network(self.images)), F.normalize(self.head)).clamp(-1, 1)
        angle = torch.acos(cosines.clamp(-1 + 1e-7, 1 - 1e-7))
        turned = torch.where(F.one_hot(self.labels, len(self.head)).bool(), torch.cos(angle + MARGIN), cosines)
        return F.cross_entropy(SCALE * turned, self.labels)

    def run(self, _):
        if self.inference:
            with torch.inference_mode():
                for _ in range(self.passes):
                    self.network(self.images)
            return
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        self.losses = [loss.item()]

    def check(self):
        if self.inference:
            with torch.inference_mode():
                return [self.network(self.images).clone()]
        self.run(None)
        return []
