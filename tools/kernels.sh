#!/bin/sh
# Compiles every kernel to PTX for the GPUs that are checked (8.0 and 9.0) and assembles it, as a driver would. Needs no GPU;
# says so and passes where no nvcc is (tools/cuda-toolkit.sh fetches one).
set -eu
cd "$(dirname "$0")/.."
if ! tools/with-cuda sh -c 'command -v nvcc ptxas' >/dev/null 2>&1; then
  echo "no nvcc here; tools/cuda-toolkit.sh fetches one"
  exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
count=0
for file in src/tensor/kernels/*.cu; do
  name=$(basename "$file" .cu)
  for arch in 80 90; do
    tools/with-cuda nvcc --std=c++17 --Werror all-warnings --ptx --gpu-architecture="compute_$arch" -o "$out/$name.ptx" "$file"
    tools/with-cuda ptxas --warn-on-spills --gpu-name="sm_$arch" -o "$out/$name.cubin" "$out/$name.ptx"
    count=$((count + 1))
  done
done
echo "$count kernel files compiled and assembled"
