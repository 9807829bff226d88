// Moving elements: blocks, maps of indices, resizing. What is read by several is gathered on the way back, by tables of readers.
#include "common.cuh"

// Rows of `len` elements, `rows` in each of n / (rows * len) blocks: target [+]= source, each by its offset and its steps
// from block to block and from row to row.
extern "C" __global__ void transfer(unsigned rows, unsigned len, const float *source, unsigned from, unsigned from_outer, unsigned from_row, float *target, unsigned to, unsigned to_outer, unsigned to_row, unsigned add, unsigned n) {
    EACH(i, n) {
        unsigned k = i % len, r = i / len % rows, o = i / len / rows;
        float value = source[from + o * from_outer + r * from_row + k];
        float *at = target + to + o * to_outer + r * to_row + k;
        *at = add ? *at + value : value;
    }
}

// Planes of height x width read at rows[r], columns[c]; an index beyond the plane is a zero. table: rows, then columns.
extern "C" __global__ void remap(unsigned height, unsigned width, unsigned to_height, unsigned to_width, const unsigned *table, const float *x, float *y, unsigned n) {
    unsigned area = to_height * to_width;
    EACH(i, n) {
        unsigned p = i / area, row = table[i % area / to_width], column = table[to_height + i % to_width];
        y[i] = row < height && column < width ? x[(p * height + row) * width + column] : 0.0f;
    }
}

// y of to_height x to_width: rows and columns blend `low` and `high` by the share of `high`. table: low, high and share of
// the rows, then of the columns.
extern "C" __global__ void resize(unsigned height, unsigned width, unsigned to_height, unsigned to_width, const unsigned *table, const float *x, float *y, unsigned n) {
    unsigned area = to_height * to_width;
    const unsigned *across = table + 3 * to_height;
    EACH(i, n) {
        unsigned p = i / area, r = i % area / to_width, c = i % to_width;
        const float *upper = x + (p * height + table[r]) * width, *lower = x + (p * height + table[to_height + r]) * width;
        unsigned low = across[c], high = across[to_width + c];
        float q = __uint_as_float(table[2 * to_height + r]), s = __uint_as_float(across[2 * to_width + c]);
        // A share of 0 reads nothing: 0 times infinity would be NaN.
        float top = s == 0.0f ? upper[low] : (1.0f - s) * upper[low] + s * upper[high];
        if (q != 0.0f) {
            float bottom = s == 0.0f ? lower[low] : (1.0f - s) * lower[low] + s * lower[high];
            top = (1.0f - q) * top + q * bottom;
        }
        y[i] = top;
    }
}

// dx of height x width [+]= what its readers of dy (to_height x to_width) count it. A table of an axis: starts (one more than
// the axis has elements), readers, shares; `row_readers` and `column_readers` are how many readers each has.
extern "C" __global__ void gather(unsigned height, unsigned width, unsigned to_height, unsigned to_width, const unsigned *rows, unsigned row_readers, const unsigned *columns, unsigned column_readers, const float *dy, float *dx, unsigned add, unsigned n) {
    unsigned area = height * width;
    const unsigned *row_at = rows + height + 1, *column_at = columns + width + 1;
    EACH(i, n) {
        unsigned p = i / area, r = i % area / width, c = i % width;
        float sum = 0.0f;
        for (unsigned j = rows[r]; j < rows[r + 1]; j++) {
            const float *line = dy + (p * to_height + row_at[j]) * to_width;
            float across = 0.0f;
            for (unsigned k = columns[c]; k < columns[c + 1]; k++) across += __uint_as_float(column_at[column_readers + k]) * line[column_at[k]];
            sum += __uint_as_float(row_at[row_readers + j]) * across;
        }
        dx[i] = add ? dx[i] + sum : sum;
    }
}
