"""Numbers of PyTorch for src/tensor/ops/parity.rs: outputs and gradients of convolutions, linear maps and optimizers.

    python3 tests/parity/convolution.py    # writes tests/parity/golden/convolution.safetensors

Inputs are not stored: both sides draw them by `wave`, whose values are exact in f32. Every case carries its settings in
the file's metadata, so that the test repeats what this script did.
"""

import json
import math
import pathlib
import struct

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)


def wave(shape, phase):
    """sin(phase + 0.7 i) rounded to 1/1024; ties do not occur."""
    values = [math.floor(math.sin(phase + 0.7 * i) * 1024.0 + 0.5) / 1024.0 for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


stored, cases = {}, []


def record(settings, f, x, weight, bias):
    """Runs f in f64, so that the numbers are right to the last bit of f32."""
    name = f"{len(cases)}"
    leaves = [wave(s, p).double().requires_grad_() for s, p in ((x, 0.3), (weight, 1.1), (bias, 0.5)) if s]
    y = f(*leaves)
    y.backward(wave(y.shape, 2.0).double())
    stored[f"{name}.y"] = y.detach().float().contiguous()
    for i, leaf in enumerate(leaves):
        stored[f"{name}.d{i}"] = leaf.grad.float().contiguous()
    cases.append({**settings, "x": x, "weight": weight, "bias": bias})


def convolution(x, outputs, kernel, stride=1, padding=(0, 0, 0, 0), dilation=1, groups=1, border="zero", bias=True):
    top, bottom, left, right = padding
    mode = {"zero": "constant", "reflect": "reflect", "replicate": "replicate"}[border]

    def run(x, weight, *bias):
        padded = F.pad(x, (left, right, top, bottom), mode=mode)
        return F.conv2d(padded, weight, *bias, stride=stride, dilation=dilation, groups=groups)

    settings = {"op": "conv2d", "stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "border": border}
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    record(settings, run, x, [outputs, x[1] // groups, height, width], [outputs] if bias else None)


def transposed(x, outputs, kernel, stride, padding, output_padding):
    def run(x, weight, bias):
        return F.conv_transpose2d(x, weight, bias, stride=stride, padding=padding, output_padding=output_padding)

    settings = {"op": "conv_transpose2d", "stride": stride, "padding": [padding] * 4}
    record(settings, run, x, [x[1], outputs, kernel, kernel], [outputs])


convolution([1, 1, 7, 5], 2, 3)
convolution([3, 5, 6, 9], 4, 3, padding=(1, 1, 1, 1))
convolution([3, 5, 11, 7], 3, 4, stride=2, padding=(1, 1, 1, 1), bias=False)
convolution([1, 5, 9, 13], 2, 5, stride=3, padding=(2, 0, 1, 4))
convolution([3, 1, 9, 8], 3, 3, dilation=2, padding=(2, 2, 2, 2))
convolution([1, 6, 7, 5], 9, 3, groups=3, padding=(1, 0, 0, 1))
convolution([3, 5, 6, 5], 5, 3, stride=2, groups=5, padding=(1, 1, 1, 1))
convolution([3, 5, 5, 7], 1, 1)
convolution([1, 5, 6, 7], 3, 3, border="reflect", padding=(1, 1, 1, 1))
convolution([3, 1, 7, 6], 2, 7, border="reflect", padding=(3, 3, 3, 3))
convolution([3, 2, 5, 7], 4, 3, border="replicate", padding=(1, 2, 3, 0), stride=2, dilation=2, groups=2)
convolution([8, 24, 8, 6], 20, 4, stride=2, padding=(1, 1, 1, 1))
transposed([1, 1, 3, 5], 2, 3, 1, 1, 0)
transposed([3, 5, 4, 3], 1, 4, 2, 1, 0)
transposed([3, 4, 3, 5], 5, 3, 2, 1, 1)
transposed([1, 2, 4, 3], 3, 3, 3, 0, 2)
record({"op": "linear"}, F.linear, [3, 5], [7, 5], [7])
record({"op": "linear"}, F.linear, [1, 33], [5, 33], None)


def optimizer(kind, make, **settings):
    """Six steps of a parameter of 37 values; gradients are waves of phase 0.1, 1.1, ..."""
    p = wave([37], 0.3).requires_grad_()
    rule = make([p], foreach=False)
    for step in range(6):
        p.grad = wave([37], 0.1 + step)
        rule.step()
        if step in (0, 5):
            stored[f"{len(cases)}.{step}"] = p.detach().clone()
    cases.append({"op": kind, **settings})


def adam(decoupled, lr, betas, epsilon, decay):
    make = torch.optim.AdamW if decoupled else torch.optim.Adam
    settings = {"decoupled": decoupled, "lr": lr, "betas": betas, "epsilon": epsilon, "decay": decay}
    optimizer("adam", lambda p, **k: make(p, lr=lr, betas=betas, eps=epsilon, weight_decay=decay, **k), **settings)


def sgd(lr, momentum, nesterov, decay):
    settings = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "decay": decay}
    make = lambda p, **k: torch.optim.SGD(p, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=decay, **k)
    optimizer("sgd", make, **settings)


def rmsprop(lr, alpha, epsilon, decay):
    settings = {"lr": lr, "alpha": alpha, "epsilon": epsilon, "decay": decay}
    make = lambda p, **k: torch.optim.RMSprop(p, lr=lr, alpha=alpha, eps=epsilon, weight_decay=decay, **k)
    optimizer("rmsprop", make, **settings)


adam(False, 1e-3, [0.9, 0.999], 1e-8, 0.0)
adam(False, 2e-2, [0.5, 0.999], 1e-3, 0.1)
adam(True, 1e-2, [0.9, 0.99], 1e-8, 0.5)
sgd(0.1, 0.0, False, 0.0)
sgd(0.1, 0.9, False, 0.05)
sgd(0.1, 0.8, True, 0.05)
rmsprop(1e-2, 0.99, 1e-8, 0.0)
rmsprop(1e-2, 0.9, 1e-2, 0.1)

convolution([2, 3, 5, 9], 4, (1, 7), padding=(0, 0, 3, 3))
convolution([1, 4, 9, 5], 3, (7, 1), padding=(3, 3, 0, 0), bias=False)
convolution([3, 4, 7, 8], 6, (3, 2), stride=2, padding=(1, 0, 2, 1), groups=2)
convolution([2, 2, 6, 9], 3, (2, 3), dilation=2, border="reflect", padding=(1, 2, 3, 0))


def save(tensors, path, metadata):
    """The safetensors format: length of the header, header, values."""
    header, start = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        end = start + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header).encode()
    values = b"".join(tensor.contiguous().numpy().tobytes() for tensor in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + values)


path = pathlib.Path(__file__).parent / "golden" / "convolution.safetensors"
save(stored, path, {"torch": torch.__version__, "cases": json.dumps(cases)})
print(path, path.stat().st_size, "bytes,", len(cases), "cases, torch", torch.__version__)
