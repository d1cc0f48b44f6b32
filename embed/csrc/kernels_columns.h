/* What skip-gram does with a few columns of the rows, for one kind of vector. kernels_body.h includes this file with
 *   STEP(x)   a suffix for the kind's names
 *   vector    the kind
 *   FLOATS    floats in it
 * once for whole vectors and once for half of one, which ends a row whose dim leaves no more than that over: processors
 * that work on halves of the widest vectors need half the time for it.
 */

INLINE vector STEP(load)(const float *p) { return *(const vector *)p; }
INLINE void STEP(store)(float *p, vector v) { *(vector *)p = v; }

/* acc[i][j] += x[i] * y[j] at column k; nx and ny are constants once inlined. */
INLINE void STEP(products)(float **x, float **y, vector acc[TILE_X][EMBED_LINE], int k, const int nx, const int ny) {
    vector row[EMBED_GROUP];
    UNROLL for (int j = 0; j < ny; ++j) row[j] = STEP(load)(y[j] + k);
    UNROLL for (int i = 0; i < nx; ++i) {
        const vector in = STEP(load)(x[i] + k);
        UNROLL for (int j = 0; j < ny; ++j) acc[i][j] += in * row[j];
    }
}

/* to[i] += sum_j gx[i][j] y[j] and y[j] += sum_i g[i][j] from[i], both from the old values, for `columns` vectors of
 * each row that begin at column k; ny and columns are constants once inlined. */
INLINE void STEP(update_columns)(float **from, float **to, int nx, float **y, const float *RESTRICT g,
                                 const float *RESTRICT gx, int k, const int ny, const int columns) {
    vector old[EMBED_GROUP][COLUMNS], sum[EMBED_GROUP][COLUMNS];
    UNROLL for (int j = 0; j < ny; ++j) UNROLL for (int c = 0; c < columns; ++c)
        old[j][c] = sum[j][c] = STEP(load)(y[j] + k + c * FLOATS);
    for (int i = 0; i < nx; ++i, g += EMBED_LINE, gx += EMBED_LINE) {
        vector in[COLUMNS], moved[COLUMNS];
        ONE_ADDRESS(g);
        ONE_ADDRESS(gx);
        UNROLL for (int c = 0; c < columns; ++c) {
            in[c] = STEP(load)(from[i] + k + c * FLOATS);
            moved[c] = from == to ? in[c] : STEP(load)(to[i] + k + c * FLOATS);
        }
        UNROLL for (int j = 0; j < ny; ++j) {
            const float rate = g[j], rate_x = gx[j];
            UNROLL for (int c = 0; c < columns; ++c) {
                sum[j][c] += in[c] * rate;
                moved[c] += old[j][c] * rate_x;
            }
        }
        UNROLL for (int c = 0; c < columns; ++c) STEP(store)(to[i] + k + c * FLOATS, moved[c]);
    }
    UNROLL for (int j = 0; j < ny; ++j) UNROLL for (int c = 0; c < columns; ++c)
        STEP(store)(y[j] + k + c * FLOATS, sum[j][c]);
}
