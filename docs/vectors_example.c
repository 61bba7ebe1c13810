/* Golden vectors in C: value and dx of the files that are named, which hold cases of float64 or float32.

       cc -O2 -o vectors vectors_example.c -lm
       ./vectors vectors/1/NAME.npz ...

   Whether a gradient is unique stands in the manifest; names after `--value` are held to their value alone. */
#define main loss_of_a_file
#include "crosscheck_example.c"
#undef main

static int wrong_file(const char *path, int value_alone) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("cannot read a file");
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    unsigned char *zip = room(length);
    if (fread(zip, 1, length, file) != length) fail("cannot read a file");
    fclose(file);

    const char *names[] = {"x.npy", "y.npy", "theta.npy", "p.npy", "low.npy", "high.npy", "dx.npy", "dx_tolerance.npy"};
    Array a[8], w[2];
    for (int k = 0; k < 8; k++)
        if (!find(zip, length, names[k], &a[k])) fail("an array is missing");
    size_t n = a[0].shape[0], d = a[0].shape[1], m = a[1].shape[0], L = a[2].shape[0];
    int given[2] = {find(zip, length, "x_weights.npy", &w[0]), find(zip, length, "y_weights.npy", &w[1])};
    for (int k = 0; k < 2; k++) {  /* one that is absent is uniform */
        if (given[k]) continue;
        size_t size = k ? m : n;
        w[k].data = room(size * sizeof(double));
        for (size_t i = 0; i < size; i++) w[k].data[i] = 1.0 / (double)size;
    }
    int weighted = given[0] || given[1];
    double value = 0, *dx = calloc(n * d, sizeof *dx);
    for (size_t l = 0; l < L; l++)
        direction(a[0], a[1], weighted ? w[0].data : NULL, weighted ? w[1].data : NULL, a[2].data + l * d, a[3].data[0],
                  L, &value, dx);
    int right = a[4].data[0] <= value && value <= a[5].data[0];
    for (size_t k = 0; k < n * d && !value_alone; k++)
        right = right && fabs(dx[k] - a[6].data[k]) <= a[7].data[k];
    if (!right) printf("%s is wrong\n", path);
    return !right;
}

int main(int argc, char **argv) {
    int wrong = 0, files = 0, value_alone = 0;
    for (int k = 1; k < argc; k++) {
        if (!strcmp(argv[k], "--value")) { value_alone = 1; continue; }
        wrong += wrong_file(argv[k], value_alone);
        files++;
    }
    printf("%d files, %d wrong\n", files, wrong);
    return wrong > 0;
}
