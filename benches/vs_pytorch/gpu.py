"""Our training steps and PyTorch's on one GPU, side by side: what tools/gpu-bench.sh runs.

    gpu.py PROGRAM OUT.md [--seconds 450] [--steps 30] [--device cuda] [--only SUBSTRING]

Ours are steps of the program itself, as its records tell them, without and with loading. PyTorch's networks and steps are
those of rival_systems.py, on tensors of the same shapes: eager in f32, TF32 and bf16 (autocast, channels_last), and
torch.compile in TF32, with cudnn.benchmark. Each side has the GPU for itself. A time is the median of the steps after the
first third; memory is the most in use on the device by the side's own count.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ADVERSARIAL = ["--set", 'train.stages=["completion"]', "--set", "datasets.pairs.identities=10"]
# Name, how PyTorch's side calls it, file, its stage, flags, batches: the most telling first.
SYSTEMS = [
    ("UV-GAN 256²", "uv-gan", "experiments/uv-completion/uv-gan.toml", "completion", ADVERSARIAL, [16, 1, 4, 32]),
    ("Attention ResCUNet-GAN 256²", "attention-res-cunet-gan",
     "experiments/uv-completion/attention-res-cunet-gan.toml", "completion", ADVERSARIAL, [16, 1, 4, 32]),
    ("U-Net-256 + PatchGAN", "pix2pix", "experiments/pix2pix.toml", "translation", ["--set", "datasets.pairs.identities=10"], [16, 1]),
    ("IResNet-50 112²", "recognition", "benches/vs_pytorch/recognition.toml", "recognition", [], [128]),
]
OURS = ["f32", "tf32", "bf16"]
TORCH = ["f32", "tf32", "bf16", "compile"]


# ---- ours ----


def lines(out):
    """Steps of the record so far."""
    found = []
    for path in pathlib.Path(out).glob("cells/*/records.jsonl"):
        for line in path.read_text().splitlines():
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if event.get("event") == "step":
                found.append(event)
    return found


def ours(program, out, file, stage, flags, batch, precision, steps, device, limit):
    """Seconds of a step, with loading, and bytes; or why not."""
    out = pathlib.Path(out)
    for path in out.glob("cells/*/records.jsonl"):
        path.unlink()
    command = [program, "run", str(ROOT / file), "--out", str(out), "--device", device, *flags]
    command += ["--set", f"train.batch={batch}", "--set", "run.checkpoint.every=100 epochs"]
    # As many steps as give a line of the record each; it is stopped before it would evaluate.
    command += ["--set", "evaluate.every=100 epochs", "--set", f"stages.{stage}.length={2 * steps} steps"]
    if precision != "f32":
        command += ["--set", f"run.precision={precision}"]
    with open(out / "log", "w") as log:
        run = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + limit
        while run.poll() is None and time.monotonic() < end and sum(1 for _ in lines(out)) < steps:
            time.sleep(0.2)
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
        try:
            run.wait(60)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
    found = lines(out)
    if len(found) < 6:
        said = [line for line in (out / "log").read_text().splitlines() if "rror" in line]
        return {"error": (said or ["too slow for the time given"])[-1][:120]}
    found = found[len(found) // 3:]
    status = [json.loads(path.read_text()) for path in out.glob("cells/*/status.json")]
    peak = max((s.get("peak-device-bytes") or s.get("peak-memory-bytes", 0) for s in status), default=0)
    net = statistics.median(e["step-seconds"] - e["loading-seconds"] for e in found)
    return {"seconds": net, "loaded": statistics.median(e["step-seconds"] for e in found), "bytes": peak}


# ---- PyTorch ----


class Anything(dict):
    """Tensors of whatever shape is asked for."""


def torch_side(system, mode, batches, steps, device):
    """Prints a line of JSON for each batch."""
    sys.path[:0] = [str(HERE), str(ROOT / "tests/parity")]
    import torch

    torch.set_default_device(device)
    torch.backends.cudnn.benchmark = True
    full = mode == "f32"
    torch.backends.cuda.matmul.allow_tf32 = not full
    torch.backends.cudnn.allow_tf32 = not full
    torch.manual_seed(0)
    cuda = device.startswith("cuda")
    for batch in batches:
        step = None
        try:
            step = {"recognition": recognition}.get(system, adversarial)(torch, system, mode, batch)
            wait = torch.cuda.synchronize if cuda else lambda: None
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            seconds = []
            for _ in range(steps):
                begun = time.perf_counter()
                if mode == "bf16":
                    with torch.autocast(device.split(":")[0], torch.bfloat16):
                        step()
                else:
                    step()
                wait()
                seconds.append(time.perf_counter() - begun)
            peak = torch.cuda.max_memory_allocated() if cuda else 0
            answer = {"seconds": statistics.median(seconds[len(seconds) // 3:]), "bytes": peak}
        except Exception as error:  # noqa: BLE001 - the other cases go on
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"}
        del step
        if cuda:
            torch.cuda.empty_cache()
        print(json.dumps({"batch": batch, **answer}), flush=True)


def adversarial(torch, system, mode, batch):
    import rival_systems as rival

    layout = torch.channels_last if mode == "bf16" else torch.contiguous_format

    def tensor(self, name, shape, kind):
        name = f"{self.node}/{name}"
        learnt = kind in ("kernel", "unit", "shift")
        store = self.parameters if learnt else self.buffers
        if name not in store:
            shape = tuple(shape)
            t = torch.randn(shape) * 0.02 if kind == "kernel" else torch.zeros(shape) if kind == "shift" else torch.ones(shape)
            t = t.contiguous(memory_format=layout) if t.dim() == 4 else t
            store[name] = t.requires_grad_(learnt)
        return store[name]

    rival.Given.tensor = tensor
    images = {f"batch/{port}": torch.rand(batch, 3, 256, 256) * 2 - 1 for port in ("incomplete", "complete")}
    rival.read = lambda _: Anything(images)
    case = {"system": system, "tensors": "", "dropout": True, "inference": False}
    work = rival.load(case, layout, mode == "compile")
    return lambda: work.run(None)


def recognition(torch, _, mode, batch):
    from torch.nn import functional as F

    import embeddings

    layout = torch.channels_last if mode == "bf16" else torch.contiguous_format
    network = embeddings.IResNet([3, 4, 14, 3]).to(memory_format=layout)
    classes = 20
    head = torch.nn.Parameter(torch.randn(classes, 512) * 0.01)
    learnt = [*network.parameters(), head]
    optimizer = torch.optim.SGD(learnt, lr=0.1, momentum=0.9, weight_decay=5e-4, fused=True)
    images = (torch.rand(batch, 3, 112, 112) * 2 - 1).contiguous(memory_format=layout)
    labels = torch.randint(classes, (batch,))

    def loss():
        cosines = F.linear(F.normalize(network(images)), F.normalize(head)).float().clamp(-1, 1)
        angle = torch.acos(cosines.clamp(-1 + 1e-7, 1 - 1e-7))
        turned = torch.where(F.one_hot(labels, classes).bool(), torch.cos(angle + 0.5), cosines)
        return F.cross_entropy(64.0 * turned, labels)

    loss_of = torch.compile(loss) if mode == "compile" else loss

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss_of()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def rivals(system, mode, batches, steps, device, limit):
    command = [sys.executable, __file__, "--torch", system, mode, ",".join(map(str, batches)), str(steps), device]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        text, said = done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        text, said = (error.stdout or b"").decode(), "no time left"
    found = {a.pop("batch"): a for a in map(json.loads, text.splitlines())}
    last = (said.strip().splitlines() or ["nothing was said"])[-1][:100]
    return {batch: found.get(batch, {"error": last}) for batch in batches}


# ---- the table ----


def milliseconds(answer, key="seconds"):
    return f"{1e3 * answer[key]:.1f}" if key in answer else "-"


def row(name, batch, own, torch):
    eager = {mode: torch[mode].get(batch, {}) for mode in TORCH}
    cells = [f"{name} b{batch}"]
    cells += [milliseconds(own[p]) for p in OURS] + [milliseconds(own["f32"], "loaded")]
    cells += [milliseconds(eager[mode]) for mode in TORCH]
    for precision in OURS:
        both = own[precision].get("seconds"), eager[precision].get("seconds")
        cells.append(f"{both[1] / both[0]:.2f}" if all(both) else "-")
    memory = [own["f32"].get("bytes"), eager["f32"].get("bytes")]
    cells += [f"{m / 2**20:.0f}" if m else "-" for m in memory]
    return "| " + " | ".join(cells) + " |"


def heading(program, device):
    ask = lambda *words: subprocess.run(words, capture_output=True, text=True).stdout.strip()
    query = ask("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader") if device != "cpu" else ""
    versions = ask(sys.executable, "-c", "import torch; print(torch.__version__, torch.version.cuda, torch.backends.cudnn.version())")
    return [
        f"# Training steps on a GPU, {time.strftime('%Y-%m-%d')}",
        "",
        f"- Machine: {query.splitlines()[0] if query else 'no GPU'}; {os.cpu_count()} cores",
        f"- Ours: {ask(program, '--version')}; PyTorch, CUDA, cuDNN: {versions}",
        "- Milliseconds of a step; ratio: eager PyTorch's time over ours at one precision, above 1 ours is faster; MiB in use at most, f32",
        "",
        "| | " + " | ".join([*(f"ours {p}" for p in OURS), "ours f32 with loading", *(f"torch {m}" for m in TORCH),
                             *(f"ratio {p}" for p in OURS), "ours MiB", "torch MiB"]) + " |",
        "|---|" + "---:|" * (2 * len(OURS) + len(TORCH) + 3),
    ]


def main():
    if sys.argv[1:2] == ["--torch"]:
        system, mode, batches, steps, device = sys.argv[2:]
        return torch_side(system, mode, [int(b) for b in batches.split(",")], int(steps), device)
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=450)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--only", default="")
    told = parser.parse_args()
    end = time.monotonic() + told.seconds
    left = lambda: end - time.monotonic()
    text, notes = heading(told.program, told.device), []
    print("\n".join(text), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name, system, file, stage, flags, batches in SYSTEMS:
            if told.only not in name:
                continue
            own = {batch: {} for batch in batches}
            for batch in batches:
                for precision in OURS:
                    if left() < 10:
                        own[batch][precision] = {"error": "no time left"}
                        continue
                    own[batch][precision] = ours(
                        told.program, scratch, file, stage, flags, batch, precision, told.steps, told.device, min(60, left())
                    )
            torch = {m: rivals(system, m, batches, told.steps, told.device, max(min(90, left()), 1)) for m in TORCH}
            for batch in sorted(batches):
                line = row(name, batch, own[batch], torch)
                text.append(line)
                print(line, flush=True)
                sides = {**{f"ours {p}": own[batch][p] for p in OURS}, **{f"torch {m}": torch[m][batch] for m in TORCH}}
                notes += [f"- {name} b{batch}, {side}: {a['error']}" for side, a in sides.items() if "error" in a]
    pathlib.Path(told.out).write_text("\n".join([*text, "", *notes]) + "\n")
    print("\n".join(notes))


if __name__ == "__main__":
    sys.exit(main())
