#!/bin/sh
# Fetches what building and running on NVIDIA GPUs needs from PyPI into .cuda/; needs python3 with pip, no GPU and no root.
#
#   tools/cuda-toolkit.sh              the compiler, nvcc 13.0 (104 MB; its PTX 9.0 loads on driver 580 and newer)
#   tools/cuda-toolkit.sh libraries    cuBLAS and cuDNN, for machines without CUDA (about 1 GB)
#
# Afterwards: tools/with-cuda cargo build --release --features cuda
set -eu
cd "$(dirname "$0")/.."

fetch() {
  python3 -m pip install --quiet --no-deps --no-compile --upgrade --root-user-action=ignore --target .cuda "$@"
}

case "${1:-compiler}" in
  compiler)
    # 13.0, not newer: the driver takes no PTX newer than itself. cccl holds nv/target, which the headers include.
    fetch nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 \
      nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85
    mkdir -p .cuda/bin
    # dfdx 0.13's build script asks nvidia-smi for a compute capability and gives up without an answer.
    printf '#!/bin/sh\nprintf "compute_cap\\n8.0\\n"\n' >.cuda/bin/nvidia-smi
    chmod +x .cuda/bin/nvidia-smi .cuda/nvidia/cu13/bin/* .cuda/nvidia/cu13/nvvm/bin/*
    ;;
  libraries)
    fetch nvidia-cublas==13.1.0.3 nvidia-cudnn-cu13 nvidia-cuda-nvrtc==13.0.88
    ;;
  *)
    echo "usage: tools/cuda-toolkit.sh [compiler|libraries]" >&2
    exit 2
    ;;
esac
