// Convolution without cuDNN: columns for cuBLAS and their way back, and what both ways share.
#include "common.cuh"

// y (planes of `size`, channel p % channels) += bias of its channel.
extern "C" __global__ void add_bias(unsigned size, unsigned channels, const float *bias, float *y, unsigned n) {
    EACH(i, n) y[i] += bias[i / size % channels];
}

// columns (n / (taps area) samples x taps x area) of the samples from `x` on; taps are channels x kh x kw of a group whose
// first channel is `first` of `channels`, area is oh x ow. What lies beyond the map is 0.
extern "C" __global__ void columns(unsigned channels, unsigned first, unsigned height, unsigned width, unsigned taps, unsigned kh, unsigned kw, unsigned oh, unsigned ow, unsigned stride, unsigned dilation, unsigned top, unsigned left, const float *x, float *out, unsigned n) {
    EACH(i, n) {
        unsigned ox = i % ow, oy = i / ow % oh, tap = i / (ow * oh) % taps, sample = i / (ow * oh) / taps;
        unsigned row = oy * stride + tap / kw % kh * dilation - top, column = ox * stride + tap % kw * dilation - left;
        unsigned channel = first + tap / (kh * kw);
        out[i] = row < height && column < width ? x[((u64)(sample * channels + channel) * height + row) * width + column] : 0.0f;
    }
}

// dx of a group's channels (`group` from `first` on, of `channels`) [+]= its columns' gradients; n: samples x group x height x width.
extern "C" __global__ void uncolumns(unsigned channels, unsigned first, unsigned group, unsigned height, unsigned width, unsigned kh, unsigned kw, unsigned oh, unsigned ow, unsigned stride, unsigned dilation, unsigned top, unsigned left, const float *columns, float *dx, unsigned add, unsigned n) {
    EACH(i, n) {
        unsigned column = i % width, row = i / width % height, channel = i / (width * height) % group, sample = i / (width * height) / group;
        float sum = 0.0f;
        for (unsigned ky = 0; ky < kh; ky++) {
            unsigned y = row + top - ky * dilation;
            if (row + top < ky * dilation || y % stride || y / stride >= oh) continue;
            for (unsigned kx = 0; kx < kw; kx++) {
                unsigned x = column + left - kx * dilation;
                if (column + left < kx * dilation || x % stride || x / stride >= ow) continue;
                unsigned tap = (channel * kh + ky) * kw + kx;
                sum += columns[((u64)(sample * group * kh * kw + tap) * oh + y / stride) * ow + x / stride];
            }
        }
        float *to = dx + ((u64)(sample * channels + first + channel) * height + row) * width + column;
        *to = add ? *to + sum : sum;
    }
}

// target [+]= the rows' sums of samples: what weight gradients of samples one by one add up to. n: elements of target.
extern "C" __global__ void sum_samples(unsigned samples, const float *parts, float *target, unsigned add, unsigned n) {
    EACH(i, n) {
        float sum = add ? target[i] : 0.0f;
        for (unsigned s = 0; s < samples; s++) sum += parts[(u64)s * n + i];
        target[i] = sum;
    }
}
