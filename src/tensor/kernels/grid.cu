// Bilinear reading of maps at the places of a grid, with torch's conventions.
#include "common.cuh"

struct Place {
    int low;
    float share, slope;
};

// A place along an axis of `size` pixels; replicate: beyond the edge is the edge, where moving changes nothing.
__device__ inline Place place(float at, unsigned size, unsigned replicate, unsigned corners) {
    float len = (float)size;
    Place p;
    float x = corners ? (at + 1.0f) / 2.0f * (len - 1.0f) : ((at + 1.0f) * len - 1.0f) / 2.0f;
    p.slope = corners ? (len - 1.0f) / 2.0f : len / 2.0f;
    if (replicate && x <= 0.0f) {
        p.low = 0;
        p.share = p.slope = 0.0f;
    } else if (replicate && x >= len - 1.0f) {
        p.low = (int)size - 1;
        p.share = p.slope = 0.0f;
    } else {
        x = x < -2.0f ? -2.0f : x > len + 1.0f ? len + 1.0f : x;
        p.low = (int)floorf(x);
        p.share = x - floorf(x);
    }
    return p;
}

// The number of a pixel in its plane, -1 for none.
__device__ inline int pixel(int x, int y, unsigned width, unsigned height) {
    return x >= 0 && y >= 0 && x < (int)width && y < (int)height ? y * (int)width + x : -1;
}

struct Taps {
    int pixels[4];
    float shares[4];
};

__device__ inline Taps taps(Place across, Place down, unsigned width, unsigned height) {
    Taps t;
    float p = across.share, q = down.share, shares[4] = {(1.0f - p) * (1.0f - q), p * (1.0f - q), (1.0f - p) * q, p * q};
    for (int k = 0; k < 4; k++) {
        t.pixels[k] = pixel(across.low + k % 2, down.low + k / 2, width, height);
        t.shares[k] = t.pixels[k] < 0 ? 0.0f : shares[k];
    }
    return t;
}

// x: planes of height x width; grid: samples x places x 2; y: samples x channels x places. n: elements of y.
extern "C" __global__ void grid_sample(unsigned channels, unsigned height, unsigned width, unsigned places, unsigned replicate, unsigned corners, const float *x, const float *grid, float *y, unsigned n) {
    EACH(i, n) {
        unsigned p = i / places, at = p / channels * places + i % places;
        Taps t = taps(place(grid[2 * at], width, replicate, corners), place(grid[2 * at + 1], height, replicate, corners), width, height);
        float sum = 0.0f;
        for (int k = 0; k < 4; k++)
            if (t.shares[k] != 0.0f) sum += t.shares[k] * x[p * height * width + t.pixels[k]];
        y[i] = sum;
    }
}

// The largest |dy| of all, as its bits (which are in the order of the numbers); `largest` begins as 0. The order of the
// atomic maxima changes nothing.
extern "C" __global__ void largest(const float *dy, unsigned *largest, unsigned n) {
    unsigned best = 0;
    EACH(i, n) {
        unsigned bits = __float_as_uint(fabsf(dy[i]));
        best = bits > best ? bits : best;
    }
    if (best > 0) atomicMax(largest, best);
}

// Units of a whole number that holds sums of |dy|: up to 2^22 of the largest.
__device__ inline double unit_of(unsigned largest) { return ldexp(1.0, 40 - ilogbf(__uint_as_float(largest)) ); }

// Adds what is read to whole numbers (planes of height x width, zeros before): sums of them have no order. n: elements of dy.
extern "C" __global__ void grid_scatter(unsigned channels, unsigned height, unsigned width, unsigned places, unsigned replicate, unsigned corners, const unsigned *largest, const float *grid, const float *dy, unsigned long long *sums, unsigned n) {
    if (*largest == 0 || *largest >= 0x7f800000u) return;
    double unit = unit_of(*largest);
    EACH(i, n) {
        unsigned p = i / places, at = p / channels * places + i % places;
        Taps t = taps(place(grid[2 * at], width, replicate, corners), place(grid[2 * at + 1], height, replicate, corners), width, height);
        for (int k = 0; k < 4; k++)
            if (t.shares[k] != 0.0f) atomicAdd(sums + p * height * width + t.pixels[k], (u64)(long long)rint((double)t.shares[k] * dy[i] * unit));
    }
}

// Whole numbers to floats; NaN where dy held what is not finite.
extern "C" __global__ void grid_finish(const unsigned *largest, const unsigned long long *sums, float *dx, unsigned n) {
    unsigned bits = *largest;
    EACH(i, n) dx[i] = bits == 0 ? 0.0f : bits >= 0x7f800000u ? NAN : (float)((double)(long long)sums[i] / unit_of(bits));
}

// The gradient of the grid, a thread a place; n: samples x places.
extern "C" __global__ void grid_places(unsigned channels, unsigned height, unsigned width, unsigned places, unsigned replicate, unsigned corners, const float *x, const float *grid, const float *dy, float *dgrid, unsigned n) {
    EACH(i, n) {
        Place across = place(grid[2 * i], width, replicate, corners), down = place(grid[2 * i + 1], height, replicate, corners);
        int at[4];
        for (int k = 0; k < 4; k++) at[k] = pixel(across.low + k % 2, down.low + k / 2, width, height);
        float of_x = 0.0f, of_y = 0.0f;
        for (unsigned c = 0; c < channels; c++) {
            unsigned p = i / places * channels + c;
            float v[4], d = dy[p * places + i % places];
            for (int k = 0; k < 4; k++) v[k] = at[k] < 0 ? 0.0f : x[p * height * width + at[k]];
            of_x += d * ((1.0f - down.share) * (v[1] - v[0]) + down.share * (v[3] - v[2]));
            of_y += d * ((1.0f - across.share) * (v[2] - v[0]) + across.share * (v[3] - v[1]));
        }
        dgrid[2 * i] = of_x * across.slope;
        dgrid[2 * i + 1] = of_y * down.slope;
    }
}
