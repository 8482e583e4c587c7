// What is seen at each level of the light, and how sharp it is, while it is looked at.
"use strict";
const shines = document.getElementById("shines");

function tell(told) {
  shines.textContent = told.says;
  for (const [level, shares] of Object.entries(told.levels)) {
    const cells = document.querySelectorAll(`#level-${level} td`);
    shares.forEach((share, index) => { cells[index].textContent = share; });
  }
  for (const [name, lens] of Object.entries(told.lenses)) {
    const box = document.getElementById(`lens-${name}`);
    box.querySelector(".now").textContent = lens.now;
    box.querySelector(".best").textContent = lens.best;
    box.querySelector("meter").value = lens.share;
  }
}

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/live/light.json", { redirect: "error" });
    if (answer.ok) tell(await answer.json());
  } catch {
    location.reload(); // logged out, or the box is away
  }
}

setInterval(ask, 500);
