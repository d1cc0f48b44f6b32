const source = new RemoteSource(await (await fetch("models")).json());
const mark = mountMaps();

/** Answer what is typed into #text with the documents nearest to it. */
function mountDocuments() {
  const input = document.getElementById("text"), place = document.getElementById("documents");
  input?.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = source.models.map(({documents}, model) => ({documents, model})).filter(({documents}) => documents);
    const all = await Promise.all(asked.map(({model}) => source.documents(model, input.value)));
    place.replaceChildren(...all.map(({answers, label}) => element("div", {},
      ...(label === null ? [] : [element("p", {}, `Label: ${label}`)]),
      element("table", {}, ...answers.map(({id, cosine}) => element("tr", {},
        element("td", {}, id), element("td", {class: "number"}, cosine.toFixed(3))))))));
  });
}

/** Draw the map of each model when its button is pressed; a layout takes some seconds. */
function mountDrawing() {
  document.querySelectorAll("button.draw").forEach((button, model) => button.addEventListener("click", async () => {
    button.disabled = true;
    const place = document.getElementById(`place ${model}`), said = document.getElementById(`share ${model}`);
    if (!window.Bokeh) {
      await new Promise((loaded) => document.head.append(element("script", {src: "bokeh.js", onload: loaded})));
    }
    let found = await source.map(model);
    while (!found.item) {
      said.textContent = `laid out: ${Math.round(100 * found.share)} %`;
      await new Promise((later) => setTimeout(later, 300));
      found = await source.map(model);
    }
    said.textContent = `Layout: ${found.method}.`;
    place.hidden = false;
    await Bokeh.embed.embed_item(found.item, place.id);
    document.getElementById("find-form").hidden = false;
    button.remove();
    mark.paint();
  }));
}

mountAsk(source, (lists) => mark(lists));
mountHeat(source);
mountDocuments();
mountDrawing();
