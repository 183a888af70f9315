// Keeps the page fresh without a flash: fetches it again and puts the new <main> in the old one's place.
"use strict";
const pause = 5000;
const stale = document.getElementById("stale");
let heardAt = Date.now();
// What was just done is said once.
const address = new URL(location.href);
address.searchParams.delete("done");
history.replaceState(null, "", address);

function isInUse() {
  const active = document.activeElement;
  return document.hidden || (active && active.closest("main form")) || document.querySelector("main details[open]");
}

async function refresh() {
  if (isInUse()) return;
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new Error("no page");
    if (!isInUse()) document.querySelector("main").replaceWith(main);
    heardAt = Date.now();
    stale.textContent = "";
  } catch {
    stale.textContent = `The worker does not answer: this is how it was ${Math.round((Date.now() - heardAt) / 1000)} s ago.`;
  }
}

setInterval(refresh, pause);
document.addEventListener("visibilitychange", refresh);
