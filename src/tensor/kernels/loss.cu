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

// y = scale times the cosines; that of the label is moved by a margin of which sine and cosine are given. n: all elements.
extern "C" __global__ void arc_margin(unsigned classes, double sine, double cosine, float scale, const float *cosines, const float *labels, float *y, unsigned n) {
    EACH(i, n) {
        unsigned label = class_of(labels[i / classes], classes);
        float r = cosines[i] * scale;
        if (i % classes == label) {
            double c = cosines[i];
            c = c < -1.0 ? -1.0 : c > 1.0 ? 1.0 : c;
            r = (float)((c * cosine - sqrt(1.0 - c * c) * sine) * (double)scale);
        }
        y[i] = label == classes ? NAN : r;
    }
}

// In place.
extern "C" __global__ void arc_margin_backward(unsigned classes, double sine, double cosine, float scale, const float *cosines, const float *labels, float *dy, unsigned n) {
    EACH(i, n) {
        float d = dy[i] * scale;
        if (i % classes == class_of(labels[i / classes], classes)) {
            double c = cosines[i];
            c = c < -1.0 ? -1.0 : c > 1.0 ? 1.0 : c;
            double square = 1.0 - c * c;
            d *= (float)(cosine + sine * c / sqrt(square < 1e-12 ? 1e-12 : square));
        }
        dy[i] = d;
    }
}
