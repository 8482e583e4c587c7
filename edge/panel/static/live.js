// The figures beside the picture.
"use strict";
const EVERY_MS = 600;
const verdict = document.getElementById("verdict");
const seen = document.getElementById("seen");
const marks = document.getElementById("marks");
const blank = document.getElementById("mark");

function show(mark) {
  const row = blank.content.firstElementChild.cloneNode(true);
  const light = row.querySelector("svg");
  light.classList.add(mark.light);
  light.setAttribute("aria-label", mark.light_says);
  row.querySelector(".name").textContent = mark.name;
  row.querySelector(".value").textContent = mark.value;
  row.querySelector(".todo").textContent = mark.todo || "";
  return row;
}

function tell(told) {
  if (verdict.textContent !== told.says) verdict.textContent = told.says;
  verdict.className = `verdict ${told.light}`;
  seen.hidden = !told.plate;
  seen.textContent = told.plate ? `${told.country || ""} ${told.plate} · ${told.confidence}` : "";
  marks.replaceChildren(...told.marks.map(show));
}

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/live.json", { redirect: "error" });
    if (answer.ok) tell(await answer.json());
  } catch {
    location.reload(); // logged out, or the box is away
  }
}

setInterval(ask, EVERY_MS);
