// Optimizer steps in place, and what else is done to parameters and gradients.
#include "common.cuh"

// Adam; `size` and `root` carry the corrections for the moments' start, `shrink` decoupled decay, `decay` the other one.
extern "C" __global__ void adam(float *p, const float *g, float *m, float *v, float keep1, float take1, float keep2, float take2, float size, float root, float epsilon, float shrink, float decay, unsigned n) {
    EACH(i, n) {
        float d = g[i] + decay * p[i];
        float first = keep1 * m[i] + take1 * d, second = keep2 * v[i] + take2 * d * d;
        m[i] = first;
        v[i] = second;
        p[i] = shrink * p[i] - size * (first / (sqrtf(second) / root + epsilon));
    }
}

// velocity may be null: then there is no momentum.
extern "C" __global__ void sgd(float *p, const float *g, float *velocity, float lr, float momentum, float decay, unsigned nesterov, unsigned n) {
    EACH(i, n) {
        float d = g[i] + decay * p[i];
        if (velocity) {
            float v = momentum * velocity[i] + d;
            velocity[i] = v;
            d = nesterov ? d + momentum * v : v;
        }
        p[i] -= lr * d;
    }
}

extern "C" __global__ void rmsprop(float *p, const float *g, float *second, float lr, float keep, float take, float epsilon, float decay, unsigned n) {
    EACH(i, n) {
        float d = g[i] + decay * p[i], v = keep * second[i] + take * d * d;
        second[i] = v;
        p[i] -= lr * (d / (sqrtf(v) + epsilon));
    }
}

extern "C" __global__ void scale(float *x, float factor, unsigned n) { EACH(i, n) x[i] *= factor; }

// NaN stays NaN.
extern "C" __global__ void clamp(float *x, float low, float high, unsigned n) {
    EACH(i, n) x[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

// decay is not 0; then the host copies.
extern "C" __global__ void moving_average(float *target, const float *source, float decay, unsigned n) {
    EACH(i, n) target[i] = decay * target[i] + (1.0f - decay) * source[i];
}

// One row: parts sums of squares.
extern "C" __global__ void squares(unsigned len, unsigned parts, const float *x, double *sums) {
    piece_sums<1>(len, parts, sums, [=](unsigned, unsigned i, double *sum) { sum[0] += (double)x[i] * x[i]; });
}
