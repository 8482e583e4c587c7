// Region and lanes, drawn by finger or keyboard. Corners are shares of the picture, 0 to 1.
"use strict";
const WIDE = 1600, HIGH = 900, STEP = 0.01, ROUND = 10000;
const canvas = document.getElementById("canvas");
const sketch = document.getElementById("sketch");
const chips = document.getElementById("shapes");
const fields = document.getElementById("fields");
const regionNote = document.getElementById("region-note");
const name = document.getElementById("name");
const out = document.getElementById("drawing");
const words = chips.dataset;
const given = JSON.parse(out.value);
const region = { corners: given.region || [], lane: false };
let lanes = given.lanes.map((l) => ({ corners: l.polygon, lane: true, name: l.name, way: l.direction || "" }));
let chosen = region;
let dragged = -1;
const past = [];

const near = (share) => Math.round(Math.min(1, Math.max(0, share)) * ROUND) / ROUND;
const keep = () => past.push(JSON.stringify([region.corners, lanes, lanes.indexOf(chosen)]));

function place(event) {
  const box = sketch.getBoundingClientRect();
  return [near((event.clientX - box.left) / box.width), near((event.clientY - box.top) / box.height)];
}

// A new corner goes where it lengthens the outline least: taps in any order make a plain shape.
function insert(corner) {
  const all = chosen.corners;
  const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  let best = all.length, least = Infinity;
  for (let i = 0; all.length > 2 && i < all.length; i++) {
    const next = all[(i + 1) % all.length];
    const more = far(all[i], corner) + far(corner, next) - far(all[i], next);
    if (more < least) [best, least] = [i + 1, more];
  }
  all.splice(best, 0, corner);
  return best;
}

function middle() {
  const all = chosen.corners;
  if (all.length < 3) return [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]][all.length];
  let longest = 0, at = 0;
  all.forEach((a, i) => {
    const b = all[(i + 1) % all.length];
    const length = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (length > longest) [longest, at] = [length, i];
  });
  const [a, b] = [all[at], all[(at + 1) % all.length]];
  return [near((a[0] + b[0]) / 2), near((a[1] + b[1]) / 2)];
}

function polygon(shape) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  made.setAttribute("points", shape.corners.map(([x, y]) => `${x * WIDE},${y * HIGH}`).join(" "));
  made.setAttribute("class", `${shape.lane ? "lane" : "region"}${shape === chosen ? "" : " idle"}`);
  return made;
}

function handle(corner, index) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "handle";
  made.setAttribute("aria-label", `${words.corner} ${index + 1}`);
  made.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    made.focus();
    keep();
    dragged = index;
    canvas.setPointerCapture(event.pointerId);
  });
  made.addEventListener("keydown", (event) => move(event, index));
  put(made, corner);
  return made;
}

function put(made, [x, y]) {
  made.style.left = `${x * 100}%`;
  made.style.top = `${y * 100}%`;
}

function move(event, index) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way && event.key !== "Delete" && event.key !== "Backspace") return;
  event.preventDefault();
  keep();
  if (way) {
    const [x, y] = chosen.corners[index];
    chosen.corners[index] = [near(x + way[0] * STEP), near(y + way[1] * STEP)];
  } else {
    chosen.corners.splice(index, 1);
  }
  draw();
  const all = canvas.querySelectorAll(".handle");
  (all[index] || all[0] || document.getElementById("corner")).focus();
}

function chip(shape, text) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-pressed", String(shape === chosen));
  made.addEventListener("click", () => { chosen = shape; draw(); });
  return made;
}

function outline() {
  sketch.replaceChildren(...[region, ...lanes].filter((s) => s.corners.length > 1).map(polygon));
  const drawn = lanes.map((l) => ({ name: l.name, polygon: l.corners, direction: l.way || null }));
  out.value = JSON.stringify({ region: region.corners.length ? region.corners : null, lanes: drawn });
}

function draw() {
  outline();
  canvas.querySelectorAll(".handle").forEach((old) => old.remove());
  canvas.append(...chosen.corners.map(handle));
  chips.replaceChildren(chip(region, words.region), ...lanes.map((lane) => chip(lane, lane.name)));
  fields.hidden = !chosen.lane;
  regionNote.hidden = chosen.lane;
  if (!chosen.lane) return;
  name.value = chosen.name;
  document.querySelectorAll("[name=way]").forEach((one) => { one.checked = one.value === chosen.way; });
}

sketch.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  keep();
  dragged = insert(place(event));
  canvas.setPointerCapture(event.pointerId);
  draw();
});
canvas.addEventListener("pointermove", (event) => {
  if (dragged < 0) return;
  chosen.corners[dragged] = place(event);
  put(canvas.querySelectorAll(".handle")[dragged], chosen.corners[dragged]);
  outline();
});
["pointerup", "pointercancel"].forEach((kind) => canvas.addEventListener(kind, () => { dragged = -1; }));
document.getElementById("corner").addEventListener("click", () => {
  keep();
  const index = insert(middle());
  draw();
  canvas.querySelectorAll(".handle")[index].focus();
});
document.getElementById("undo").addEventListener("click", () => {
  if (!past.length) return;
  const [corners, before, index] = JSON.parse(past.pop());
  region.corners = corners;
  lanes = before;
  chosen = lanes[index] || region;
  draw();
});
document.getElementById("remove").addEventListener("click", () => {
  keep();
  if (chosen.lane) lanes = lanes.filter((lane) => lane !== chosen);
  else region.corners = [];
  chosen = region;
  draw();
});
document.getElementById("add").addEventListener("click", () => {
  keep();
  const taken = new Set(lanes.map((lane) => lane.name));
  let number = 1;
  while (taken.has(`${words.new} ${number}`)) number++;
  chosen = { corners: [], lane: true, name: `${words.new} ${number}`, way: "" };
  lanes.push(chosen);
  draw();
});
name.addEventListener("input", () => {
  chosen.name = name.value;
  chips.querySelector("[aria-pressed=true]").textContent = name.value;
  outline();
});
document.querySelectorAll("[name=way]").forEach((one) => one.addEventListener("change", () => {
  chosen.way = one.value;
  outline();
}));
draw();

// No picture yet: say so, and look again. Where it failed before this ran, no error comes any more.
const still = document.getElementById("still");
const seen = still.alt;
function again() {
  still.alt = still.dataset.none;
  setTimeout(() => { still.src = `/still.jpg?${Date.now()}`; }, 3000);
}
still.addEventListener("error", again);
still.addEventListener("load", () => { still.alt = seen; });
if (still.complete && !still.naturalWidth) again();
