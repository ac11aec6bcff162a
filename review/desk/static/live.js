// Keeps the page up to date by one stream from the desk: parts of the overview, counts of a batch, who looks at what.
// Without this script every page shows the moment at which it was loaded.
"use strict";

const SILENCE_MILLISECONDS = 40000; // the desk sends something every 15 s
const REPORT_MILLISECONDS = 20000;
const MAX_PAUSE_MILLISECONDS = 30000;

const liveStatus = document.getElementById("live");
const token = document.querySelector("input[name=_xsrf]")?.value || "";
const me = document.querySelector(".person").textContent;
let stream = null;
let started = null; // when the desk that this page talks to was started
let pause = 1000;
let heard = Date.now();
let lostAt = null;

function say(text, isError) {
  if (liveStatus.textContent !== text) liveStatus.textContent = text;
  liveStatus.className = text ? (isError ? "notice error" : "notice") : "";
}

function clock(moment) {
  return moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

// Put new HTML into a section; what a person has opened or focused there stays so.
function replacePart(section, html) {
  if (section.dataset.html === html) return;
  section.dataset.html = html;
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  fresh.querySelectorAll("input[name=_xsrf]").forEach((field) => (field.value = token));
  if (section.innerHTML === fresh.innerHTML) return;
  const open = [...section.querySelectorAll("details[open]")].map((each) => each.id);
  open.forEach((id) => fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", ""));
  const focused = section.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...section.querySelectorAll("a, button, summary, [tabindex]")].indexOf(focused);
  const href = focused && focused.getAttribute("href");
  section.replaceChildren(...fresh.childNodes);
  if (!focused) return;
  const same = href && section.querySelector(`[href="${CSS.escape(href)}"]`);
  const target = same || [...section.querySelectorAll("a, button, summary, [tabindex]")][place];
  if (target) target.focus({ preventScroll: true });
}

// Load the page again in the background and take over the parts that are marked as live.
async function renew() {
  const reply = await fetch(location.href);
  if (!reply.ok) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
      part.replaceWith(document.adoptNode(fresh));
    }
  }
}

function showLooking(byImage) {
  document.querySelectorAll(".looking").forEach((notice) => notice.remove());
  for (const [image, people] of Object.entries(byImage)) {
    const others = people.filter((person) => person !== me);
    const place = document.getElementById(`image-${image}`) || document.querySelector(`[data-image="${image}"]`);
    if (!others.length || !place) continue;
    const notice = document.createElement("p");
    notice.className = "looking";
    notice.textContent = `${others.join(" and ")} ${others.length > 1 ? "have" : "has"} this image open as well.`;
    place.prepend(notice);
  }
}

const handlers = {
  hello(data) {
    if (started !== null && data !== started) {
      say(`The desk was restarted at ${clock(new Date(1000 * data))}. This page goes on; what you see is up to date again.`);
      renew().catch(() => {});
    } else if (lostAt) {
      say("");
    }
    started = data;
    lostAt = null;
    pause = 1000;
    report(true);
  },
  quiet() {},
  here() {
    if (liveStatus.dataset.away) say("");
    delete liveStatus.dataset.away;
  },
  away() {
    liveStatus.dataset.away = "yes";
    say(`The desk cannot reach the records; shown is what they held at ${clock(new Date(heard))}. It tries again by itself.`, true);
  },
  part(data) {
    const section = document.querySelector(`[data-part="${data.name}"]`);
    if (section) replacePart(section, data.html);
  },
  batches(numbers) {
    const here = location.pathname.match(/^\/batches\/(\d+)$/);
    if (here && numbers.includes(Number(here[1])) && document.querySelector("[data-live]")) renew().catch(() => {});
  },
  looking: showLooking,
};

function connect() {
  if (stream || document.visibilityState !== "visible") return;
  heard = Date.now();
  stream = new EventSource("/events");
  for (const [name, handle] of Object.entries(handlers)) {
    stream.addEventListener(name, (event) => {
      heard = Date.now();
      handle(JSON.parse(event.data));
    });
  }
  stream.onerror = lose;
}

function disconnect() {
  if (stream) stream.close();
  stream = null;
}

// The login page shows its form to whoever is not logged in, and leads others on.
function sayIfLoggedOut() {
  fetch("/login", { method: "HEAD", redirect: "manual" })
    .then((reply) => {
      if (reply.ok) say("Your login has ended. Log in in another tab: this page then goes on as it is.", true);
    })
    .catch(() => {});
}

// The stream broke: say so if it does not come back at once, and try again with growing pauses.
function lose() {
  disconnect();
  if (lostAt) {
    say(`The desk does not answer; shown is what it sent at ${clock(new Date(heard))}. Trying again.`, true);
    sayIfLoggedOut();
  }
  lostAt = lostAt || Date.now();
  setTimeout(connect, pause);
  pause = Math.min(2 * pause, MAX_PAUSE_MILLISECONDS);
}

// The image in front of the person: that of the focused card, else the first one that is open.
function shownImage() {
  const card = document.activeElement.closest(".card, [data-image]") || document.querySelector(".card:not(.decided), [data-image]");
  return card ? Number(card.dataset.image || card.id.slice("image-".length)) || 0 : 0;
}

let reported = 0;
function report(isDue) {
  const image = document.visibilityState === "visible" ? shownImage() : 0;
  if (image === reported && !(isDue && image)) return;
  reported = image;
  fetch("/looking", { method: "POST", body: new URLSearchParams({ _xsrf: token, image }), keepalive: true }).catch(() => {});
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connect();
  else disconnect();
  report(false);
});
document.addEventListener("focusin", () => report(false));
addEventListener("pagehide", () => {
  disconnect();
  if (reported) navigator.sendBeacon("/looking", new URLSearchParams({ _xsrf: token, image: 0 }));
});
addEventListener("pageshow", connect); // also of a page that comes back from the browser's cache
setInterval(() => report(true), REPORT_MILLISECONDS);
setInterval(() => {
  if (stream && Date.now() - heard > SILENCE_MILLISECONDS) lose();
}, REPORT_MILLISECONDS / 4);
connect();
