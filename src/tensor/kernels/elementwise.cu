// Functions of elements at one place: activations, arithmetic, and what a broadcast or a random stream says of it.
#include "common.cuh"

// target[i] += addend[i]; n elements each.
extern "C" __global__ void accumulate(float *target, const float *addend, unsigned n) { EACH(i, n) target[i] += addend[i]; }

// y = f(x); kind: 0 relu, 1 leaky relu (a: slope), 2 elu (a: alpha), 3 sigmoid, 4 tanh, 5 hard swish, 6 silu, 7 softplus.
// Comparisons are written so that NaN passes on.
extern "C" __global__ void activate(unsigned kind, float a, const float *x, float *y, unsigned n) {
    EACH(i, n) {
        float v = x[i], r = v;
        if (kind == 0) r = v <= 0.0f ? 0.0f : v;
        else if (kind == 1) r = v > 0.0f ? v : a * v;
        else if (kind == 2) r = v > 0.0f ? v : a * expm1f(v);
        else if (kind == 3) r = sigmoid(v);
        else if (kind == 4) r = tanhf(v);
        else if (kind == 5) { float c = v + 3.0f; c = c < 0.0f ? 0.0f : c > 6.0f ? 6.0f : c; r = v * c * (1.0f / 6.0f); }
        else if (kind == 6) r = v * sigmoid(v);
        else r = (v < 0.0f ? 0.0f : v) + log1pf(expf(-fabsf(v)));
        y[i] = r;
    }
}

// dy *= f', from the input for kinds 5 and 6, else from the output.
extern "C" __global__ void activate_backward(unsigned kind, float a, const float *kept, float *dy, unsigned n) {
    EACH(i, n) {
        float v = kept[i], d = dy[i], r = d;
        if (kind == 0) r = v > 0.0f ? d : 0.0f;
        else if (kind == 1) r = v > 0.0f ? d : a * d;
        else if (kind == 2) r = v > 0.0f ? d : (v + a) * d;
        else if (kind == 3) r = v * (1.0f - v) * d;
        else if (kind == 4) r = (1.0f - v * v) * d;
        else if (kind == 5) r = d * (v >= 3.0f ? 1.0f : v <= -3.0f ? 0.0f : (2.0f * v + 3.0f) * (1.0f / 6.0f));
        else if (kind == 6) { float s = sigmoid(v); r = d * s * (1.0f + v * (1.0f - s)); }
        else r = -expm1f(-v) * d;
        dy[i] = r;
    }
}

// kind: 0 a x + b, 1 x^2, 2 |x|, 3 sqrt(x + b).
extern "C" __global__ void unary(unsigned kind, float a, float b, const float *x, float *y, unsigned n) {
    EACH(i, n) {
        float v = x[i];
        y[i] = kind == 0 ? a * v + b : kind == 1 ? v * v : kind == 2 ? fabsf(v) : sqrtf(v + b);
    }
}

// dy *= slope; kept is the input (kinds 1, 2), the output (3) or null (0).
extern "C" __global__ void unary_backward(unsigned kind, float a, const float *kept, float *dy, unsigned n) {
    EACH(i, n) {
        float d = dy[i];
        dy[i] = kind == 0 ? a * d : kind == 1 ? 2.0f * kept[i] * d : kind == 2 ? sign_of(kept[i]) * d : 0.5f * d / kept[i];
    }
}

// kind: 0 a + b, 1 a - b, 2 a b, 3 (a - b)^2, 4 |a - b|.
__device__ inline float combine(unsigned kind, float a, float b) {
    float d = a - b;
    return kind == 0 ? a + b : kind == 1 ? d : kind == 2 ? a * b : kind == 3 ? d * d : fabsf(d);
}

// The gradient of operand a (first = 1) or b.
__device__ inline float combine_gradient(unsigned kind, unsigned first, float a, float b, float dy) {
    float d = first ? a - b : b - a;
    if (kind == 0) return dy;
    if (kind == 1) return first ? dy : -dy;
    if (kind == 2) return (first ? b : a) * dy;
    return kind == 3 ? 2.0f * d * dy : sign_of(d) * dy;
}

// y of one shape with a and b.
extern "C" __global__ void binary(unsigned kind, const float *a, const float *b, float *y, unsigned n) {
    EACH(i, n) y[i] = combine(kind, a[i], b[i]);
}

// Axes as 4 x (size, step of a, step of b), outer to inner, sizes of 1 where there are fewer; n: elements of y.
extern "C" __global__ void binary_broadcast(unsigned kind, const unsigned *axes, const float *a, const float *b, float *y, unsigned n) {
    EACH(i, n) {
        unsigned rest = i, at_a = 0, at_b = 0;
        for (int axis = 3; axis >= 0; axis--) {
            unsigned size = axes[3 * axis], k = rest % size;
            rest /= size;
            at_a += k * axes[3 * axis + 1];
            at_b += k * axes[3 * axis + 2];
        }
        y[i] = combine(kind, a[at_a], b[at_b]);
    }
}

// dy becomes the gradient of an operand of its shape; a and b may be null where the kind does not read them.
extern "C" __global__ void binary_gradient(unsigned kind, unsigned first, const float *a, const float *b, float *dy, unsigned n) {
    EACH(i, n) dy[i] = combine_gradient(kind, first, a ? a[i] : 0.0f, b ? b[i] : 0.0f, dy[i]);
}

// The value at position `kept` of the kept axes and `summed` of the summed ones: each 4 x (size, step of dy, of a, of b).
__device__ inline double term(const unsigned *axes, unsigned kept, unsigned summed, unsigned kind, unsigned first, const float *a, const float *b, const float *dy) {
    unsigned at = 0, at_a = 0, at_b = 0;
    for (int axis = 7; axis >= 0; axis--) {
        unsigned *rest = axis < 4 ? &kept : &summed, size = axes[4 * axis], k = *rest % size;
        *rest /= size;
        at += k * axes[4 * axis + 1];
        at_a += k * axes[4 * axis + 2];
        at_b += k * axes[4 * axis + 3];
    }
    return combine_gradient(kind, first, a ? a[at_a] : 0.0f, b ? b[at_b] : 0.0f, dy[at]);
}

// out[i] = sum over `repeats` positions of the summed axes; a thread an element, for few repeats.
extern "C" __global__ void broadcast_gradient(const unsigned *axes, unsigned kind, unsigned first, const float *a, const float *b, const float *dy, unsigned repeats, float *out, unsigned n) {
    EACH(i, n) {
        double sum = 0;
        for (unsigned s = 0; s < repeats; s++) sum += term(axes, i, s, kind, first, a, b, dy);
        out[i] = (float)sum;
    }
}

// The same in pieces, a block each, for few elements: sums is n x parts.
extern "C" __global__ void broadcast_gradient_pieces(const unsigned *axes, unsigned kind, unsigned first, const float *a, const float *b, const float *dy, unsigned repeats, unsigned parts, double *sums) {
    piece_sums<1>(repeats, parts, sums, [=](unsigned row, unsigned i, double *sum) { sum[0] += term(axes, row, i, kind, first, a, b, dy); });
}

// Planes of `size`, channel p % channels; y = x above zero, slope[c] x below.
extern "C" __global__ void prelu(unsigned size, unsigned channels, const float *x, const float *slope, float *y, unsigned n) {
    EACH(i, n) y[i] = x[i] > 0.0f ? x[i] : slope[i / size % channels] * x[i];
}

extern "C" __global__ void prelu_backward(unsigned size, unsigned channels, const float *x, const float *slope, float *dy, unsigned n) {
    EACH(i, n) if (!(x[i] > 0.0f)) dy[i] *= slope[i / size % channels];
}

// Per plane, the sum of x dy where x is not above zero: planes x parts.
extern "C" __global__ void prelu_slopes(unsigned size, unsigned parts, const float *x, const float *dy, double *sums) {
    piece_sums<1>(size, parts, sums, [=](unsigned row, unsigned i, double *sum) {
        unsigned at = row * size + i;
        if (!(x[at] > 0.0f)) sum[0] += (double)x[at] * dy[at];
    });
}

__device__ inline u64 mix(u64 z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

// Element i is kept, times `factor`, where the stream's number at i reaches `below` in its upper half; y may be x.
extern "C" __global__ void dropout(unsigned long long key, unsigned long long below, float factor, const float *x, float *y, unsigned n) {
    EACH(i, n) y[i] = mix(key + i * 0x9e3779b97f4a7c15ull) >> 32 >= below ? x[i] * factor : 0.0f;
}

__device__ inline float bounded_ln(float x) {
    float y = logf(x);
    return y < -100.0f ? -100.0f : y;
}

// Binary cross-entropy of probabilities p and targets t.
extern "C" __global__ void bce(const float *p, const float *t, float *y, unsigned n) {
    EACH(i, n) y[i] = -(t[i] * bounded_ln(p[i]) + (1.0f - t[i]) * bounded_ln(1.0f - p[i]));
}

extern "C" __global__ void bce_probabilities(const float *p, const float *t, const float *dy, float *dp, unsigned n) {
    EACH(i, n) {
        float spread = p[i] * (1.0f - p[i]);
        dp[i] = dy[i] * (p[i] - t[i]) / (spread < 1e-12f ? 1e-12f : spread);
    }
}

extern "C" __global__ void bce_targets(const float *p, const float *dy, float *dt, unsigned n) {
    EACH(i, n) dt[i] = dy[i] * (bounded_ln(1.0f - p[i]) - bounded_ln(p[i]));
}
