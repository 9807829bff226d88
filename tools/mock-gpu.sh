#!/bin/sh
# A GPU that is none: a driver, cuBLAS, cuDNN and NCCL of plain C++ in one library, under which the real kernels run on the host. For
# checking what a GPU would be told, where there is none; needs g++.
#
#   tools/mock-gpu.sh build FOLDER         makes FOLDER/libmock-gpu.so
#   tools/mock-gpu.sh run COMMAND..        runs a command with it: a program built with `--features cuda`, with `ci-check` or not;
#                                          MOCK_GPUS=2 has two
#   tools/mock-gpu.sh test [NAME]          every operation against the CPU, with cuDNN and without
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

build() {
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  options="-O2 -std=c++17 -fPIC -fvisibility=hidden -Wall -Wno-unknown-pragmas -I$root/tools/mock-gpu -I$root/src/tensor/kernels"
  objects=
  for file in "$root"/src/tensor/kernels/*.cu; do
    name=$(basename "$file" .cu)
    {
      printf '#include "emulate.h"\n#include <utility>\n#include "%s"\n' "$file"
      sed -n 's/^extern "C" __global__ void \([a-z0-9_]*\)(.*/static Kernel kernel_\1("\1", [](void **a) { call(\1, a); });/p' "$file"
    } >"$folder/$name.cpp"
    # shellcheck disable=SC2086
    g++ $options -include utility -c -o "$folder/$name.o" "$folder/$name.cpp"
    objects="$objects $folder/$name.o"
  done
  for name in driver libraries nccl; do
    # shellcheck disable=SC2086
    g++ $options -fvisibility=default -include utility -c -o "$folder/mock-$name.o" "$root/tools/mock-gpu/$name.cpp"
    objects="$objects $folder/mock-$name.o"
  done
  # shellcheck disable=SC2086
  g++ -shared -o "$folder/libmock-gpu.so" $objects
}

with_mock() {
  library=$root/target/mock-gpu/libmock-gpu.so
  [ -e "$library" ] || build "$root/target/mock-gpu"
  LIBCUDA=$library LIBCUBLAS=$library LIBNCCL=${LIBNCCL:-$library} LIBCUDNN=${LIBCUDNN:-$library} "$@"
}

case "${1:-}" in
  build) build "${2:?a folder}" ;;
  run)
    shift
    with_mock "$@"
    ;;
  test)
    build "$root/target/mock-gpu"
    cd "$root"
    with_mock cargo test --features cuda,ci-check --lib "${2:-tensor::cuda}"
    LIBCUDNN=none with_mock cargo test --features cuda,ci-check --lib "${2:-tensor::cuda}"
    ;;
  *)
    echo "usage: tools/mock-gpu.sh build FOLDER | run COMMAND.. | test [NAME]" >&2
    exit 2
    ;;
esac
