// Answers from the vectors in the page: words, and a signed byte for each number of a vector.

/** One model's words; `codes` are the bytes of its rows, one after the other, in base64. */
class Vectors {
  constructor({name, words, counts, dim, codes, lowercase}) {
    Object.assign(this, {name, words, counts, dim, lowercase});
    this.codes = Int8Array.from(atob(codes), (character) => character.charCodeAt(0));
    this.rows = new Map(words.map((word, row) => [word, row]));
    this.norms = Float32Array.from(words, (_, row) => Math.sqrt(this.product(this.codes.subarray(row * dim, (row + 1) * dim), row)) || 1);
  }

  product(vector, row) {
    const {codes, dim} = this, start = row * dim;
    let sum = 0;
    for (let column = 0; column < dim; column++) sum += vector[column] * codes[start + column];
    return sum;
  }

  /** Return the row of a word as written, or in the spelling of the text; undefined if unknown. */
  row(word) {
    const composed = word.normalize("NFC");
    return this.rows.get(word) ?? this.rows.get(composed) ?? (this.lowercase ? this.rows.get(composed.toLowerCase()) : undefined);
  }

  unit(row) {
    return Float32Array.from(this.codes.subarray(row * this.dim, (row + 1) * this.dim), (code) => code / this.norms[row]);
  }

  cosine(a, b) {
    return this.product(this.unit(a), b) / this.norms[b];
  }

  /** Return the rows with the largest cosines to the sum of unit vectors of `plus` less that of `minus`. */
  nearest(plus, minus, n) {
    const direction = new Float32Array(this.dim);
    for (const [rows, sign] of [[plus, 1], [minus, -1]]) {
      for (const row of rows) this.unit(row).forEach((value, column) => { direction[column] += sign * value; });
    }
    const length = Math.hypot(...direction) || 1;
    const scores = Float32Array.from(this.words, (_, row) => this.product(direction, row) / (length * this.norms[row]));
    for (const row of [...plus, ...minus]) scores[row] = -Infinity;
    const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[b] - scores[a] || a - b);
    return [...order.subarray(0, Math.min(n, this.words.length - plus.length - minus.length))].map((row) => ({row, cosine: scores[row]}));
  }
}

/** The source of answers (ask.js) over the vectors of each model. */
class LocalSource {
  constructor(models) {
    this.models = models.map((model) => new Vectors(model));
  }

  ask(number, {text, plus, minus}, n) {
    const model = this.models[number];
    const [add, less] = model.row(text) === undefined ? [plus, minus] : [[text], []];
    const unknown = [...add, ...less].filter((word) => model.row(word) === undefined);
    const asked = [...add, ...less].filter((word) => model.row(word) !== undefined).map((word) => this.entry(model, model.row(word)));
    if (unknown.length) return {answers: [], unknown, asked, composed: []};
    const rows = (words) => words.map((word) => model.row(word));
    const answers = model.nearest(rows(add), rows(less), n).map(({row, cosine}) => ({
      ...this.entry(model, row), cosine, only: !this.models.some((other) => other !== model && other.rows.has(model.words[row])),
    }));
    return {answers, unknown, asked, composed: []};
  }

  entry(model, row) {
    return {word: model.words[row], count: model.counts ? model.counts[row] : null};
  }

  cosines(number, words) {
    const model = this.models[number];
    const known = words.filter((word) => model.row(word) !== undefined);
    const all = known.map((word) => model.row(word));
    return {words: known, rows: all.map((a) => all.map((b) => model.cosine(a, b))), unknown: words.filter((word) => model.row(word) === undefined), composed: []};
  }

  complete(prefix) {
    const found = new Set();
    for (const model of this.models) {
      for (const word of model.words) {
        if (found.size >= 20) return [...found];
        if (word.startsWith(prefix)) found.add(word);
      }
    }
    return [...found];
  }
}
