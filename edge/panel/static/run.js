"use strict";
// How the test run stands, while it is looked at.
const count = document.getElementById("count");
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/commission/run.json", { redirect: "error" });
    if (answer.ok) count.textContent = (await answer.json()).says;
  } catch { /* the next look tells */ }
}
if (count) {
  look();
  setInterval(look, 2000);
}
