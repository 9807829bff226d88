// Structural similarity: five fields (a, b, aa, bb, ab), filtered along rows, then along columns, in f64.
#include "common.cuh"

__device__ inline double field_of(unsigned field, double a, double b) { return field == 0 ? a : field == 1 ? b : field == 2 ? a * a : field == 3 ? b * b : a * b; }

// out: 5 x planes x height x to_width. n: planes x height x to_width. weights: `taps` doubles.
extern "C" __global__ void similarity_rows(unsigned width, unsigned to_width, unsigned taps, const double *weights, const float *a, const float *b, double *out, unsigned n) {
    EACH(i, n) {
        unsigned from = i / to_width * width + i % to_width;
        double sums[5] = {};
        for (unsigned k = 0; k < taps; k++)
            for (unsigned f = 0; f < 5; f++) sums[f] += weights[k] * field_of(f, a[from + k], b[from + k]);
        for (unsigned f = 0; f < 5; f++) out[(u64)f * n + i] = sums[f];
    }
}

struct Terms {
    double a, b, luminance, contrast, means, variances;
};

// The windowed means of result i, and the factors of its similarity. rows: 5 x planes x height x to_width.
__device__ inline Terms terms(unsigned i, unsigned planes, unsigned height, unsigned to_height, unsigned to_width, unsigned taps, const double *weights, double range, double covariance, const double *rows) {
    unsigned area = to_height * to_width, p = i / area, r = i % area / to_width, c = i % to_width;
    double m[5] = {};
    for (unsigned f = 0; f < 5; f++)
        for (unsigned k = 0; k < taps; k++) m[f] += weights[k] * rows[(((u64)f * planes + p) * height + r + k) * to_width + c];
    double c1 = 0.0001 * range * range, c2 = 0.0009 * range * range;
    Terms t;
    t.a = m[0];
    t.b = m[1];
    t.luminance = 2.0 * m[0] * m[1] + c1;
    t.contrast = 2.0 * covariance * (m[4] - m[0] * m[1]) + c2;
    t.means = m[0] * m[0] + m[1] * m[1] + c1;
    t.variances = covariance * (m[2] - m[0] * m[0] + m[3] - m[1] * m[1]) + c2;
    return t;
}

// n: planes x to_height x to_width.
extern "C" __global__ void similarity(unsigned planes, unsigned height, unsigned to_height, unsigned to_width, unsigned taps, const double *weights, double range, double covariance, const double *rows, float *y, unsigned n) {
    EACH(i, n) {
        Terms t = terms(i, planes, height, to_height, to_width, taps, weights, range, covariance, rows);
        y[i] = (float)(t.luminance * t.contrast / (t.means * t.variances));
    }
}

// Gradients of the windowed means of a, of b, of either square, of the product: 4 x planes x to_height x to_width.
extern "C" __global__ void similarity_gradients(unsigned planes, unsigned height, unsigned to_height, unsigned to_width, unsigned taps, const double *weights, double range, double covariance, const double *rows, const float *dy, double *out, unsigned n) {
    EACH(i, n) {
        Terms t = terms(i, planes, height, to_height, to_width, taps, weights, range, covariance, rows);
        double d = dy[i], denominator = t.means * t.variances, value = t.luminance * t.contrast / denominator;
        double product = d * 2.0 * covariance * t.luminance / denominator, squares = -d * covariance * value / t.variances;
        out[i] = 2.0 * d * (t.b * t.contrast / denominator - t.a * value / t.means) - product * t.b - 2.0 * squares * t.a;
        out[(u64)n + i] = 2.0 * d * (t.a * t.contrast / denominator - t.b * value / t.means) - product * t.a - 2.0 * squares * t.b;
        out[(u64)2 * n + i] = squares;
        out[(u64)3 * n + i] = product;
    }
}

// The transposed filter along columns: fields x planes of to_height x to_width to height x to_width. n: of the result.
extern "C" __global__ void similarity_spread(unsigned height, unsigned to_height, unsigned to_width, unsigned taps, const double *weights, const double *fields, double *out, unsigned n) {
    unsigned area = height * to_width;
    EACH(i, n) {
        unsigned p = i / area, row = i % area / to_width, c = i % to_width;
        double sum = 0;
        for (unsigned k = 0; k < taps; k++)
            if (row >= k && row - k < to_height) sum += weights[k] * fields[((u64)p * to_height + row - k) * to_width + c];
        out[i] = sum;
    }
}

// And along rows: the gradient of an image (`own` and `other` its own and the other's pixels; `mean` 0 for a, 1 for b).
// spread: 4 x planes x height x to_width; n: planes x height x width.
extern "C" __global__ void similarity_image(unsigned width, unsigned to_width, unsigned taps, const double *weights, unsigned mean, const double *spread, const float *own, const float *other, float *out, unsigned n) {
    u64 field = (u64)(n / width) * to_width;
    EACH(i, n) {
        unsigned line = i / width, column = i % width;
        double of_mean = 0, squares = 0, product = 0;
        for (unsigned k = 0; k < taps; k++)
            if (column >= k && column - k < to_width) {
                u64 at = (u64)line * to_width + column - k;
                of_mean += weights[k] * spread[mean * field + at];
                squares += weights[k] * spread[2 * field + at];
                product += weights[k] * spread[3 * field + at];
            }
        out[i] = (float)(of_mean + 2.0 * own[i] * squares + other[i] * product);
    }
}
