// The page: asks the reader for neighbours and similarities. Words are only ever set as text.

import { load, MissingWordError } from "./vectors.js";

const COMPLETIONS = 12;
const NEIGHBOURS = 12;

const part = (id) => document.getElementById(id);

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

/** Show what `answer` returns, or the sentence of its failure. */
function tell(place, answer) {
  try {
    place.replaceChildren(answer());
  } catch (error) {
    if (!(error instanceof MissingWordError)) throw error;
    place.replaceChildren(element("p", { className: "quiet" }, `${error.message}.`));
  }
}

function neighbours(vectors, word, ask) {
  const rows = vectors.nearest(word, { n: NEIGHBOURS }).map(({ word: near, cosine }) =>
    element("tr", {},
      element("td", {}, element("button", { type: "button", className: "word", onclick: () => ask(near) }, element("bdi", {}, near))),
      element("td", { className: "number" }, cosine.toFixed(4)),
      element("td", {}, element("meter", { min: 0, max: 1, value: cosine, ariaHidden: "true" }))));
  return element("table", {}, element("tbody", {}, ...rows));
}

function mount(vectors) {
  const field = part("word");
  const ask = (word) => {
    field.value = word;
    tell(part("neighbours"), () => neighbours(vectors, word, ask));
  };
  part("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) ask(vectors.has(field.value) ? field.value : field.value.trim());
  });
  part("compare").addEventListener("submit", (event) => {
    event.preventDefault();
    const [a, b] = ["a", "b"].map((id) => part(id).value.trim());
    if (a && b) tell(part("similarity"), () => element("p", {}, vectors.similarity(a, b).toFixed(4)));
  });
  for (const control of document.querySelectorAll("input, button")) control.disabled = false;
  for (const input of document.querySelectorAll("input")) {
    input.addEventListener("input", () => {
      const words = input.value ? vectors.complete(input.value, COMPLETIONS) : [];
      part("completions").replaceChildren(...words.map((word) => element("option", { value: word })));
    });
  }
  part("state").textContent = `${vectors.words.length.toLocaleString("en")} words × ${vectors.dim} dimensions`;
  field.focus();
}

part("state").textContent = "Reading the vectors …";
load().then(mount).catch((error) => {
  part("state").textContent = `The vectors cannot be read: ${error.message}`;
});
