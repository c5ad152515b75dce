// The pages work without this file. It adds what a browser does better than a server.
"use strict";

// Times come in UTC and are shown in the reader's own.
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  day: "numeric", month: "short", hour: "numeric", minute: "2-digit",
});
const localise = (root) => {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = clock.format(new Date(time.dateTime));
  }
};
localise(document);
document.addEventListener("htmx:after:swap", () => localise(document));

// Leaving quickly: the Escape key three times within a second and a half.
let escapes = [];
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    escapes = [...escapes.slice(-2), event.timeStamp];
    if (escapes.length === 3 && event.timeStamp - escapes[0] < 1500) {
      document.querySelector("form.exit").submit();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form.composer")?.requestSubmit();
  }
});

// A page from the browser's memory may show what was signed out of.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// The server signs out after half an hour: then nothing may stay on the screen. Typing counts as
// being here, the open stream does not.
const live = document.querySelector("[hx-sse\\:connect]");
if (!live) setTimeout(() => location.reload(), 31 * 60 * 1000);
let told = Date.now();
document.addEventListener("input", () => {
  if (live && Date.now() - told > 5 * 60 * 1000) {
    told = Date.now();
    fetch("/here");
  }
});

const offline = document.querySelector(".offline");
const say = (lost) => {
  offline.hidden = !lost;
  offline.textContent = lost ? offline.dataset.words : "";
};
document.addEventListener("htmx:error", () => say(true));
document.addEventListener("htmx:sse:error", (event) => {
  if (event.detail.status >= 400 && event.detail.status < 500) location.reload();
  else say(true);
});
document.addEventListener("htmx:sse:after:connection", () => say(false));
document.addEventListener("htmx:after:request", () => say(false));
