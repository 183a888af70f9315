// Keeps the page up to date without flicker: fetches it again and replaces <main>.
"use strict";
const pause = 5000;
const stale = document.getElementById("stale");
let updatedAt = Date.now();
// The note about the last action is shown once.
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
    updatedAt = Date.now();
    stale.textContent = "";
  } catch {
    stale.textContent = `The worker does not respond. Last update: ${Math.round((Date.now() - updatedAt) / 1000)} s ago.`;
  }
}

setInterval(refresh, pause);
document.addEventListener("visibilitychange", refresh);
