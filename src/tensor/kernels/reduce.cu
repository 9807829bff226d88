// Sums and means. A reduction of contiguous rows is two kernels: pieces of rows, then a thread for each result.
#include "common.cuh"

// Sums of rows of `len`: rows x parts.
extern "C" __global__ void row_sums(unsigned len, unsigned parts, const float *x, double *sums) {
    piece_sums<1>(len, parts, sums, [=](unsigned row, unsigned i, double *sum) { sum[0] += x[row * len + i]; });
}

// y[i] = [y[i] +] scale times the sum of `count` rows from i on, `step` apart; `parts` sums each.
extern "C" __global__ void finish_sums(const double *sums, unsigned parts, unsigned step, unsigned count, double scale, unsigned add, float *y, unsigned n) {
    EACH(i, n) {
        float value = (float)(scale * rows_sum<1>(sums, parts, i, step, count, 0));
        y[i] = add ? y[i] + value : value;
    }
}

// y (blocks x size) = scale times the sum over `repeats` of x (blocks x repeats x size); a thread an element.
extern "C" __global__ void column_sums(unsigned repeats, unsigned size, double scale, const float *x, float *y, unsigned n) {
    EACH(i, n) {
        const float *from = x + (u64)(i / size) * repeats * size + i % size;
        double sum = 0;
        for (unsigned r = 0; r < repeats; r++) sum += from[r * size];
        y[i] = (float)(sum * scale);
    }
}

// dx (blocks x repeats x size) = scale dy (blocks x size).
extern "C" __global__ void spread(unsigned repeats, unsigned size, float scale, const float *dy, float *dx, unsigned n) {
    EACH(i, n) dx[i] = dy[i / (repeats * size) * size + i % size] * scale;
}

// The element of a mask of `mask_channels` that is over element i of sample n (channels x size elements).
__device__ inline unsigned mask_at(unsigned n, unsigned i, unsigned size, unsigned mask_channels) {
    return mask_channels == 1 ? n * size + i % size : n * mask_channels * size + i;
}

// Rows are samples of channels x size: sums of mask times x and of the mask; samples x parts x 2. What does not count is not read.
extern "C" __global__ void masked_sums(unsigned channels, unsigned size, unsigned mask_channels, unsigned parts, const float *x, const float *mask, double *sums) {
    unsigned len = channels * size;
    piece_sums<2>(len, parts, sums, [=](unsigned row, unsigned i, double *sum) {
        float m = mask[mask_at(row, i, size, mask_channels)];
        if (m != 0.0f) sum[0] += (double)x[row * len + i] * m;
        sum[1] += m;
    });
}

extern "C" __global__ void finish_masked(const double *sums, unsigned parts, float *means, float *totals, unsigned n) {
    EACH(i, n) {
        double sum = rows_sum<2>(sums, parts, i, 1, 1, 0), total = rows_sum<2>(sums, parts, i, 1, 1, 1);
        means[i] = total == 0.0 ? 0.0f : (float)(sum / total);
        totals[i] = (float)total;
    }
}

// dx of the map; n: its elements.
extern "C" __global__ void masked_backward(unsigned channels, unsigned size, unsigned mask_channels, const float *mask, const float *totals, const float *dy, float *dx, unsigned n) {
    unsigned len = channels * size;
    EACH(i, n) {
        unsigned s = i / len;
        float gain = totals[s] == 0.0f ? 0.0f : dy[s] / totals[s];
        dx[i] = mask[mask_at(s, i % len, size, mask_channels)] * gain;
    }
}

// The gradient of the mask; n: its elements.
extern "C" __global__ void masked_backward_mask(unsigned channels, unsigned size, unsigned mask_channels, const float *x, const float *means, const float *totals, const float *dy, float *dmask, unsigned n) {
    unsigned repeats = channels / mask_channels;
    EACH(i, n) {
        unsigned q = i / size, s = q / mask_channels;
        float gain = totals[s] == 0.0f ? 0.0f : dy[s] / totals[s], sum = 0.0f;
        for (unsigned r = 0; r < repeats; r++) sum += (x[(q * repeats + r) * size + i % size] - means[s]) * gain;
        dmask[i] = sum;
    }
}

// dx = shares times the only element of dy.
extern "C" __global__ void times_scalar(const float *shares, const float *dy, float *dx, unsigned n) { EACH(i, n) dx[i] = shares[i] * dy[0]; }

// A plane a block: fills what is missing with the mean of what is seen. mask_channels as in masked_sums.
extern "C" __global__ void mean_fill(unsigned channels, unsigned size, unsigned mask_channels, const float *image, const float *missing, float *y) {
    unsigned p = blockIdx.x, n = p / channels, c = p % channels;
    const float *x = image + p * size, *m = missing + (n * mask_channels + (mask_channels == 1 ? 0 : c)) * size;
    double sums[2] = {};
    for (unsigned i = threadIdx.x; i < size; i += BLOCK) {
        double seen = 1.0 - (double)m[i];
        if (seen != 0.0) sums[0] += x[i] * seen;
        sums[1] += seen;
    }
    block_sum<2>(sums);
    float mean = sums[1] == 0.0 ? 0.0f : (float)(sums[0] / sums[1]);
    for (unsigned i = threadIdx.x; i < size; i += BLOCK) y[p * size + i] = m[i] == 1.0f ? mean : x[i] + (mean - x[i]) * m[i];
}

// In place.
extern "C" __global__ void mean_fill_backward(unsigned channels, unsigned size, unsigned mask_channels, const float *missing, float *dy) {
    unsigned p = blockIdx.x, n = p / channels, c = p % channels;
    const float *m = missing + (n * mask_channels + (mask_channels == 1 ? 0 : c)) * size;
    float *d = dy + p * size;
    double sums[2] = {};
    for (unsigned i = threadIdx.x; i < size; i += BLOCK) {
        sums[0] += (double)d[i] * m[i];
        sums[1] += 1.0 - (double)m[i];
    }
    block_sum<2>(sums);
    float of_mean = sums[1] == 0.0 ? 0.0f : (float)(sums[0] / sums[1]);
    for (unsigned i = threadIdx.x; i < size; i += BLOCK) d[i] = (1.0f - m[i]) * (d[i] + of_mean);
}

// Vectors over channels at each position of a sample: y and the length (at least epsilon) it was divided by. A thread a position.
extern "C" __global__ void l2_normalise(unsigned channels, unsigned size, float epsilon, const float *x, float *y, float *lengths, unsigned n) {
    EACH(i, n) {
        const float *from = x + (u64)(i / size) * channels * size + i % size;
        float *to = y + (from - x);
        double sum = 0;
        for (unsigned c = 0; c < channels; c++) sum += (double)from[c * size] * from[c * size];
        float length = (float)sqrt(sum);
        length = length < epsilon ? epsilon : length;
        lengths[i] = length;
        for (unsigned c = 0; c < channels; c++) to[c * size] = from[c * size] / length;
    }
}

// In place; divided by a constant where the vector was shorter than epsilon.
extern "C" __global__ void l2_normalise_backward(unsigned channels, unsigned size, float epsilon, const float *y, const float *lengths, float *dy, unsigned n) {
    EACH(i, n) {
        u64 at = (u64)(i / size) * channels * size + i % size;
        double product = 0;
        for (unsigned c = 0; c < channels; c++) product += (double)y[at + c * size] * dy[at + c * size];
        float along = lengths[i] > epsilon ? (float)product : 0.0f;
        for (unsigned c = 0; c < channels; c++) dy[at + c * size] = (dy[at + c * size] - y[at + c * size] * along) / lengths[i];
    }
}

// A sample a row of channels x height x width: weighted squared differences of neighbours along x, their weights, and the
// same along y; samples x parts x 4. mask may be null.
extern "C" __global__ void variation_sums(unsigned channels, unsigned height, unsigned width, unsigned mask_channels, unsigned parts, const float *x, const float *mask, double *sums) {
    unsigned size = height * width, len = channels * size;
    piece_sums<4>(len, parts, sums, [=](unsigned row, unsigned i, double *sum) {
        const float *at = x + row * len + i;
        const float *m = mask ? mask + mask_at(row, i, size, mask_channels) : 0;
        if (i % width + 1 < width) {
            float weight = m ? m[0] * m[1] : 1.0f;
            double d = (double)at[0] - at[1];
            if (weight != 0.0f) sum[0] += d * d * weight;
            sum[1] += weight;
        }
        if (i % size / width + 1 < height) {
            float weight = m ? m[0] * m[width] : 1.0f;
            double d = (double)at[0] - at[width];
            if (weight != 0.0f) sum[2] += d * d * weight;
            sum[3] += weight;
        }
    });
}

// variations: n; totals: n x 2.
extern "C" __global__ void finish_variation(const double *sums, unsigned parts, float *variations, float *totals, unsigned n) {
    EACH(i, n) {
        double variation = 0;
        for (int axis = 0; axis < 2; axis++) {
            double sum = rows_sum<4>(sums, parts, i, 1, 1, 2 * axis), total = rows_sum<4>(sums, parts, i, 1, 1, 2 * axis + 1);
            if (total != 0.0) variation += sum / total;
            totals[2 * i + axis] = (float)total;
        }
        variations[i] = (float)variation;
    }
}

// The slope of the pair of an element and its neighbour `step` further (or nearer), for the element.
__device__ inline float pair_slope(const float *x, const float *m, int step, float gain) {
    float weight = m ? m[0] * m[step] : 1.0f;
    return weight == 0.0f ? 0.0f : gain * (x[0] - x[step]) * weight;
}

extern "C" __global__ void variation_backward(unsigned channels, unsigned height, unsigned width, unsigned mask_channels, const float *x, const float *mask, const float *totals, const float *dy, float *dx, unsigned n) {
    unsigned size = height * width, len = channels * size;
    EACH(i, n) {
        unsigned s = i / len, column = i % width, row = i % size / width;
        const float *m = mask ? mask + mask_at(s, i % len, size, mask_channels) : 0;
        float across = totals[2 * s] == 0.0f ? 0.0f : 2.0f * dy[s] / totals[2 * s];
        float down = totals[2 * s + 1] == 0.0f ? 0.0f : 2.0f * dy[s] / totals[2 * s + 1];
        float sum = 0.0f;
        if (column + 1 < width) sum += pair_slope(x + i, m, 1, across);
        if (column > 0) sum += pair_slope(x + i, m, -1, across);
        if (row + 1 < height) sum += pair_slope(x + i, m, (int)width, down);
        if (row > 0) sum += pair_slope(x + i, m, -(int)width, down);
        dx[i] = sum;
    }
}
