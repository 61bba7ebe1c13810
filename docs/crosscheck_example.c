/* SW_p^p and its gradient in x in plain C, under the protocol of swref's cross-check:

       cc -O2 -o sw crosscheck_example.c -lm
       swref crosscheck --command ./sw

   Called as `./sw INPUT.npz OUTPUT.npz`. An .npz is a ZIP of .npy files; here it is uncompressed, every local header
   states the sizes, and the arrays are little-endian, in C order, float64 or float32. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int rank; size_t shape[2]; double *data; } Array;

static void fail(const char *message) { fprintf(stderr, "%s\n", message); exit(1); }

static void *room(size_t bytes) {
    void *block = malloc(bytes ? bytes : 1);
    if (!block) fail("out of memory");
    return block;
}

static uint32_t little(const unsigned char *b, int bytes) {
    uint32_t value = 0;
    for (int k = 0; k < bytes; k++) value |= (uint32_t)b[k] << (8 * k);
    return value;
}

/* ---- reading ---- */

static Array parse_npy(const unsigned char *b) {
    if (memcmp(b, "\x93NUMPY\x01", 7)) fail("not an .npy of version 1");
    size_t header = little(b + 8, 2);
    char *text = room(header + 1);
    memcpy(text, b + 10, header);
    text[header] = 0;
    int wide = strstr(text, "'<f8'") != NULL;
    if (!wide && !strstr(text, "'<f4'")) fail("numbers must be float64 or float32");
    Array a = {0, {1, 1}, NULL};
    char *p = strstr(text, "'shape': (");
    if (!p) fail("an .npy header has no shape");
    for (p += 10; *p && *p != ')'; ) {
        char *end;
        unsigned long long size = strtoull(p, &end, 10);
        if (end == p) { p++; continue; }
        if (a.rank == 2) fail("arrays have at most two axes");
        a.shape[a.rank++] = (size_t)size;
        p = end;
    }
    free(text);
    size_t count = a.shape[0] * a.shape[1];
    a.data = room(count * sizeof(double));
    for (size_t k = 0; k < count; k++) {
        float narrow;
        if (wide) memcpy(&a.data[k], b + 10 + header + 8 * k, 8);
        else { memcpy(&narrow, b + 10 + header + 4 * k, 4); a.data[k] = narrow; }
    }
    return a;
}

static int find(const unsigned char *zip, size_t length, const char *name, Array *out) {
    for (size_t at = 0; at + 30 <= length && little(zip + at, 4) == 0x04034b50; ) {
        size_t size = little(zip + at + 18, 4), names = little(zip + at + 26, 2), extra = little(zip + at + 28, 2);
        const unsigned char *data = zip + at + 30 + names + extra;
        if (names == strlen(name) && !memcmp(zip + at + 30, name, names)) { *out = parse_npy(data); return 1; }
        at += 30 + names + extra + size;
    }
    return 0;
}

/* ---- the loss ---- */

static const double *sorting;
static int by_value(const void *a, const void *b) {
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    if (sorting[i] != sorting[j]) return sorting[i] < sorting[j] ? -1 : 1;
    return i < j ? -1 : i > j;
}

static size_t *sorted(const double *values, size_t n) {
    size_t *order = room(n * sizeof *order);
    for (size_t k = 0; k < n; k++) order[k] = k;
    sorting = values;
    qsort(order, n, sizeof *order, by_value);
    return order;
}

static double *project(Array x, const double *theta) {
    double *out = room(x.shape[0] * sizeof *out);
    for (size_t i = 0; i < x.shape[0]; i++) {
        out[i] = 0;
        for (size_t k = 0; k < x.shape[1]; k++) out[i] += theta[k] * x.data[i * x.shape[1] + k];
    }
    return out;
}

/* Adds (1/L) W_p^p along theta to *value and its gradient to dx: the north-west corner rule on the sorted points. */
static void direction(Array x, Array y, const double *wx, const double *wy, const double *theta, double p, size_t L,
                      double *value, double *dx) {
    size_t n = x.shape[0], m = y.shape[0], d = x.shape[1];
    double *px = project(x, theta), *py = project(y, theta);
    size_t *s = sorted(px, n), *t = sorted(py, m), i = 0, j = 0;
    double left = wx ? wx[s[0]] : (double)m, right = wy ? wy[t[0]] : (double)n;  /* uniform: in units of 1/(n m) */
    double unit = wx ? 1 : 1.0 / ((double)n * (double)m);
    for (;;) {
        double mass = left < right ? left : right, D = px[s[i]] - py[t[j]];
        double slope = D == 0 ? 0 : p * pow(fabs(D), p - 1) * (D > 0 ? 1 : -1);
        *value += unit * mass * pow(fabs(D), p) / (double)L;
        for (size_t k = 0; k < d; k++) dx[s[i] * d + k] += unit * mass * slope * theta[k] / (double)L;
        left -= mass;
        right -= mass;
        int next_x = left <= right;
        if (next_x && ++i < n) left += wx ? wx[s[i]] : (double)m;
        else if (!next_x && ++j < m) right += wy ? wy[t[j]] : (double)n;
        if (i >= n || j >= m) break;
    }
    free(px); free(py); free(s); free(t);
}

/* ---- writing ---- */

static uint32_t crc32(const unsigned char *b, size_t n) {
    uint32_t crc = 0xffffffffu;
    while (n--) {
        crc ^= *b++;
        for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

static void put(unsigned char *b, uint32_t value, int bytes) {
    for (int k = 0; k < bytes; k++) b[k] = (unsigned char)(value >> (8 * k));
}

typedef struct { const char *name; unsigned char *bytes; uint32_t size, crc, at; } Member;

static Member npy(const char *name, const char *shape, const double *data, size_t count) {
    Member member = {name, room(128 + 8 * count), (uint32_t)(128 + 8 * count), 0, 0};
    char header[128];
    int used = snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    memset(header + used, ' ', sizeof header - (size_t)used);
    memcpy(member.bytes, "\x93NUMPY\x01\x00\x76\x00", 10);  /* 118 bytes of header: the data start at 128 */
    memcpy(member.bytes + 10, header, 118);
    member.bytes[127] = '\n';
    memcpy(member.bytes + 128, data, 8 * count);
    member.crc = crc32(member.bytes, member.size);
    return member;
}

static void write_npz(const char *path, Member *members, int count) {
    FILE *file = fopen(path, "wb");
    if (!file) fail("cannot write the output");
    unsigned char h[46];
    for (int k = 0; k < count; k++) {
        Member *m = &members[k];
        m->at = (uint32_t)ftell(file);
        memset(h, 0, sizeof h);
        put(h, 0x04034b50, 4); put(h + 4, 20, 2); put(h + 14, m->crc, 4); put(h + 18, m->size, 4);
        put(h + 22, m->size, 4); put(h + 26, (uint32_t)strlen(m->name), 2);
        fwrite(h, 1, 30, file); fwrite(m->name, 1, strlen(m->name), file); fwrite(m->bytes, 1, m->size, file);
    }
    uint32_t start = (uint32_t)ftell(file);
    for (int k = 0; k < count; k++) {
        Member *m = &members[k];
        memset(h, 0, sizeof h);
        put(h, 0x02014b50, 4); put(h + 4, 20, 2); put(h + 6, 20, 2); put(h + 16, m->crc, 4); put(h + 20, m->size, 4);
        put(h + 24, m->size, 4); put(h + 28, (uint32_t)strlen(m->name), 2); put(h + 42, m->at, 4);
        fwrite(h, 1, 46, file); fwrite(m->name, 1, strlen(m->name), file);
    }
    uint32_t length = (uint32_t)ftell(file) - start;
    memset(h, 0, sizeof h);
    put(h, 0x06054b50, 4); put(h + 8, (uint32_t)count, 2); put(h + 10, (uint32_t)count, 2);
    put(h + 12, length, 4); put(h + 16, start, 4);
    fwrite(h, 1, 22, file);
    if (fclose(file)) fail("cannot write the output");
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage: sw INPUT.npz OUTPUT.npz");
    FILE *file = fopen(argv[1], "rb");
    if (!file) fail("cannot read the input");
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    unsigned char *zip = room(length);
    if (fread(zip, 1, length, file) != length) fail("cannot read the input");
    fclose(file);

    Array x, y, theta, p, wx, wy;
    if (!find(zip, length, "x.npy", &x) || !find(zip, length, "y.npy", &y) || !find(zip, length, "theta.npy", &theta)
        || !find(zip, length, "p.npy", &p)) fail("the input must hold x, y, theta and p");
    int weighted = find(zip, length, "x_weights.npy", &wx) && find(zip, length, "y_weights.npy", &wy);
    size_t n = x.shape[0], d = x.shape[1], L = theta.shape[0];
    double value = 0, *dx = room(n * d * sizeof *dx);
    memset(dx, 0, n * d * sizeof *dx);
    for (size_t l = 0; l < L; l++)
        direction(x, y, weighted ? wx.data : NULL, weighted ? wy.data : NULL, theta.data + l * d, p.data[0], L, &value, dx);
    for (size_t k = 0; k < n * d; k++)
        if (!isfinite(x.data[k])) value = NAN;
    for (size_t k = 0; k < y.shape[0] * d; k++)
        if (!isfinite(y.data[k])) value = NAN;

    char shape[64];
    snprintf(shape, sizeof shape, "(%zu, %zu)", n, d);
    Member members[2] = {npy("value.npy", "()", &value, 1), npy("dx.npy", shape, dx, n * d)};
    write_npz(argv[2], members, 2);
    return 0;
}
