// The picture of the camera: it ends as soon as the page is hidden.
"use strict";
const picture = document.getElementById("picture");

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
