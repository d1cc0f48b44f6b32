// Answers from the vectors in the page (vectors.js of embed.formats.web): of one training, or of replicates.

const ANSWERS = 12;

/** One of the models: its words and their counts, and the vectors of each replicate; a plain model is one replicate. */
class LocalModel {
  constructor({name, words, counts, dim, lowercase, replicates, width}) {
    const bytes = (codes) => Int8Array.from(atob(codes), (character) => character.charCodeAt(0));
    Object.assign(this, {name, words, counts, width}); // width: of half an interval, in deviations of the replicates
    this.members = replicates.map((codes) => new Vectors({words, dim, lowercase}, bytes(codes)));
  }

  row(word) {
    return this.members[0].row(word);
  }

  entry(row) {
    return {word: this.words[row], count: this.counts ? this.counts[row] : null};
  }

  /** Return the words nearest to the sum of `plus` less that of `minus` (rows), by the mean over the replicates. */
  nearest(plus, minus) {
    const asked = new Set([...plus, ...minus]);
    const all = this.members.map((each) => each.cosines(plus, minus));
    const mean = Float64Array.from(this.words, (_, row) => average(all.map((cosines) => cosines[row])));
    const best = (scores, n) => [...Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[b] - scores[a] || a - b)
      .subarray(0, n + asked.size)].filter((row) => !asked.has(row)).slice(0, n);
    const agreeing = this.width === null ? [] : all.map((cosines) => new Set(best(cosines, minus.length ? 1 : ANSWERS)));
    return best(mean, ANSWERS).map((row) => ({
      ...this.entry(row),
      cosine: mean[row],
      ...(this.width === null ? {} : this.interval(all.map((cosines) => cosines[row]))),
      ...(this.width === null ? {} : {found: agreeing.filter((each) => each.has(row)).length, of: all.length}),
    }));
  }

  /** Return where the cosine of one more replicate would be: embed.vectors.replicates.prediction_interval. */
  interval(cosines) {
    const middle = average(cosines);
    const deviation = Math.sqrt(cosines.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (cosines.length - 1));
    return {low: Math.max(-1, middle - this.width * deviation), high: Math.min(1, middle + this.width * deviation)};
  }

  cosines(rows) {
    return rows.map((a) => {
      const all = this.members.map((each) => each.cosines([a]));
      return rows.map((b) => average(all.map((cosines) => cosines[b])));
    });
  }
}

const average = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** The source of answers (ask.js) over the models in the page. */
class LocalSource {
  constructor(models) {
    this.models = models.map((model) => new LocalModel(model));
  }

  ask(number, {text, plus, minus}) {
    const model = this.models[number];
    const [add, less] = model.row(text) === undefined ? [plus, minus] : [[text], []];
    const unknown = [...add, ...less].filter((word) => model.row(word) === undefined);
    const rows = (words) => words.map((word) => model.row(word)).filter((row) => row !== undefined);
    const asked = rows([...add, ...less]).map((row) => model.entry(row));
    if (unknown.length) return {answers: [], unknown, asked, composed: []};
    if (add.length === 0) return {answers: [], unknown, asked, composed: [], problem: "name a word that the answers should be like"};
    const answers = model.nearest(rows(add), rows(less)).map((each) => ({
      ...each, only: !this.models.some((other) => other !== model && other.row(each.word) !== undefined),
    }));
    return {answers, unknown, asked, composed: []};
  }

  cosines(number, words) {
    const model = this.models[number];
    const known = words.filter((word) => model.row(word) !== undefined);
    return {
      words: known,
      rows: model.cosines(known.map((word) => model.row(word))),
      unknown: words.filter((word) => !known.includes(word)),
      composed: [],
    };
  }

  complete(prefix) {
    return [...new Set(this.models.flatMap((model) => model.members[0].complete(prefix, 20)))];
  }
}
