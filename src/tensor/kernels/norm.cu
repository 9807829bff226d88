// Batch, instance and layer norm: groups of planes (0 a channel's over the batch, 1 each plane, 2 a sample's).
#include "common.cuh"

// Per plane of `size`, sums of x and of its square: planes x parts x 2.
extern "C" __global__ void plane_moments(unsigned size, unsigned parts, const float *x, double *sums) {
    piece_sums<2>(size, parts, sums, [=](unsigned row, unsigned i, double *sum) {
        double v = x[row * size + i];
        sum[0] += v;
        sum[1] += v * v;
    });
}

// The planes of group g: `first`, then `step` apart, `count` of them.
__device__ inline void planes_of(unsigned group, unsigned g, unsigned samples, unsigned channels, unsigned &first, unsigned &step, unsigned &count) {
    first = group == 2 ? g * channels : g;
    step = group == 0 ? channels : 1;
    count = group == 0 ? samples : group == 1 ? 1 : channels;
}

// Means and biased variances of n groups of `len` elements.
extern "C" __global__ void group_moments(unsigned group, unsigned samples, unsigned channels, unsigned parts, double len, const double *sums, float *means, float *variances, unsigned n) {
    EACH(g, n) {
        unsigned first, step, count;
        planes_of(group, g, samples, channels, first, step, count);
        double mean = rows_sum<2>(sums, parts, first, step, count, 0) / len;
        double variance = rows_sum<2>(sums, parts, first, step, count, 1) / len - mean * mean;
        means[g] = (float)mean;
        variances[g] = (float)(variance < 0.0 ? 0.0 : variance);
    }
}

__device__ inline unsigned group_of(unsigned group, unsigned p, unsigned channels) { return group == 0 ? p % channels : group == 1 ? p : p / channels; }

__device__ inline float inverse(float variance, float epsilon) { return (float)(1.0 / sqrt((double)variance + (double)epsilon)); }

// A piece of a plane a block; weight and bias per channel, or null.
extern "C" __global__ void normalise(unsigned group, unsigned channels, unsigned size, unsigned parts, float epsilon, const float *x, const float *means, const float *variances, const float *weight, const float *bias, float *y) {
    unsigned p = blockIdx.x / parts, part = blockIdx.x % parts, c = p % channels, g = group_of(group, p, channels);
    float gain = (weight ? weight[c] : 1.0f) * inverse(variances[g], epsilon), mean = means[g], shift = bias ? bias[c] : 0.0f;
    unsigned end = piece(size, parts, part + 1);
    for (unsigned i = piece(size, parts, part) + threadIdx.x; i < end; i += BLOCK) y[p * size + i] = (x[p * size + i] - mean) * gain + shift;
}

// Per plane, sums of dy and of dy times the normalised input: planes x parts x 2.
extern "C" __global__ void plane_gradients(unsigned group, unsigned channels, unsigned size, unsigned parts, float epsilon, const float *x, const float *means, const float *variances, const float *dy, double *sums) {
    unsigned g = group_of(group, blockIdx.x / parts, channels);
    float mean = means[g];
    double factor = inverse(variances[g], epsilon);
    piece_sums<2>(size, parts, sums, [=](unsigned row, unsigned i, double *sum) {
        double d = dy[row * size + i];
        sum[0] += d;
        sum[1] += d * (double)(x[row * size + i] - mean) * factor;
    });
}

// Gradients of weight and bias, n channels.
extern "C" __global__ void affine_gradients(unsigned samples, unsigned channels, unsigned parts, const double *sums, float *of_weight, float *of_bias, unsigned n) {
    EACH(c, n) {
        of_bias[c] = (float)rows_sum<2>(sums, parts, c, channels, samples, 0);
        of_weight[c] = (float)rows_sum<2>(sums, parts, c, channels, samples, 1);
    }
}

// Sums of n groups, each plane times the weight of its channel: n x 2.
extern "C" __global__ void group_gradients(unsigned group, unsigned samples, unsigned channels, unsigned parts, const double *sums, const float *weight, double *groups, unsigned n) {
    EACH(g, n) {
        unsigned first, step, count;
        planes_of(group, g, samples, channels, first, step, count);
        double sum = 0, product = 0;
        for (unsigned r = 0; r < count; r++) {
            unsigned p = first + r * step;
            double w = weight ? weight[p % channels] : 1.0f;
            sum += w * rows_sum<2>(sums, parts, p, 1, 1, 0);
            product += w * rows_sum<2>(sums, parts, p, 1, 1, 1);
        }
        groups[2 * g] = sum;
        groups[2 * g + 1] = product;
    }
}

// dx in place of dy: inverse (w dy - mean(w dy) - xhat mean(w dy xhat)); groups is null where the moments were given.
extern "C" __global__ void normalise_backward(unsigned group, unsigned channels, unsigned size, unsigned parts, float epsilon, double len, const float *x, const float *means, const float *variances, const float *weight, const double *groups, float *dy) {
    unsigned p = blockIdx.x / parts, part = blockIdx.x % parts, c = p % channels, g = group_of(group, p, channels);
    float factor = inverse(variances[g], epsilon), gain = (weight ? weight[c] : 1.0f) * factor, mean = means[g];
    float shift = groups ? (float)(groups[2 * g] / len) * factor : 0.0f, slope = groups ? (float)(groups[2 * g + 1] / len) * factor * factor : 0.0f;
    unsigned end = piece(size, parts, part + 1);
    for (unsigned i = piece(size, parts, part) + threadIdx.x; i < end; i += BLOCK) {
        unsigned at = p * size + i;
        dy[at] = dy[at] * gain - shift - (x[at] - mean) * slope;
    }
}
