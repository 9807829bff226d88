// Stand-ins for the parts of cuBLAS and cuDNN that are called: plain loops, sums in double.
#include <cstddef>
#include <cstring>

typedef void *Handle;

extern "C" {
int cublasCreate_v2(Handle *handle) { return *handle = (Handle)0x4000, 0; }
int cublasDestroy_v2(Handle) { return 0; }
int cublasSetStream_v2(Handle, Handle) { return 0; }
int cublasSetMathMode(Handle, int) { return 0; }
int cublasGetVersion_v2(Handle, int *version) { return *version = 130100, 0; }

int cublasSgemmStridedBatched(Handle, int turn_a, int turn_b, int m, int n, int k, const float *alpha, const float *a, int lda, long long step_a, const float *b, int ldb, long long step_b, const float *beta, float *c, int ldc, long long step_c, int count) {
    for (int batch = 0; batch < count; batch++, a += step_a, b += step_b, c += step_c)
        for (int j = 0; j < n; j++)
            for (int i = 0; i < m; i++) {
                double sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (double)(turn_a ? a[l + (size_t)i * lda] : a[i + (size_t)l * lda]) * (turn_b ? b[j + (size_t)l * ldb] : b[l + (size_t)j * ldb]);
                float *to = c + i + (size_t)j * ldc;
                // A factor of 0 reads nothing.
                *to = (float)(*alpha * sum + (*beta == 0.0f ? 0.0 : (double)*beta * *to));
            }
    return 0;
}

struct Tensor {
    int n, c, h, w;
};
struct Convolution {
    int top, left, stride, dilation, groups;
};
struct Offer {
    unsigned algorithm, status;
    float time;
    size_t memory;
    unsigned determinism, math;
    int reserved[3];
};

int cudnnCreate(Handle *handle) { return *handle = (Handle)0x5000, 0; }
int cudnnDestroy(Handle) { return 0; }
int cudnnSetStream(Handle, Handle) { return 0; }
size_t cudnnGetVersion() { return 91300; }
int cudnnCreateTensorDescriptor(Handle *d) { return *d = new Tensor(), 0; }
int cudnnDestroyTensorDescriptor(Handle d) { return delete (Tensor *)d, 0; }
int cudnnCreateFilterDescriptor(Handle *d) { return *d = new Tensor(), 0; }
int cudnnDestroyFilterDescriptor(Handle d) { return delete (Tensor *)d, 0; }
int cudnnCreateConvolutionDescriptor(Handle *d) { return *d = new Convolution(), 0; }
int cudnnDestroyConvolutionDescriptor(Handle d) { return delete (Convolution *)d, 0; }
int cudnnSetTensor4dDescriptor(Handle d, int, int, int n, int c, int h, int w) { return *(Tensor *)d = {n, c, h, w}, 0; }
int cudnnSetFilter4dDescriptor(Handle d, int, int, int n, int c, int h, int w) { return *(Tensor *)d = {n, c, h, w}, 0; }
int cudnnSetConvolution2dDescriptor(Handle d, int top, int left, int u, int v, int dh, int dw, int, int) {
    if (u != v || dh != dw || top < 0 || left < 0) return 2000;
    return *(Convolution *)d = {top, left, u, dh, 1}, 0;
}
int cudnnSetConvolutionGroupCount(Handle d, int groups) { return ((Convolution *)d)->groups = groups, 0; }
int cudnnSetConvolutionMathType(Handle, int) { return 0; }

// What must not be taken comes first: what is not deterministic, what is not supported, what wants too much.
static int offer(int asked, int *count, Offer *offers) {
    Offer all[] = {{3, 0, 1.0f, 0, 0, 3, {}}, {2, 3000, -1.0f, 0, 1, 3, {}}, {0, 0, 2.0f, (size_t)1 << 40, 1, 3, {}}, {0, 0, 2.0f, 64, 1, 1, {}}, {1, 0, 3.0f, 1000, 1, 3, {}}};
    *count = asked < 5 ? asked : 5;
    memcpy(offers, all, *count * sizeof(Offer));
    return 0;
}
int cudnnGetConvolutionForwardAlgorithm_v7(Handle, Handle, Handle, Handle, Handle, int asked, int *count, Offer *offers) { return offer(asked, count, offers); }
int cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle, Handle, Handle, Handle, Handle, int asked, int *count, Offer *offers) { return offer(asked, count, offers); }
int cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle, Handle, Handle, Handle, Handle, int asked, int *count, Offer *offers) { return offer(asked, count, offers); }

}

// Calls `visit(x, w, y)` with the places of every product of a convolution.
template <class F> static int each(const Tensor &x, const Tensor &w, const Tensor &y, const Convolution &c, F visit) {
    int inputs = x.c / c.groups, outputs = y.c / c.groups;
    int oh = (x.h + 2 * c.top - (w.h - 1) * c.dilation - 1) / c.stride + 1, ow = (x.w + 2 * c.left - (w.w - 1) * c.dilation - 1) / c.stride + 1;
    if (w.c != inputs || w.n != y.c || x.n != y.n || oh != y.h || ow != y.w) return 2000;
    for (int n = 0; n < y.n; n++)
        for (int o = 0; o < y.c; o++)
            for (int i = 0; i < inputs; i++)
                for (int oy = 0; oy < y.h; oy++)
                    for (int ox = 0; ox < y.w; ox++)
                        for (int ky = 0; ky < w.h; ky++)
                            for (int kx = 0; kx < w.w; kx++) {
                                int row = oy * c.stride + ky * c.dilation - c.top, column = ox * c.stride + kx * c.dilation - c.left;
                                if (row < 0 || column < 0 || row >= x.h || column >= x.w) continue;
                                visit(((size_t)(n * x.c + o / outputs * inputs + i) * x.h + row) * x.w + column, ((size_t)(o * inputs + i) * w.h + ky) * w.w + kx, ((size_t)(n * y.c + o) * y.h + oy) * y.w + ox);
                            }
    return 0;
}

static size_t size(const Tensor &t) { return (size_t)t.n * t.c * t.h * t.w; }

static void finish(float *to, const double *sums, size_t len, float beta) {
    for (size_t i = 0; i < len; i++) to[i] = (float)(sums[i] + (beta == 0.0f ? 0.0 : (double)beta * to[i]));
    delete[] sums;
}

extern "C" {
int cudnnConvolutionForward(Handle, const float *, Handle xd, const float *x, Handle wd, const float *w, Handle c, int, void *, size_t, const float *beta, Handle yd, float *y) {
    const Tensor &to = *(Tensor *)yd;
    double *sums = new double[size(to)]();
    int answer = each(*(Tensor *)xd, *(Tensor *)wd, to, *(Convolution *)c, [&](size_t i, size_t j, size_t k) { sums[k] += (double)x[i] * w[j]; });
    finish(y, sums, answer ? 0 : size(to), *beta);
    return answer;
}
int cudnnConvolutionBackwardData(Handle, const float *, Handle wd, const float *w, Handle yd, const float *dy, Handle c, int, void *, size_t, const float *beta, Handle xd, float *dx) {
    const Tensor &to = *(Tensor *)xd;
    double *sums = new double[size(to)]();
    int answer = each(to, *(Tensor *)wd, *(Tensor *)yd, *(Convolution *)c, [&](size_t i, size_t j, size_t k) { sums[i] += (double)dy[k] * w[j]; });
    finish(dx, sums, answer ? 0 : size(to), *beta);
    return answer;
}
int cudnnConvolutionBackwardFilter(Handle, const float *, Handle xd, const float *x, Handle yd, const float *dy, Handle c, int, void *, size_t, const float *beta, Handle wd, float *dw) {
    const Tensor &to = *(Tensor *)wd;
    double *sums = new double[size(to)]();
    int answer = each(*(Tensor *)xd, to, *(Tensor *)yd, *(Convolution *)c, [&](size_t i, size_t j, size_t k) { sums[j] += (double)x[i] * dy[k]; });
    finish(dw, sums, answer ? 0 : size(to), *beta);
    return answer;
}
}
