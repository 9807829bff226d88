#!/bin/bash
# Times our training steps and PyTorch's on a machine with an NVIDIA GPU; no cargo, under 8 minutes. Needs python3 with torch.
#
#   tools/gpu-bench.sh PROGRAM [RESULT]     PROGRAM: built with `--features cuda`; RESULT: benches/results/<date>-gpu.md
#
# The table goes to RESULT and to standard output. What a side could not run, and what there was no time for, is said below it.
set -u
program=$(realpath "${1:?usage: tools/gpu-bench.sh PROGRAM [RESULT]}")
cd "$(dirname "$0")/.."
result=${2:-benches/results/$(date +%F)-gpu.md}

# CUDA's libraries may lie in Python's packages, where no loader looks.
wheels=$(python3 -c 'import nvidia,glob;print(":".join(sorted(p for r in nvidia.__path__ for p in glob.glob(r+"/*/lib"))))' 2>/dev/null)
export LD_LIBRARY_PATH=${wheels:+$wheels:}${LD_LIBRARY_PATH:-}

if ! python3 -c 'import torch' 2>/dev/null; then
  echo "no PyTorch for python3: there is nothing to compare with" >&2
  exit 2
fi
if [ "${BENCH_DEVICE:-cuda}" = cuda ]; then
  if ! "$program" doctor | grep -q 'on the GPU'; then
    echo "the program finds no GPU (\`$1 doctor\` says why)" >&2
    exit 2
  fi
  if ! python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())'; then
    echo "PyTorch finds no GPU" >&2
    exit 2
  fi
fi
# BENCH_DEVICE=cpu tries the script itself where there is no GPU; its numbers say nothing.
exec python3 benches/vs_pytorch/gpu.py "$program" "$result" --device "${BENCH_DEVICE:-cuda}" --seconds "${BENCH_SECONDS:-450}" \
  --steps "${BENCH_STEPS:-30}" --only "${BENCH_ONLY:-}"
