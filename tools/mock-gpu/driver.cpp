// A stand-in for libcuda.so.1: device memory is host memory, kernels are the real ones, compiled for the host. Fresh memory
// holds NaN and lies between guards, which are looked at when it is freed. MOCK_TRACE=1 names every launch,
// MOCK_MEMORY=bytes is all there is (4 GiB where it is not set), MOCK_GPUS=n how many there are (1).
#include "emulate.h"
#include <cstdlib>
#include <map>
#include <ucontext.h>

Index threadIdx, blockIdx, blockDim, gridDim;

static Kernel *first_kernel;
Kernel::Kernel(const char *name, void (*run)(void **)) : name(name), run(run), next(first_kernel) { first_kernel = this; }

static const unsigned THREADS = 256;
static const size_t STACK = 1 << 16;
static ucontext_t scheduler, fibers[THREADS];
static char stacks[THREADS][STACK] __attribute__((aligned(64)));
static bool finished[THREADS], in_fiber;
static const Kernel *running;
static void **arguments;

void __syncthreads() {
    if (!in_fiber) {
        fprintf(stderr, "mock: %s: a barrier that thread 0 did not reach\n", running->name);
        abort();
    }
    swapcontext(&fibers[threadIdx.x], &scheduler);
}

static void fiber() {
    unsigned t = threadIdx.x;
    running->run(arguments);
    finished[t] = true;
    swapcontext(&fibers[t], &scheduler);
}

static void resume(unsigned t) {
    threadIdx.x = t;
    in_fiber = true;
    swapcontext(&scheduler, &fibers[t]);
    in_fiber = false;
}

static void start(unsigned t) {
    getcontext(&fibers[t]);
    fibers[t].uc_stack.ss_sp = stacks[t];
    fibers[t].uc_stack.ss_size = STACK;
    fibers[t].uc_link = nullptr;
    finished[t] = false;
    makecontext(&fibers[t], fiber, 0);
    resume(t);
}

static void run_block() {
    start(0);
    if (finished[0]) {
        // No barrier here for anyone.
        for (unsigned t = 1; t < blockDim.x; t++) {
            threadIdx.x = t;
            running->run(arguments);
        }
        return;
    }
    for (unsigned t = 1; t < blockDim.x; t++) start(t);
    for (;;) {
        unsigned done = 0;
        for (unsigned t = 0; t < blockDim.x; t++) done += finished[t];
        if (done == blockDim.x) return;
        if (done > 0) {
            fprintf(stderr, "mock: %s: %u of %u threads did not come to a barrier\n", running->name, done, blockDim.x);
            abort();
        }
        for (unsigned t = 0; t < blockDim.x; t++) resume(t);
    }
}

static const size_t GUARD = 256;
static const unsigned char GUARD_BYTE = 0xcd;
static std::map<uintptr_t, size_t> blocks;
static size_t held;

static bool trace() {
    static bool on = getenv("MOCK_TRACE") != nullptr;
    return on;
}

typedef unsigned long long Address;
typedef void *Handle;

extern "C" {
// Its presence says that kernels run here even if none was compiled into the program.
void mockHasKernels() {}
int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuDeviceGetCount(int *count) { return *count = getenv("MOCK_GPUS") ? atoi(getenv("MOCK_GPUS")) : 1, 0; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, 0; }
int cuDeviceGetName(char *name, int length, int) { return snprintf(name, length, "Mock GPU"), 0; }
int cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = (size_t)1 << 30, 0; }
int cuMemGetInfo_v2(size_t *free, size_t *total) { return *free = *total = (size_t)1 << 30, 0; }
int cuDeviceGetAttribute(int *value, int attribute, int) { return *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 1, 0; }
int cuDeviceGetDefaultMemPool(Handle *, int) { return 801; }
int cuMemPoolSetAttribute(Handle, int, void *) { return 801; }
int cuMemPoolGetAttribute(Handle, int, void *) { return 801; }
int cuDevicePrimaryCtxRetain(Handle *context, int) { return *context = (Handle)0x1000, 0; }
int cuDevicePrimaryCtxRelease_v2(int) { return 0; }
int cuCtxSetCurrent(Handle) { return 0; }
int cuCtxGetCurrent(Handle *context) { return *context = (Handle)0x1000, 0; }
int cuEventCreate(Handle *event, unsigned) { return *event = (Handle)0x2000, 0; }
int cuEventDestroy_v2(Handle) { return 0; }
int cuEventRecord(Handle, Handle) { return 0; }
int cuStreamCreate(Handle *stream, unsigned) { return *stream = (Handle)0x3000, 0; }
int cuStreamDestroy_v2(Handle) { return 0; }
int cuStreamSynchronize(Handle) { return 0; }
int cuStreamWaitEvent(Handle, Handle, unsigned) { return 0; }
int cuGetErrorName(int, const char **text) { return *text = "MOCK", 0; }
int cuGetErrorString(int, const char **text) { return *text = "mock error", 0; }

int cuMemAllocAsync(Address *at, size_t bytes, Handle) {
    if (bytes == 0) return 1;
    static size_t most = getenv("MOCK_MEMORY") ? strtoull(getenv("MOCK_MEMORY"), nullptr, 10) : (size_t)4 << 30;
    if (held + bytes > most) return 2;
    unsigned char *block = (unsigned char *)malloc(bytes + 2 * GUARD);
    memset(block, GUARD_BYTE, GUARD);
    memset(block + GUARD, 0xff, bytes);
    memset(block + GUARD + bytes, GUARD_BYTE, GUARD);
    held += bytes;
    blocks[(uintptr_t)(block + GUARD)] = bytes;
    *at = (uintptr_t)(block + GUARD);
    return 0;
}
int cuMemAlloc_v2(Address *at, size_t bytes) { return cuMemAllocAsync(at, bytes, nullptr); }

static void check(uintptr_t at, size_t bytes) {
    const unsigned char *block = (const unsigned char *)at;
    for (size_t i = 0; i < GUARD; i++)
        if (block[bytes + i] != GUARD_BYTE || block[-1 - (long)i] != GUARD_BYTE) {
            fprintf(stderr, "mock: written beyond a buffer of %zu bytes, last by %s\n", bytes, running ? running->name : "nobody");
            abort();
        }
}

int cuMemFreeAsync(Address at, Handle) {
    auto found = blocks.find(at);
    if (found == blocks.end()) {
        fprintf(stderr, "mock: freed what was not allocated\n");
        abort();
    }
    check(at, found->second);
    held -= found->second;
    free((unsigned char *)(uintptr_t)at - GUARD);
    blocks.erase(found);
    return 0;
}
int cuMemFree_v2(Address at) { return cuMemFreeAsync(at, nullptr); }
int cuMemsetD8Async(Address at, unsigned char value, size_t bytes, Handle) { return memset((void *)(uintptr_t)at, value, bytes), 0; }
int cuMemsetD8_v2(Address at, unsigned char value, size_t bytes) { return cuMemsetD8Async(at, value, bytes, nullptr); }
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, Handle) { return memcpy((void *)(uintptr_t)to, from, bytes), 0; }
int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, Handle) { return memcpy(to, (void *)(uintptr_t)from, bytes), 0; }
int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, Handle) { return memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes), 0; }
int cuMemcpyHtoD_v2(Address to, const void *from, size_t bytes) { return cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr); }
int cuMemcpyDtoH_v2(void *to, Address from, size_t bytes) { return cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr); }
int cuMemcpyDtoD_v2(Address to, Address from, size_t bytes) { return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr); }

int cuModuleLoadData(Handle *module, const void *data) { return *module = const_cast<void *>(data), 0; }
int cuModuleUnload(Handle) { return 0; }
int cuModuleGetFunction(Handle *function, Handle, const char *name) {
    for (Kernel *k = first_kernel; k; k = k->next)
        if (!strcmp(k->name, name)) return *function = k, 0;
    return 500;
}

int cuLaunchKernel(Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned, Handle, void **parameters, void **) {
    running = (const Kernel *)function;
    if (trace()) fprintf(stderr, "mock: %s <<<%u, %u>>>\n", running->name, gx, bx);
    if (gx == 0 || gy * gz * by * bz != 1 || bx != THREADS) return 1;
    arguments = parameters;
    blockDim = {bx, 1, 1};
    gridDim = {gx, 1, 1};
    for (unsigned b = 0; b < gx; b++) {
        blockIdx = {b, 0, 0};
        run_block();
    }
    for (const auto &block : blocks) check(block.first, block.second);
    return 0;
}
}
