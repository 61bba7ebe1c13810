/* A stand-in for the CUDA driver, so that the host's side of the "cuda" backend runs, and is timed, without a GPU.

   It answers as one H100 whose memory is the host's: allocations and copies are done, kernels are looked at and not run.
   A launch is refused as the driver would refuse it: an empty or too large grid, more than 1024 threads, more shared
   memory than the kernel was allowed. Streams and contexts are numbers. What is counted is read with standin_counts.

   gcc -shared -fPIC -O1 -o libcuda.so.1 driver.c -ldl; then LD_LIBRARY_PATH=its folder. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;
typedef uint64_t Handle; /* of a context, stream, kernel; the address of memory */

enum { SUCCESS, INVALID_VALUE, OUT_OF_MEMORY, INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500,
       NOT_SUPPORTED = 801, NOT_WHILE_CAPTURING = 900 };
enum { SHARED_ANY = 49152, SHARED_MOST = 232448 }; /* bytes of shared memory: without asking, and at most */

/* ---- what is counted ---- */

enum { LAUNCHES, LIMITS, ALLOCATIONS, FREES, UPLOADS, DOWNLOADS, WAITS, REFUSALS, STREAMS, GRAPHS, NODES, COUNTS };
static long counts[COUNTS];

void standin_counts(long *out) { memcpy(out, counts, sizeof counts); }

/* The last launches: grid, block, shared memory, stream. */
typedef struct { unsigned grid[3], block[3], shared; Handle kernel, stream; } Launched;
enum { KEPT = 4096 };
static Launched launched[KEPT];

/* Eight bytes at each argument of a launch, of the first `taken` ones: the driver reads as many as the kernel says. */
static int taken = 0;
static uint64_t values[256];

void standin_take(int n) { taken = n; }
void standin_taken(uint64_t *out) { memcpy(out, values, taken * sizeof *out); taken = 0; }

/* That many launches after the `from`-th; how many were written. */
int standin_launches(long from, Launched *out, int most) {
    int n = 0;
    for (long k = from; k < counts[LAUNCHES] && n < most; k++) out[n++] = launched[k % KEPT];
    return n;
}

/* The stream whose launches become the nodes of a graph, and of each graph how many it has. Other calls that such a
   stream forbids are refused. */
static uint64_t capturing = 0;
enum { MOST_GRAPHS = 16 };
static long nodes[MOST_GRAPHS];
static int graphs = 0;

/* ---- device and context ---- */

#define DRIVER(name) Result standin_##name

DRIVER(cuInit)(unsigned flags) { return SUCCESS; }
DRIVER(cuDriverGetVersion)(int *version) { *version = 13000; return SUCCESS; }
DRIVER(cuDeviceGetCount)(int *count) { *count = 1; return SUCCESS; }
DRIVER(cuDeviceGet)(int *device, int ordinal) { *device = ordinal; return SUCCESS; }
DRIVER(cuDeviceGetName)(char *name, int size, int device) { snprintf(name, size, "stand-in H100"); return SUCCESS; }
DRIVER(cuDeviceGetUuid)(char *uuid, int device) { memset(uuid, 7, 16); return SUCCESS; }
DRIVER(cuDeviceTotalMem)(size_t *bytes, int device) { *bytes = 80ull << 30; return SUCCESS; }

DRIVER(cuDeviceGetAttribute)(int *value, int attribute, int device) {
    switch (attribute) {
    case 1: *value = 1024; break;                          /* threads of a block */
    case 2: case 3: *value = 1024; break;                  /* its sides */
    case 4: *value = 64; break;
    case 5: *value = 2147483647; break;                    /* sides of a grid */
    case 6: case 7: *value = 65535; break;
    case 8: *value = SHARED_ANY; break;
    case 10: *value = 32; break;                           /* threads of a warp */
    case 16: *value = 132; break;                          /* multiprocessors */
    case 75: *value = 9; break;                            /* compute capability 9.0 */
    case 76: *value = 0; break;
    case 97: *value = SHARED_MOST; break;
    default: *value = 1;                                   /* whatever it is, it can */
    }
    return SUCCESS;
}

static __thread Handle contexts[64];
static __thread int depth = 0;
enum { PRIMARY = 0xC0 };

DRIVER(cuDevicePrimaryCtxRetain)(Handle *context, int device) { *context = PRIMARY; return SUCCESS; }
DRIVER(cuDevicePrimaryCtxRelease)(int device) { return SUCCESS; }
DRIVER(cuDevicePrimaryCtxGetState)(int device, unsigned *flags, int *active) { *flags = 0; *active = 1; return SUCCESS; }
DRIVER(cuCtxGetCurrent)(Handle *context) { *context = depth ? contexts[depth - 1] : 0; return SUCCESS; }
DRIVER(cuCtxPushCurrent)(Handle context) { contexts[depth++] = context; return SUCCESS; }
DRIVER(cuCtxPopCurrent)(Handle *context) {
    if (depth == 0) return INVALID_CONTEXT;
    *context = contexts[--depth];
    return SUCCESS;
}
DRIVER(cuCtxSetCurrent)(Handle context) {
    if (depth == 0) depth = 1;
    contexts[depth - 1] = context;
    return SUCCESS;
}
DRIVER(cuCtxGetDevice)(int *device) { *device = 0; return depth ? SUCCESS : INVALID_CONTEXT; }
DRIVER(cuCtxGetApiVersion)(Handle context, unsigned *version) { *version = 3020; return SUCCESS; }
DRIVER(cuCtxSynchronize)(void) { counts[WAITS]++; return capturing ? NOT_WHILE_CAPTURING : SUCCESS; }
DRIVER(cuCtxGetStreamPriorityRange)(int *least, int *greatest) { *least = *greatest = 0; return SUCCESS; }

/* ---- memory, all of it the host's ---- */

DRIVER(cuMemAlloc)(Handle *address, size_t bytes) {
    if (capturing) return NOT_WHILE_CAPTURING;
    if (bytes > 70ull << 30) return OUT_OF_MEMORY;
    counts[ALLOCATIONS]++;
    *address = (Handle)aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!*address) return OUT_OF_MEMORY;
    if (bytes <= 1 << 20) memset((void *)*address, 0, bytes); /* a loss that no kernel wrote, read as NaN, takes other ways */
    return SUCCESS;
}
DRIVER(cuMemFree)(Handle address) { counts[FREES]++; free((void *)address); return SUCCESS; }
DRIVER(cuMemAllocAsync)(Handle *address, size_t bytes, Handle stream) { return standin_cuMemAlloc(address, bytes); }
DRIVER(cuMemAllocFromPoolAsync)(Handle *address, size_t bytes, Handle pool, Handle stream) {
    return standin_cuMemAlloc(address, bytes);
}
DRIVER(cuMemFreeAsync)(Handle address, Handle stream) { return standin_cuMemFree(address); }
DRIVER(cuDeviceGetDefaultMemPool)(Handle *pool, int device) { *pool = 0xF0; return SUCCESS; }
DRIVER(cuDeviceGetMemPool)(Handle *pool, int device) { *pool = 0xF0; return SUCCESS; }
DRIVER(cuMemGetMemPool)(Handle *pool, void *location, int type) { *pool = 0xF0; return SUCCESS; }
DRIVER(cuMemGetDefaultMemPool)(Handle *pool, void *location, int type) { *pool = 0xF0; return SUCCESS; }
DRIVER(cuMemPoolGetAttribute)(Handle pool, int attribute, uint64_t *value) { *value = 0; return SUCCESS; }
DRIVER(cuMemPoolSetAttribute)(Handle pool, int attribute, uint64_t *value) { return SUCCESS; }
DRIVER(cuMemGetInfo)(size_t *left, size_t *whole) { *left = 70ull << 30; *whole = 80ull << 30; return SUCCESS; }
DRIVER(cuMemHostAlloc)(void **address, size_t bytes, unsigned flags) { *address = malloc(bytes); return SUCCESS; }
DRIVER(cuMemFreeHost)(void *address) { free(address); return SUCCESS; }
DRIVER(cuMemcpyHtoD)(Handle to, const void *from, size_t bytes) {
    counts[UPLOADS]++;
    counts[WAITS]++; /* returns when it is done */
    memcpy((void *)to, from, bytes);
    return SUCCESS;
}
DRIVER(cuMemcpyDtoH)(void *to, Handle from, size_t bytes) {
    counts[DOWNLOADS]++;
    counts[WAITS]++;
    memcpy(to, (void *)from, bytes);
    return SUCCESS;
}
DRIVER(cuMemcpyHtoDAsync)(Handle to, const void *from, size_t bytes, Handle stream) {
    counts[UPLOADS]++;
    memcpy((void *)to, from, bytes);
    return SUCCESS;
}
DRIVER(cuMemcpyDtoHAsync)(void *to, Handle from, size_t bytes, Handle stream) {
    counts[DOWNLOADS]++;
    memcpy(to, (void *)from, bytes);
    return SUCCESS;
}
DRIVER(cuPointerGetAttribute)(void *value, int attribute, Handle address) {
    memset(value, 0, 8);
    if (attribute == 1) *(Handle *)value = PRIMARY;
    if (attribute == 2) *(int *)value = 2; /* memory of a device */
    if (attribute == 3) *(Handle *)value = address;
    return SUCCESS;
}

/* ---- streams and events ---- */

static Handle next = 0x1000;

static Result made(Handle *handle) { *handle = next += 16; return SUCCESS; }

DRIVER(cuStreamCreate)(Handle *stream, unsigned flags) { counts[STREAMS]++; return made(stream); }
DRIVER(cuStreamCreateWithPriority)(Handle *stream, unsigned flags, int priority) {
    counts[STREAMS]++;
    return made(stream);
}
DRIVER(cuStreamDestroy)(Handle stream) { return SUCCESS; }
DRIVER(cuStreamSynchronize)(Handle stream) { counts[WAITS]++; return SUCCESS; }
DRIVER(cuStreamWaitEvent)(Handle stream, Handle event, unsigned flags) { return SUCCESS; }
DRIVER(cuStreamGetCtx)(Handle stream, Handle *context) { *context = PRIMARY; return SUCCESS; }
DRIVER(cuStreamGetDevice)(Handle stream, int *device) { *device = 0; return SUCCESS; }
DRIVER(cuStreamIsCapturing)(Handle stream, int *status) { *status = stream == capturing && stream; return SUCCESS; }
DRIVER(cuStreamBeginCapture)(Handle stream, int mode) {
    if (capturing || graphs == MOST_GRAPHS) return INVALID_VALUE;
    capturing = stream;
    nodes[graphs] = 0;
    return SUCCESS;
}
DRIVER(cuStreamGetCaptureInfo)(Handle stream, int *status, uint64_t *id, Handle *graph) {
    *status = stream == capturing && stream;
    if (id != NULL) *id = 1;
    if (graph != NULL) *graph = graphs + 1;
    return SUCCESS;
}
DRIVER(cuStreamEndCapture)(Handle stream, Handle *graph) {
    if (stream != capturing) return INVALID_VALUE;
    capturing = 0;
    *graph = ++graphs;
    return SUCCESS;
}
typedef struct { uint64_t flags; Handle upload, failed; int result; } Instantiation;
DRIVER(cuGraphInstantiateWithParams)(Handle *executable, Handle graph, Instantiation *found) {
    found->result = 0;
    *executable = graph;
    return SUCCESS;
}
DRIVER(cuGraphInstantiateWithFlags)(Handle *executable, Handle graph, uint64_t flags) {
    *executable = graph;
    return SUCCESS;
}
DRIVER(cuGraphLaunch)(Handle executable, Handle stream) {
    counts[GRAPHS]++;
    counts[NODES] += nodes[executable - 1];
    return SUCCESS;
}
DRIVER(cuUserObjectCreate)(Handle *object, void *held, void *destroy, unsigned count, unsigned flags) {
    *object = 1;
    return SUCCESS;
}
DRIVER(cuUserObjectRelease)(Handle object, unsigned count) { return SUCCESS; }
DRIVER(cuGraphRetainUserObject)(Handle graph, Handle object, unsigned count, unsigned flags) { return SUCCESS; }
DRIVER(cuGraphReleaseUserObject)(Handle graph, Handle object, unsigned count) { return SUCCESS; }
DRIVER(cuGraphDestroy)(Handle graph) { return SUCCESS; }
DRIVER(cuGraphExecDestroy)(Handle executable) { return SUCCESS; }
DRIVER(cuEventCreate)(Handle *event, unsigned flags) { return made(event); }
DRIVER(cuEventRecord)(Handle event, Handle stream) { return SUCCESS; }
DRIVER(cuEventDestroy)(Handle event) { return SUCCESS; }
DRIVER(cuEventSynchronize)(Handle event) { counts[WAITS]++; return SUCCESS; }

/* ---- kernels ---- */

enum { KERNELS = 4096 };
static Handle kernels[KERNELS];
static unsigned allowed[KERNELS]; /* bytes of dynamic shared memory */
static char names[KERNELS][256];
static int known = 0;

static int index_of(Handle kernel) {
    for (int k = 0; k < known; k++)
        if (kernels[k] == kernel) return k;
    return -1;
}

const char *standin_name(Handle kernel) { int k = index_of(kernel); return k < 0 ? "" : names[k]; }

DRIVER(cuLibraryLoadData)(Handle *library, const void *code, void *a, void *b, unsigned n, void *c, void *d, unsigned m) {
    return made(library);
}
DRIVER(cuLibraryUnload)(Handle library) { return SUCCESS; }
DRIVER(cuLibraryGetKernel)(Handle *kernel, Handle library, const char *name) {
    if (known == KERNELS) return OUT_OF_MEMORY;
    made(kernel);
    kernels[known] = *kernel;
    allowed[known] = SHARED_ANY;
    snprintf(names[known++], sizeof names[0], "%s", name);
    return SUCCESS;
}
DRIVER(cuLibraryGetKernelCount)(unsigned *count, Handle library) { *count = 1; return SUCCESS; }
DRIVER(cuKernelGetFunction)(Handle *function, Handle kernel) { *function = kernel; return SUCCESS; }
DRIVER(cuKernelGetLibrary)(Handle *library, Handle kernel) { *library = 1; return SUCCESS; }
DRIVER(cuFuncGetAttribute)(int *value, int attribute, Handle kernel) {
    *value = attribute == 0 ? 1024 : attribute == 4 ? 56 : 0; /* threads of a block, registers, no static shared memory */
    return SUCCESS;
}
DRIVER(cuKernelGetAttribute)(int *value, int attribute, Handle kernel, int device) {
    return standin_cuFuncGetAttribute(value, attribute, kernel);
}
DRIVER(cuKernelSetAttribute)(int attribute, int value, Handle kernel, int device) {
    int k = index_of(kernel);
    counts[LIMITS]++;
    if (k < 0) return INVALID_HANDLE;
    if (attribute == 8) {
        if (value > SHARED_MOST) return INVALID_VALUE;
        allowed[k] = value;
    }
    return SUCCESS;
}

static Result launch(Launched one, void **arguments) {
    for (int k = 0; k < taken; k++) memcpy(&values[k], arguments[k], sizeof values[k]);
    int k = index_of(one.kernel);
    unsigned long long threads = (unsigned long long)one.block[0] * one.block[1] * one.block[2];
    int fits = k >= 0 && one.grid[0] >= 1 && one.grid[0] <= 2147483647u && one.grid[1] >= 1 && one.grid[1] <= 65535
        && one.grid[2] >= 1 && one.grid[2] <= 65535 && threads >= 1 && threads <= 1024 && one.block[2] <= 64
        && one.shared <= allowed[k];
    if (!fits) {
        counts[REFUSALS]++;
        return k < 0 ? INVALID_HANDLE : INVALID_VALUE;
    }
    if (capturing && one.stream == capturing) nodes[graphs]++;
    else launched[counts[LAUNCHES]++ % KEPT] = one;
    return SUCCESS;
}

typedef struct { unsigned grid[3], block[3], shared; Handle stream; void *attributes; unsigned n; } Config;

DRIVER(cuLaunchKernelEx)(Config *c, Handle kernel, void **arguments, void **extra) {
    return launch((Launched){{c->grid[0], c->grid[1], c->grid[2]}, {c->block[0], c->block[1], c->block[2]}, c->shared,
                             kernel, c->stream}, arguments);
}
DRIVER(cuLaunchKernel)(Handle kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned shared, Handle stream, void **arguments, void **extra) {
    return launch((Launched){{gx, gy, gz}, {bx, by, bz}, shared, kernel, stream}, arguments);
}

/* ---- how libraries find all that ---- */

DRIVER(cuGetErrorName)(Result error, const char **name) {
    *name = error == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
        : error == INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE" : "CUDA_ERROR_OF_THE_STAND_IN";
    return SUCCESS;
}
DRIVER(cuGetErrorString)(Result error, const char **text) { *text = "refused by the stand-in"; return SUCCESS; }

static Result unknown(void) { return NOT_SUPPORTED; }

Result cuGetProcAddress_v2(const char *symbol, void **function, int version, uint64_t flags, int *status) {
    static void *self = NULL;
    if (self == NULL) {
        Dl_info here;
        dladdr((void *)unknown, &here);
        self = dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    }
    char name[256];
    snprintf(name, sizeof name, "standin_%s", symbol);
    *function = strcmp(symbol, "cuGetProcAddress") ? dlsym(self, name) : (void *)cuGetProcAddress_v2;
    if (*function == NULL) {
        if (getenv("STANDIN_UNKNOWN") != NULL) fprintf(stderr, "unknown to the stand-in: %s\n", symbol);
        *function = (void *)unknown;
    }
    if (status != NULL) *status = 0;
    return SUCCESS;
}
Result cuGetProcAddress(const char *symbol, void **function, int version, uint64_t flags) {
    return cuGetProcAddress_v2(symbol, function, version, flags, NULL);
}
Result cuInit(unsigned flags) { return standin_cuInit(flags); }
Result cuDriverGetVersion(int *version) { return standin_cuDriverGetVersion(version); }
