// Weighted sums of maps, one learned scalar a map.
#include "common.cuh"

// Shares of `count` scalars: relu(w) over their sum plus epsilon, or with softmax. One thread.
extern "C" __global__ void shares(unsigned softmax, float epsilon, unsigned count, const float *weights, double *out, unsigned n) {
    EACH(one, n) {
        double total = softmax ? 0.0 : (double)epsilon, largest = weights[0];
        for (unsigned k = 1; k < count; k++) largest = weights[k] > largest ? weights[k] : largest;
        for (unsigned k = 0; k < count; k++) {
            double w = weights[k];
            out[k] = softmax ? exp(w - largest) : w > 0.0 ? w : w == w ? 0.0 : w;
            total += out[k];
        }
        for (unsigned k = 0; k < count; k++) out[k] /= total;
        out[count] = total;
    }
}

// y = p a + q b, with the shares `first` and the next; b may be null; added to y where `add` is set.
extern "C" __global__ void fuse(const double *shares, unsigned first, const float *a, const float *b, float *y, unsigned add, unsigned n) {
    float p = (float)shares[first], q = b ? (float)shares[first + 1] : 0.0f;
    EACH(i, n) {
        float r = add ? y[i] + p * a[i] : p * a[i];
        y[i] = b ? r + q * b[i] : r;
    }
}

// Sums of x times dy: parts.
extern "C" __global__ void products(unsigned len, unsigned parts, const float *x, const float *dy, double *sums) {
    piece_sums<1>(len, parts, sums, [=](unsigned, unsigned i, double *sum) { sum[0] += (double)x[i] * dy[i]; });
}

// The scalars' gradient, from `count` x parts products. One thread.
extern "C" __global__ void share_gradients(unsigned softmax, unsigned count, unsigned parts, const float *weights, const double *shares, const double *sums, float *out, unsigned n) {
    EACH(one, n) {
        double mean = 0;
        for (unsigned k = 0; k < count; k++) mean += rows_sum<1>(sums, parts, k, 1, 1, 0) * shares[k];
        for (unsigned k = 0; k < count; k++) {
            double difference = rows_sum<1>(sums, parts, k, 1, 1, 0) - mean;
            out[k] = (float)(softmax ? shares[k] * difference : weights[k] > 0.0f ? difference / shares[count] : 0.0);
        }
    }
}
