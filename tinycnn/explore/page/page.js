// The form is the only state: whenever it changes, it is sent as one question, and the answer is drawn.

const form = document.querySelector("#choice");
const field = (name) => form.elements[name];
const status = document.querySelector("#status");
const results = document.querySelector("#results");
const drop = document.querySelector("#drop");
const file = document.querySelector("#file");
let offers;
let asking = new AbortController();
let waiting;

async function ask(address, options) {
  const answer = await fetch(address, options);
  const body = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw new Error(body.error);
  return body;
}

function say(text, bad = false) {
  status.textContent = text;
  status.classList.toggle("bad", bad);
}

function option(value, text = value, disabled = false) {
  const made = new Option(text, value);
  made.disabled = disabled;
  return made;
}

function fill(name, options, chosen) {
  field(name).replaceChildren(...options);
  if (options.some((one) => one.value === chosen && !one.disabled)) field(name).value = chosen;
}

function fillWeights() {
  const here = Object.entries(offers.models[field("model").value]);
  const options = here.map(([name, cached]) => option(name, cached ? name : `${name} (not fetched)`, !cached));
  fill("weights", options, field("weights").value);
}

function filters() {
  return 2 ** field("filters").valueAsNumber;
}

function showFilters() {
  const label = document.querySelector("#filters");
  label.hidden = field("model").value !== "three_layer_cnn";
  label.querySelector("span").textContent = filters();
  field("filters").setAttribute("aria-valuetext", `${filters()} filters`);
}

function query() {
  const values = new URLSearchParams(new FormData(form));
  values.delete("file");
  values.set("filters", filters());
  values.set("layer", values.get("layer") || "0");
  return values;
}

function figure(title, picture, facts) {
  const made = document.createElement("figure");
  if (picture.src) {
    const image = new Image();
    image.src = picture.src;
    image.alt = [title, ...facts].join(". ");
    image.className = picture.width < 200 ? "small" : "";
    made.append(image);
  } else {
    const none = document.createElement("div");
    none.className = "none";
    none.textContent = picture.note;
    made.append(none);
  }
  const caption = document.createElement("figcaption");
  for (const [tag, text] of [["strong", title], ...facts.map((fact) => ["span", fact])]) {
    const line = document.createElement(tag);
    line.textContent = text;
    caption.append(line);
  }
  made.append(caption);
  return made;
}

function draw(answer) {
  const layers = answer.layers.map((name, index) => option(String(index), index ? `${index} ${name}` : "the network: the map"));
  fill("layer", layers, field("layer").value);
  const figures = [figure("input", answer.input, [])];
  for (const map of answer.maps) {
    const alike = map.correlation === null ? "no correlation with the input" : `correlation with the input ${map.correlation.toFixed(2)}`;
    figures.push(figure(map.rule, map, [alike, `${Math.round(1000 * map.seconds)} ms`, ...(map.src ? [map.note] : [])]));
  }
  if (answer.difference) {
    figures.push(figure(`${answer.maps[0].rule} minus ${answer.maps[1].rule}`, answer.difference, answer.difference.src ? [answer.difference.note] : []));
  }
  results.replaceChildren(...figures);
  document.querySelector("#network").textContent = answer.network;
  document.querySelector("#top").replaceChildren(...answer.top.map(({ name, probability }) => {
    const line = document.createElement("li");
    line.textContent = `${name}: ${(100 * probability).toFixed(1)} %`;
    return line;
  }));
  say(`Explained: ${answer.target}`);
}

async function explain() {
  asking.abort();
  const mine = asking = new AbortController();
  results.setAttribute("aria-busy", "true");
  say("Computing …");
  try {
    draw(await ask(`view?${query()}`, { signal: mine.signal }));
  } catch (error) {
    if (mine.signal.aborted) return;
    say(error.message, true);
  } finally {
    if (mine === asking) results.setAttribute("aria-busy", "false");
  }
}

function soon(delay) {
  clearTimeout(waiting);
  waiting = setTimeout(explain, delay);
}

async function upload(picture) {
  if (!picture) return;
  say(`Reading ${picture.name} …`);
  try {
    const { image } = await ask(`images?name=${encodeURIComponent(picture.name)}`, { method: "POST", body: picture });
    if (![...field("image").options].some((one) => one.value === image)) field("image").append(option(image, picture.name));
    field("image").value = image;
    soon(0);
  } catch (error) {
    say(error.message, true);
  }
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target }) => {
  if (target === file) return upload(file.files[0]);
  if (target.name === "model") {
    fillWeights();
    fill("layer", [option("0", "the network: the map")], "0");
  }
  showFilters();
  soon(target.name === "target" ? 400 : 60);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") upload(event.dataTransfer.files[0]);
  });
}

async function start() {
  try {
    offers = await ask("choices");
  } catch (error) {
    return say(error.message, true);
  }
  const { first } = offers;
  const images = offers.images.includes(first.image) ? offers.images : [first.image, ...offers.images];
  fill("image", images.map((name) => option(name, offers.images.includes(name) ? name : "your image")), first.image);
  fill("model", Object.keys(offers.models).map((name) => option(name)), first.model);
  const rules = Object.keys(offers.rules).map((name) => option(name));
  fill("rule", rules, first.rule);
  fill("other", [option("", "nothing"), ...rules.map((one) => one.cloneNode(true))], "saliency");
  fill("style", Object.entries(offers.styles).map(([name, says]) => option(name, `${name}: ${says.split(";")[0]}`)), first.style);
  fill("layer", [option("0", "the network: the map")], "0");
  fillWeights();
  showFilters();
  explain();
}

start();
