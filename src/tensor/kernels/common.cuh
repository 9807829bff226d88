// What all kernels share. Blocks have 256 threads; indices are 32 bits, which the host makes sure of (2^31 - 1 elements).
// Sums are f64 over fixed pieces: no atomics on floats, so the same input gives the same bits.
#define BLOCK 256
#define EACH(i, n) for (unsigned i = blockIdx.x * BLOCK + threadIdx.x; i < (n); i += gridDim.x * BLOCK)

typedef unsigned long long u64;

// The sums of K values over the threads of a block, in a fixed tree; all threads get them.
template <int K> __device__ inline void block_sum(double (&value)[K]) {
    __shared__ double shared[K][BLOCK];
    for (int k = 0; k < K; k++) shared[k][threadIdx.x] = value[k];
    __syncthreads();
    for (unsigned half = BLOCK / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            for (int k = 0; k < K; k++) shared[k][threadIdx.x] += shared[k][threadIdx.x + half];
        __syncthreads();
    }
    for (int k = 0; k < K; k++) value[k] = shared[k][0];
    __syncthreads();
}

// Where piece `part` of `parts` of a row of `len` elements begins.
__device__ inline unsigned piece(unsigned len, unsigned parts, unsigned part) {
    return (unsigned)((u64)len * part / parts);
}

// Block b sums piece b % parts of row b / parts: `add(row, i, sums)` for every element i of it. out: rows x parts x K.
template <int K, class F> __device__ inline void piece_sums(unsigned len, unsigned parts, double *out, F add) {
    unsigned row = blockIdx.x / parts, part = blockIdx.x % parts, end = piece(len, parts, part + 1);
    double sums[K] = {};
    for (unsigned i = piece(len, parts, part) + threadIdx.x; i < end; i += BLOCK) add(row, i, sums);
    block_sum<K>(sums);
    if (threadIdx.x == 0)
        for (int k = 0; k < K; k++) out[blockIdx.x * K + k] = sums[k];
}

// Value k of the sum of rows `first`, `first + step`, .. (`count` of them) of what piece_sums left.
template <int K> __device__ inline double rows_sum(const double *sums, unsigned parts, unsigned first, unsigned step, unsigned count, int k) {
    double sum = 0;
    for (unsigned r = 0; r < count; r++)
        for (unsigned part = 0; part < parts; part++) sum += sums[((first + r * step) * parts + part) * K + k];
    return sum;
}

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ inline float sign_of(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }
