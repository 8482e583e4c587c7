// The live view: the picture ends as soon as the page is hidden; figures follow it.
"use strict";
const EVERY_MS = 600;
const picture = document.getElementById("picture");
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

function look() {
  if (document.hidden) picture.removeAttribute("src");
  else picture.src = `/live.mjpg?${Date.now()}`;
}

picture.addEventListener("error", () => {
  if (!document.hidden) setTimeout(look, 2000);
});
document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => picture.removeAttribute("src"));
look();
setInterval(ask, EVERY_MS);
