// Losses over classes, a sample a block. A label that names no class makes its sample NaN.
#include "common.cuh"

// The class of a label, or `classes`.
__device__ inline unsigned class_of(float label, unsigned classes) {
    return label >= 0.0f && label < (float)classes && floorf(label) == label ? (unsigned)label : classes;
}

// The logarithm of the sum of exponentials of a row, for all threads of the block.
__device__ inline double log_sum(const float *row, unsigned classes) {
    __shared__ float largest[BLOCK];
    float best = -INFINITY;
    for (unsigned i = threadIdx.x; i < classes; i += BLOCK) best = row[i] > best ? row[i] : best;
    largest[threadIdx.x] = best;
    __syncthreads();
    for (unsigned half = BLOCK / 2; half > 0; half /= 2) {
        if (threadIdx.x < half && largest[threadIdx.x + half] > largest[threadIdx.x]) largest[threadIdx.x] = largest[threadIdx.x + half];
        __syncthreads();
    }
    best = largest[0];
    double sum[1] = {};
    for (unsigned i = threadIdx.x; i < classes; i += BLOCK) sum[0] += (double)expf(row[i] - best);
    block_sum<1>(sum);
    return log(sum[0]) + (double)best;
}

extern "C" __global__ void cross_entropy(unsigned classes, const float *logits, const float *labels, float *losses) {
    const float *row = logits + (u64)blockIdx.x * classes;
    double total = log_sum(row, classes);
    unsigned label = class_of(labels[blockIdx.x], classes);
    if (threadIdx.x == 0) losses[blockIdx.x] = label < classes ? (float)(total - (double)row[label]) : NAN;
}

extern "C" __global__ void cross_entropy_backward(unsigned classes, const float *logits, const float *labels, const float *dy, float *dx) {
    const float *row = logits + (u64)blockIdx.x * classes;
    float *to = dx + (u64)blockIdx.x * classes;
    double total = log_sum(row, classes);
    unsigned label = class_of(labels[blockIdx.x], classes);
    for (unsigned i = threadIdx.x; i < classes; i += BLOCK) {
        float share = expf((float)((double)row[i] - total)) * dy[blockIdx.x];
        to[i] = label == classes ? NAN : i == label ? share - dy[blockIdx.x] : share;
    }
}

// What a margin makes of a cosine, and its slope there; as `Curve` in loss/curve.rs.
__device__ inline void curve_at(unsigned curve, double first, double second, double c, double *value, double *slope) {
    c = c < -1.0 ? -1.0 : c > 1.0 ? 1.0 : c;
    if (curve < 2) {
        double sine = sin(first), cosine = cos(first), across = sqrt(1.0 - c * c);
        bool on = curve == 1 && c <= -cosine;
        *value = on ? c - first * sine : c * cosine - across * sine;
        *slope = on ? 1.0 : cosine + sine * c / (across < 1e-6 ? 1e-6 : across);
    } else if (curve == 2) {
        *value = c - first;
        *slope = 1.0;
    } else {
        double before = 1.0, now = c, slope_before = 0.0, slope_now = 1.0;
        for (unsigned i = 1; i < (unsigned)first; i++) {
            double next = 2.0 * c * now - before, slope_next = 2.0 * c * slope_now - slope_before;
            before = now, now = next, slope_before = slope_now, slope_now = slope_next;
        }
        double part = floor(first * acos(c) / 3.14159265358979323846);
        part = part < first - 1.0 ? part : first - 1.0;
        double sign = (unsigned)part % 2 == 0 ? 1.0 : -1.0;
        *value = (second * c + sign * now - 2.0 * part) / (1.0 + second);
        *slope = (second + sign * first * slope_now) / (1.0 + second);
    }
}

// y = scale times the cosines; that of the label is moved by a margin. n: all elements.
extern "C" __global__ void class_margin(unsigned classes, unsigned curve, double first, double second, float scale, const float *cosines, const float *labels, float *y, unsigned n) {
    EACH(i, n) {
        unsigned label = class_of(labels[i / classes], classes);
        float r = cosines[i] * scale;
        if (i % classes == label) {
            double value, slope;
            curve_at(curve, first, second, cosines[i], &value, &slope);
            r = (float)(value * (double)scale);
        }
        y[i] = label == classes ? NAN : r;
    }
}

// In place.
extern "C" __global__ void class_margin_backward(unsigned classes, unsigned curve, double first, double second, float scale, const float *cosines, const float *labels, float *dy, unsigned n) {
    EACH(i, n) {
        float d = dy[i] * scale;
        if (i % classes == class_of(labels[i / classes], classes)) {
            double value, slope;
            curve_at(curve, first, second, cosines[i], &value, &slope);
            d *= (float)slope;
        }
        dy[i] = d;
    }
}

// The row of each label in a table. n: elements of the result.
extern "C" __global__ void class_rows(unsigned classes, unsigned length, const float *table, const float *labels, float *y, unsigned n) {
    EACH(i, n) {
        unsigned label = class_of(labels[i / length], classes);
        y[i] = label == classes ? NAN : table[(u64)label * length + i % length];
    }
}

// The sum of dy over the samples of each row's class, in their order. n: elements of the table.
extern "C" __global__ void class_rows_backward(unsigned samples, unsigned length, unsigned balanced, const float *labels, const float *dy, float *dx, unsigned n) {
    EACH(i, n) {
        float sum = 0.0f;
        unsigned count = 0;
        for (unsigned k = 0; k < samples; k++) {
            if (labels[k] != (float)(i / length)) continue;
            sum += dy[(u64)k * length + i % length];
            count++;
        }
        dx[i] = balanced && count ? sum * (float)((double)samples / (1.0 + (double)count)) : sum;
    }
}
