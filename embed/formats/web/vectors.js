// Reads word vectors that `train-embeddings convert VECTORS DIR --to web` has written, and answers questions.
//
//   import { load } from "./vectors.js";
//   const vectors = await load();
//   vectors.nearest("acid", { n: 10 });    // [{ word, cosine }, ...], the nearest first
//   vectors.similarity("acid", "salt");    // a cosine
//
// Words are untrusted text: set them as textContent, never as HTML.

const FORMAT = "train-embeddings web";
const VERSION = 1;

/** A word that has no vector. */
export class MissingWordError extends Error {
  constructor(word) {
    super(`“${word}” is not in the vocabulary`);
    this.name = "MissingWordError";
    this.word = word;
  }
}

/**
 * Read the vectors of a folder.
 * @param {string|URL} folder - its address, which ends with a slash (default: that of this script)
 * @returns {Promise<Vectors>}
 */
export async function load(folder = new URL(".", import.meta.url)) {
  const [about, rows] = await Promise.all([fetched("words.json", "json"), fetched("vectors.i8", "arrayBuffer")]);
  if (about.format !== FORMAT || about.version !== VERSION) throw new Error(`words.json is not “${FORMAT}”, version ${VERSION}`);
  return new Vectors(about, new Int8Array(rows));

  async function fetched(name, kind) {
    // the browser asks whether its copy is still the one: a new file of words must not meet old vectors
    const response = await fetch(new URL(name, new URL(folder, document.baseURI)), { cache: "no-cache" });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
    return response[kind]();
  }
}

/** Words and their 8-bit vectors, the most frequent first. */
export class Vectors {
  #rows; // Int8Array, one row of dim numbers for each word
  #inverse; // Float64Array: 1 / the length of each row; 0 for the zero vector
  #index; // Map from word to row

  constructor({ words, dim, lowercase = false }, rows) {
    if (rows.length !== words.length * dim) throw new Error(`vectors.i8 has ${rows.length} numbers, not ${words.length} × ${dim}`);
    this.words = words;
    this.dim = dim;
    this.lowercase = lowercase;
    this.#rows = rows;
    this.#index = new Map(words.map((word, row) => [word, row]));
    this.#inverse = Float64Array.from(words, (_, row) => {
      const square = this.#product(row, row);
      return square === 0 ? 0 : 1 / Math.sqrt(square);
    });
  }

  /** Return whether a word has a vector, as written or in another spelling. */
  has(word) {
    return this.row(word) !== undefined;
  }

  /** Return the row of a word, as written or in another spelling; undefined if it has none. */
  row(word) {
    const plain = word.normalize("NFC");
    const spellings = [word, plain, ...(this.lowercase ? [word.toLowerCase(), plain.toLowerCase().normalize("NFC")] : [])];
    return spellings.map((each) => this.#index.get(each)).find((row) => row !== undefined);
  }

  /** Return the cosine of every row with the sum of the unit vectors of rows less that of others: a Float64Array. */
  cosines(plus, minus = []) {
    const rows = this.#rows, dim = this.dim, sum = new Float64Array(dim);
    for (const [some, sign] of [[plus, 1], [minus, -1]]) {
      for (const row of some) {
        for (let i = 0; i < dim; i++) sum[i] += sign * rows[row * dim + i] * this.#inverse[row];
      }
    }
    const length = Math.hypot(...sum);
    return Float64Array.from(this.words, (_, row) => {
      let product = 0;
      for (let i = 0; i < dim; i++) product += sum[i] * rows[row * dim + i];
      return length === 0 ? 0 : Math.max(-1, Math.min(1, product * this.#inverse[row] / length));
    });
  }

  /** Return the cosine of two words, 0 if one has the zero vector; throws MissingWordError. */
  similarity(a, b) {
    return this.#cosine(this.#row(a), this.#row(b));
  }

  /**
   * Return the words with the largest cosine to a word, the nearest first, among equals the more frequent.
   * @param {string} word
   * @param {{n?: number, top?: number, least?: number}} [limits] - how many; search only the first `top` words; leave
   *   out smaller cosines than `least`
   * @returns {{word: string, cosine: number}[]} without the word itself; throws MissingWordError
   */
  nearest(word, { n = 10, top = Infinity, least = -1 } = {}) {
    const asked = this.#row(word);
    const end = Math.min(top, this.words.length);
    const most = 2 * n + 100; // so many candidates are cut down to the best n at a time
    let best = [], needed = least;
    for (let row = 0; row < end; row++) {
      const cosine = this.#cosine(asked, row);
      if (cosine < needed || row === asked) continue;
      best.push({ row, cosine });
      if (best.length === most) {
        best = ranked(best, n);
        needed = Math.max(least, best.at(-1)?.cosine ?? least);
      }
    }
    return ranked(best, n).map(({ row, cosine }) => ({ word: this.words[row], cosine }));
  }

  /** Return at most `n` words that begin so, the most frequent first. */
  complete(prefix, n = 10) {
    const found = [];
    for (const word of this.words) {
      if (found.length >= n) break;
      if (word.startsWith(prefix)) found.push(word);
    }
    return found;
  }

  #row(word) {
    const row = this.row(word);
    if (row === undefined) throw new MissingWordError(word);
    return row;
  }

  #cosine(a, b) {
    const cosine = this.#product(a, b) * this.#inverse[a] * this.#inverse[b];
    return Math.max(-1, Math.min(1, cosine));
  }

  #product(a, b) {
    const rows = this.#rows, end = (a + 1) * this.dim;
    let sum = 0;
    for (let i = a * this.dim, j = b * this.dim; i < end; i++, j++) sum = (sum + rows[i] * rows[j]) | 0;
    return sum;
  }
}

function ranked(found, n) {
  return found.sort((a, b) => b.cosine - a.cosine || a.row - b.row).slice(0, n);
}
