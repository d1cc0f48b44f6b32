// Answers from the process that serves the page.

/** The source of answers (ask.js) over the models that the server has. */
class RemoteSource {
  constructor(models) {
    this.models = models;
  }

  async get(path, parameters) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, each);
    }
    const answer = await fetch(`${path}?${query}`);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  ask(model, {text, plus, minus}) {
    return this.get("ask", {model, text, plus, minus});
  }

  cosines(model, words) {
    return this.get("cosines", {model, word: words});
  }

  complete(prefix) {
    return this.get("complete", {prefix});
  }

  documents(model, text) {
    return this.get("documents", {model, text});
  }

  map(model) {
    return this.get("map", {model});
  }
}
