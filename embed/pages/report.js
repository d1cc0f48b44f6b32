const source = new LocalSource(JSON.parse(document.getElementById("models").textContent));
const mark = mountMaps();
mountAsk(source, (lists) => mark(lists));
mountHeat(source);
