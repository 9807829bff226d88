// Pooling. Positions are 32-bit numbers in buffers of floats.
#include "common.cuh"

// Square windows of planes of height x width; the first largest element wins, the last NaN before all. positions: in the plane.
extern "C" __global__ void max_pool(unsigned height, unsigned width, unsigned to_height, unsigned to_width, unsigned kernel, unsigned stride, unsigned padding, const float *x, float *y, unsigned *positions, unsigned n) {
    unsigned area = to_height * to_width;
    EACH(i, n) {
        unsigned p = i / area, r = i % area / to_width, c = i % to_width;
        const float *plane = x + p * height * width;
        float best = 0.0f;
        unsigned at = 0, found = 0;
        for (unsigned ky = 0; ky < kernel; ky++)
            for (unsigned kx = 0; kx < kernel; kx++) {
                unsigned row = r * stride + ky - padding, column = c * stride + kx - padding;
                if (row >= height || column >= width) continue;
                float v = plane[row * width + column];
                if (!found || v > best || v != v) {
                    best = v;
                    at = row * width + column;
                    found = 1;
                }
            }
        y[i] = best;
        positions[i] = at;
    }
}

// dx (planes of height x width) [+]= dy where this element was its window's largest.
extern "C" __global__ void max_pool_backward(unsigned height, unsigned width, unsigned to_height, unsigned to_width, unsigned kernel, unsigned stride, unsigned padding, const unsigned *positions, const float *dy, float *dx, unsigned add, unsigned n) {
    unsigned area = height * width;
    EACH(i, n) {
        unsigned p = i / area, row = i % area / width + padding, column = i % width + padding;
        unsigned first_r = row + 1 > kernel ? (row + 1 - kernel + stride - 1) / stride : 0, first_c = column + 1 > kernel ? (column + 1 - kernel + stride - 1) / stride : 0;
        float sum = 0.0f;
        for (unsigned r = first_r; r < to_height && r * stride <= row; r++)
            for (unsigned c = first_c; c < to_width && c * stride <= column; c++) {
                unsigned at = (p * to_height + r) * to_width + c;
                if (positions[at] == i % area) sum += dy[at];
            }
        dx[i] = add ? dx[i] + sum : sum;
    }
}

// The mean of each window; what lies outside counts as 0.
extern "C" __global__ void average_pool(unsigned height, unsigned width, unsigned to_height, unsigned to_width, unsigned kernel, unsigned stride, unsigned padding, float share, const float *x, float *y, unsigned n) {
    unsigned area = to_height * to_width;
    EACH(i, n) {
        unsigned p = i / area, r = i % area / to_width, c = i % to_width;
        float sum = 0.0f;
        for (unsigned ky = 0; ky < kernel; ky++)
            for (unsigned kx = 0; kx < kernel; kx++) {
                unsigned row = r * stride + ky - padding, column = c * stride + kx - padding;
                if (row < height && column < width) sum += x[(p * height + row) * width + column];
            }
        y[i] = sum * share;
    }
}

extern "C" __global__ void average_pool_backward(unsigned height, unsigned width, unsigned to_height, unsigned to_width, unsigned kernel, unsigned stride, unsigned padding, float share, const float *dy, float *dx, unsigned n) {
    unsigned area = height * width;
    EACH(i, n) {
        unsigned p = i / area, row = i % area / width + padding, column = i % width + padding;
        unsigned first_r = row + 1 > kernel ? (row + 1 - kernel + stride - 1) / stride : 0, first_c = column + 1 > kernel ? (column + 1 - kernel + stride - 1) / stride : 0;
        float sum = 0.0f;
        for (unsigned r = first_r; r < to_height && r * stride <= row; r++)
            for (unsigned c = first_c; c < to_width && c * stride <= column; c++) sum += dy[(p * to_height + r) * to_width + c];
        dx[i] = sum * share;
    }
}

// The largest over `channels` (blocks x channels x size), a thread a result; positions in the block.
extern "C" __global__ void max_over(unsigned channels, unsigned size, const float *x, float *y, unsigned *positions, unsigned n) {
    EACH(i, n) {
        const float *from = x + (u64)(i / size) * channels * size;
        unsigned at = i % size;
        float best = from[at];
        for (unsigned c = 1; c < channels; c++) {
            float v = from[c * size + i % size];
            if (v > best || v != v) {
                best = v;
                at = c * size + i % size;
            }
        }
        y[i] = best;
        positions[i] = at;
    }
}

// Whether (v, i) goes before (w, j): the last NaN, else the first largest.
__device__ inline bool before(float v, unsigned i, float w, unsigned j) {
    if (v != v || w != w) return w == w || (v != v && i > j);
    return v > w || (v == w && i < j);
}

// The largest of each row of `len`, a block a row.
extern "C" __global__ void max_rows(unsigned len, const float *x, float *y, unsigned *positions) {
    __shared__ float values[BLOCK];
    __shared__ unsigned places[BLOCK];
    const float *row = x + (u64)blockIdx.x * len;
    unsigned at = threadIdx.x < len ? threadIdx.x : 0;
    for (unsigned i = threadIdx.x; i < len; i += BLOCK)
        if (before(row[i], i, row[at], at)) at = i;
    values[threadIdx.x] = row[at];
    places[threadIdx.x] = at;
    __syncthreads();
    for (unsigned half = BLOCK / 2; half > 0; half /= 2) {
        unsigned other = threadIdx.x + half;
        if (threadIdx.x < half && before(values[other], places[other], values[threadIdx.x], places[threadIdx.x])) {
            values[threadIdx.x] = values[other];
            places[threadIdx.x] = places[other];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        y[blockIdx.x] = values[0];
        positions[blockIdx.x] = places[0];
    }
}

// dx (blocks of `input`) += dy (blocks of `output`) at positions that are all different.
extern "C" __global__ void scatter(unsigned input, unsigned output, const unsigned *positions, const float *dy, float *dx, unsigned n) {
    EACH(i, n) dx[(u64)(i / output) * input + positions[i]] += dy[i];
}
