/* The steps of skip-gram for a few columns of the rows, for one kind of vector. kernels_body.h includes this file with
 *   STEP(x)   a suffix for the kind's names
 *   vector    the kind
 *   FLOATS    floats in it
 * once for whole vectors and once for half vectors. A row ends with half a vector if its dim needs no more: processors
 * that split the widest vectors need half the time for it.
 */

INLINE vector STEP(load)(const float *p) { return *(const vector *)p; }
INLINE void STEP(store)(float *p, vector v) { *(vector *)p = v; }
INLINE vector STEP(broadcast)(float s) { return s - (vector){0}; }

/* acc[i][j] += x[i] * y[j] at column k; nx and ny are constants once inlined. */
INLINE void STEP(products)(float **x, float **y, vector acc[TILE_X][EMBED_LINE], int k, const int nx, const int ny) {
    vector in[TILE_X];
    UNROLL for (int i = 0; i < nx; ++i) in[i] = STEP(load)(x[i] + k);
    UNROLL for (int j = 0; j < ny; ++j) {
        vector row = STEP(load)(y[j] + k);
        IN_REGISTER(row);
        UNROLL for (int i = 0; i < nx; ++i) acc[i][j] += in[i] * row;
    }
}

/* to[i] += sum_j gx[i][j] y[j] and y[j] += sum_i g[i][j] from[i], both with the old values, for `columns` vectors of
 * each row from column k; ny and columns are constants once inlined. */
#if REGISTERS == 32
INLINE void STEP(update_columns)(float **from, float **to, int nx, float **y, const float *RESTRICT g,
                                 const float *RESTRICT gx, float *kept, int k, const int ny, const int columns) {
    (void)kept;
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
#else /* one sum after the other; `kept`, [nx, columns] vectors, stores the old inputs for the second sum */
INLINE void STEP(update_columns)(float **from, float **to, int nx, float **y, const float *RESTRICT g,
                                 const float *RESTRICT gx, float *kept, int k, const int ny, const int columns) {
    /* The sum of an input uses two chains of additions, so the last row of a whole group has to stay in memory. */
    const int held = ny < EMBED_GROUP ? ny : EMBED_GROUP - 1, half = ny / 2;
    vector row[EMBED_GROUP][COLUMNS];
    UNROLL for (int j = 0; j < held; ++j) UNROLL for (int c = 0; c < columns; ++c)
        row[j][c] = STEP(load)(y[j] + k + c * FLOATS);
    const float *last = y[ny - 1] + k;
    ONE_ADDRESS(last);
    for (int i = 0; i < nx; ++i, gx += EMBED_LINE, kept += columns * FLOATS) {
        float *target = to[i] + k;
        vector moved[COLUMNS], rest[COLUMNS];
        ONE_ADDRESS(gx);
        ONE_ADDRESS(target);
        const float *old = from == to ? target : from[i] + k;
        UNROLL for (int c = 0; c < columns; ++c) {
            const vector in = STEP(load)(old + c * FLOATS);
            STEP(store)(kept + c * FLOATS, in);
            moved[c] = from == to ? in : STEP(load)(target + c * FLOATS);
        }
        UNROLL for (int j = 0; j < ny; ++j) {
            const vector rate = STEP(broadcast)(gx[j]);
            UNROLL for (int c = 0; c < columns; ++c) {
                const vector met = j < held ? row[j][c] : STEP(load)(last + c * FLOATS);
                if (j < half)
                    moved[c] += met * rate;
                else if (j == half)
                    rest[c] = met * rate;
                else
                    rest[c] += met * rate;
            }
            LIVE(rate);
        }
        UNROLL for (int c = 0; c < columns; ++c) STEP(store)(target + c * FLOATS, moved[c] + rest[c]);
    }
    UNROLL for (int c = 0; c < columns; ++c)
        if (held < ny) row[held][c] = STEP(load)(last + c * FLOATS);
    kept -= nx * columns * FLOATS;
    for (int i = 0; i < nx; ++i, g += EMBED_LINE, kept += columns * FLOATS) {
        vector in[COLUMNS];
        ONE_ADDRESS(g);
        UNROLL for (int c = 0; c < columns; ++c) in[c] = STEP(load)(kept + c * FLOATS);
        UNROLL for (int j = 0; j < ny; ++j) {
            const vector rate = STEP(broadcast)(g[j]);
            UNROLL for (int c = 0; c < columns; ++c) row[j][c] += in[c] * rate;
            LIVE(rate);
        }
    }
    UNROLL for (int j = 0; j < ny; ++j) UNROLL for (int c = 0; c < columns; ++c)
        STEP(store)(y[j] + k + c * FLOATS, row[j][c]);
}
#endif
