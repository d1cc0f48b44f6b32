// What a reader can ask a page of words: neighbours, analogies, a heat map, a place on the map.
//
// Where answers come from is a `source`, in the page (local.js) or at the other end of a connection (remote.js):
//   models                     [{name, words}]
//   ask(model, question)       {answers: [{word, cosine, count, only}], unknown: [word], asked: [{word, count}], composed: [word]}
//                              and, if there are some, senses: [{name, share, nearest: [word]}], problem: a sentence;
//                              answers of replicates have low, high (an interval), found, of (how many agree), too
//   cosines(model, words)      {words, rows: [[cosine]], unknown: [word], composed: [word]}
//   complete(prefix)           [word]
// Both may return promises. Words are data: they are only ever set as text.

const RARE = 100; // occurrences; neighbours of rarer words change from one training to the next
const HEAT_WORDS = 40;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const whole = (number) => number.toLocaleString("en");
const quoted = (words) => words.map((word) => `“${word}”`).join(", ");

/** Split "king - man + woman" into words to add and words to subtract; signs stand alone. */
function parsed(text) {
  const question = {text: text.trim(), plus: [], minus: []};
  let side = question.plus;
  for (const part of question.text.split(/\s+/)) {
    if (part === "+") side = question.plus;
    else if (part === "-" || part === "−") side = question.minus;
    else if (part !== "") {
      side.push(part);
      side = question.plus;
    }
  }
  return question;
}

function rows(found, models, follow) {
  const table = element("table");
  for (const {word, cosine, count, only, low, high, found: agreeing, of} of found.answers) {
    const name = element("td", {}, element("button", {class: "word", type: "button", onclick: () => follow(word)}, word));
    if (only && models > 1) name.append(element("span", {class: "quiet", title: "the other models do not know this word"}, " only here"));
    table.append(element("tr", {}, name,
      element("td", {class: "number"}, cosine.toFixed(3)),
      ...(of ? [element("td", {class: "number"}, `${low.toFixed(2)} to ${high.toFixed(2)}`), element("td", {class: "number"}, `${agreeing} of ${of}`)] : []),
      element("td", {class: "number"}, count === null ? "" : `${whole(count)} ×`)));
  }
  return table;
}

/** Say in sentences what a reader must know to believe the answers. */
function remarks({unknown, composed, asked = [], problem = "", answers = []}) {
  const lines = problem ? [`${problem[0].toUpperCase()}${problem.slice(1)}.`] : [];
  if (unknown.length) lines.push(`${quoted(unknown)}: not among the words of this model.`);
  if (composed.length) lines.push(`${quoted(composed)}: not in the vocabulary; composed from n-grams.`);
  const seldom = asked.filter(({count}) => count !== null && count < RARE);
  if (answers[0]?.of) {
    lines.push(`Means over ${answers[0].of} trainings on other draws of the text, the interval of one more, and how many agree.`);
  } else if (seldom.length) {
    const each = seldom.map(({word, count}) => `“${word}” occurs ${whole(count)} times`).join(", ");
    lines.push(`${each} in the text: neighbours of rare words change from one training to the next, so do not trust them alone.`);
  }
  return lines.map((line) => element("p", {class: "quiet"}, line));
}

/** List the senses of a word: the share of its occurrences, and the words nearest to each. */
function senses(found, follow) {
  return (found.senses ?? []).map(({name, share, nearest}) => element("p", {}, `${name}, ${Math.round(100 * share)} %: `,
    ...nearest.flatMap((word) => [element("button", {class: "word", type: "button", onclick: () => follow(word)}, word), " "])));
}

/** Answer what is typed into #ask, for each model, in #answers; tell `shown` the words of each answer. */
function mountAsk(source, shown = () => {}) {
  const input = document.getElementById("ask"), place = document.getElementById("answers");
  const hints = document.getElementById("completions");
  let last = 0;

  async function answer() {
    const question = parsed(input.value), turn = ++last;
    if (question.plus.length + question.minus.length === 0) return place.replaceChildren();
    const all = await Promise.all(source.models.map((_, model) => source.ask(model, question)));
    if (turn !== last) return undefined; // a later question was faster
    place.replaceChildren(...all.map((found, model) => element("div", {},
      ...(source.models.length > 1 ? [element("h3", {}, source.models[model].name)] : []),
      ...remarks(found), ...senses(found, follow), rows(found, source.models.length, follow))));
    shown(all.map((found) => [...found.asked, ...found.answers].map(({word}) => word)));
    return undefined;
  }

  function follow(word) {
    input.value = word;
    return answer();
  }

  input.addEventListener("input", async () => {
    const typed = input.value, start = typed.slice(0, typed.lastIndexOf(" ") + 1);
    const found = typed.length > start.length ? await source.complete(typed.slice(start.length)) : [];
    if (input.value === typed) hints.replaceChildren(...found.map((word) => element("option", {value: start + word})));
  });
  input.addEventListener("change", answer);
  input.form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
  for (const chip of document.querySelectorAll("#examples button")) chip.addEventListener("click", () => follow(chip.textContent));
  if (input.value) answer();
  return follow;
}

/** Draw the cosines of the words in #heat-words, of the model chosen in #heat-model, in #heat. */
function mountHeat(source) {
  const input = document.getElementById("heat-words"), place = document.getElementById("heat");
  const choice = document.getElementById("heat-model");

  async function draw() {
    const words = [...new Set(input.value.split(/[\s,;]+/).filter((word) => word !== ""))].slice(0, HEAT_WORDS);
    const found = await source.cosines(choice ? Number(choice.value) : 0, words);
    const body = found.rows.map((row, number) => element("tr", {}, element("th", {scope: "row"}, found.words[number]),
      ...row.map((cosine, other) => element("td", {
        title: `${found.words[number]}, ${found.words[other]}: ${cosine.toFixed(3)}`,
        style: `background: rgb(${cosine < 0 ? "208 100 63" : "31 143 179"} / ${Math.min(1, Math.abs(cosine)).toFixed(2)})`,
      }, cosine.toFixed(2).replace(/^(-?)0/, "$1")))));
    place.replaceChildren(
      ...remarks(found),
      element("table", {},
        element("thead", {}, element("tr", {}, element("td"), ...found.words.map((word) => element("th", {scope: "col"}, word)))),
        element("tbody", {}, ...body)));
  }

  input.addEventListener("change", draw);
  choice?.addEventListener("change", draw);
  if (input.value) draw();
}

/** Return the function that marks words on the maps, once Bokeh has drawn them: one list of words for each model. */
function mountMaps() {
  const model = (name) => window.Bokeh?.documents.map((each) => each.get_model_by_name(name)).find((each) => each);

  /** Write the names of places in the colour of the page; figures may still be on their way. */
  function paint(tries = 100) {
    const ink = getComputedStyle(document.body).color;
    const names = [...document.querySelectorAll(".map")].map((_, number) => model(`names of map ${number}`));
    for (const each of names) if (each) each.glyph.text_color = {value: ink};
    if (tries > 0 && names.some((each) => !each)) setTimeout(() => paint(tries - 1), 100);
  }
  if (window.Bokeh) paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(0));

  function mark(lists, zoom = false) {
    const found = lists.map((words, number) => {
      const points = model(`words of map ${number}`), marks = model(`marks of map ${number}`);
      if (!points || !marks) return 0;
      const places = new Map(points.data.word.map((word, row) => [word, row]));
      const shown = [...new Set(words)].filter((word) => places.has(word));
      const at = (axis) => shown.map((word) => points.data[axis][places.get(word)]);
      marks.data = {x: at("x"), y: at("y"), word: shown};
      const figure = model(`map ${number}`);
      if (zoom && figure && shown.length) {
        const [x, y] = [at("x")[0], at("y")[0]];
        figure.x_range.setv({start: x - 0.25, end: x + 0.25});
        figure.y_range.setv({start: y - 0.25, end: y + 0.25});
      }
      return shown.length;
    });
    return Math.max(0, ...found);
  }

  const input = document.getElementById("find"), said = document.getElementById("found");
  input?.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const word = input.value.trim();
    const maps = document.querySelectorAll(".map").length;
    said.textContent = word === "" || mark(Array(maps).fill([word]), true) ? "" : `“${word}” is not on the map.`;
  });
  mark.paint = paint;
  return mark;
}
