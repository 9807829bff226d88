// CUDA C for the host: a kernel's file compiles as C++ with this before it. The threads of a block run one after the other;
// where they meet at a barrier they are fibers.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#define __global__
#define __device__
#define __shared__ static

struct Index {
    unsigned x, y, z;
};
extern Index threadIdx, blockIdx, blockDim, gridDim;

// All threads of the block come here before any goes on.
void __syncthreads();

inline unsigned __float_as_uint(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

inline float __uint_as_float(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

template <class T> T atomicAdd(T *at, T value) {
    T before = *at;
    *at += value;
    return before;
}

template <class T> T atomicMax(T *at, T value) {
    T before = *at;
    if (value > before) *at = value;
    return before;
}

// Calls a kernel with arguments by address, as a driver does.
template <class... A, std::size_t... I> void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_reference_t<A> *>(arguments[I])...);
}
template <class... A> void call(void (*kernel)(A...), void **arguments) {
    call(kernel, arguments, std::index_sequence_for<A...>());
}

// The kernels of a file, each under its name.
struct Kernel {
    const char *name;
    void (*run)(void **);
    Kernel *next;
    Kernel(const char *name, void (*run)(void **));
};
