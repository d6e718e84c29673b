// The one script of the console and the portal. Every page works without it: it copies texts, and
// brings live parts up to date.
"use strict";

document.documentElement.classList.remove("no-script");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const says = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.done;
  } catch {
    // No permission, or no secure page: at least it is selected, and a key press away.
    getSelection().selectAllChildren(source);
    return;
  }
  setTimeout(() => { button.textContent = says; }, 2000);
});

// `<div data-live="/portal/…">`: an event stream whose `state` messages name what the part shows
// now. When that is no longer `data-live-state`, the page is loaded again.
for (const part of document.querySelectorAll("[data-live]")) {
  const stream = new EventSource(part.dataset.live);
  stream.addEventListener("state", (event) => {
    if (event.data === part.dataset.liveState) return;
    stream.close();
    location.reload();
  });
  // `part` messages hold what stands in `[data-live-part]`, rendered by the server as on the page.
  stream.addEventListener("part", (event) => {
    const box = part.querySelector("[data-live-part]");
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    if (box.textContent.trim() !== fresh.content.textContent.trim()) box.replaceChildren(fresh.content);
  });
  addEventListener("pagehide", () => stream.close());
}
