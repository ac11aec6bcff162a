// Sends decisions without leaving the page, brings results back to their place, and handles the keyboard.
// Without this script the buttons are plain forms.
"use strict";

const POLL_MILLISECONDS = 600;

const cards = () => [...document.querySelectorAll(".card")];
const CLOSED = ["decided", "working", "sent"];
const isOpen = (card) => !CLOSED.some((name) => card.classList.contains(name));
const selected = () => {
  const card = document.activeElement.closest(".card");
  return card && isOpen(card) ? card : cards().find(isOpen);
};

function focusOn(card) {
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
  prefetchAfter(card);
}

function select(offset) {
  const open = cards().filter(isOpen);
  const at = open.indexOf(document.activeElement.closest(".card"));
  const next = open[at < 0 ? 0 : Math.min(open.length - 1, Math.max(0, at + offset))];
  if (next) focusOn(next);
}

const AHEAD = 3; // images whose pictures are loaded before they are looked at
const MORE_AT = 6; // open images left at which the next page is added

// Load and decode the pictures of the images after this one now, so that they are there when they are looked at.
function prefetchAfter(card) {
  const open = cards().filter(isOpen);
  const following = open.slice(open.indexOf(card) + 1);
  for (const next of following.slice(0, AHEAD)) {
    next.querySelectorAll("img").forEach((picture) => {
      picture.loading = "eager";
      picture.decode().catch(() => {});
    });
  }
  if (following.length < MORE_AT) addPage();
}

let pageToCome = null;

// Add the images of the next page below, so that a review does not stop at the end of this one.
function addPage() {
  const more = document.querySelector("a.more");
  if (!more || pageToCome) return;
  pageToCome = fetch(more.href)
    .then((reply) => (reply.ok ? reply.text() : Promise.reject(new Error(`the desk answered ${reply.status}`))))
    .then((text) => {
      const page = new DOMParser().parseFromString(text, "text/html");
      const place = more.closest("p");
      for (const card of page.querySelectorAll(".card")) {
        if (document.getElementById(card.id)) continue;
        place.before(document.adoptNode(card));
        if (card.classList.contains("working")) watch(card);
      }
      const next = page.querySelector("a.more");
      if (next) more.href = next.href;
      else place.remove();
    })
    .catch(() => {})
    .finally(() => (pageToCome = null));
}

const refreshes = new Map(); // how often each card was refreshed: of two answers the one that was asked for last counts

// Replace a card by what the desk shows of its image now.
async function refresh(card) {
  const turn = (refreshes.get(card.id) || 0) + 1;
  refreshes.set(card.id, turn);
  const reply = await fetch(`/images/${card.id.slice("image-".length)}/card`);
  if (!reply.ok) throw new Error(`the desk answered ${reply.status}`);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const fresh = document.adoptNode(page.querySelector(".card"));
  const shown = document.getElementById(card.id);
  if (refreshes.get(card.id) !== turn) return shown;
  const hadFocus = shown.contains(document.activeElement);
  shown.replaceWith(fresh);
  if (hadFocus) fresh.focus({ preventScroll: true });
  if (fresh.classList.contains("working")) watch(fresh);
  return fresh;
}

// Look after the image until the line has finished with it.
function watch(card) {
  setTimeout(() => {
    if (card.isConnected) refresh(card).catch(() => watch(card));
  }, POLL_MILLISECONDS);
}

// Send an answer. The next picture is shown at once; an answer that is refused comes back to its place.
async function decide(card, form, button) {
  const output = form.querySelector("output");
  const buttons = [...form.querySelectorAll("button")];
  const body = new URLSearchParams(new FormData(form));
  body.set("choice", button.value);
  buttons.forEach((each) => (each.disabled = true));
  output.className = "";
  output.textContent = "…";
  const open = cards().filter(isOpen);
  const following = open[open.indexOf(card) + 1];
  card.classList.add("sent");
  const staysHere = button.value === "back"; // the image comes back at once, to be answered anew
  if (following && !staysHere) focusOn(following);
  try {
    const result = await send(form, body);
    output.textContent = result.done;
    if (result.returns) {
      const fresh = await refresh(card).catch(() => watch(card));
      if (fresh && (staysHere || !following)) fresh.focus({ preventScroll: true });
      return;
    }
    card.classList.remove("sent");
    card.classList.add("decided");
  } catch (error) {
    card.classList.remove("sent");
    buttons.forEach((each) => (each.disabled = false));
    output.className = "error";
    output.textContent = error.message;
    focusOn(card);
  }
}

function toggle(card, region) {
  const box = card.querySelector(`input[name=region][value="${region}"]`);
  if (!box) return;
  box.checked = !box.checked;
  show(box);
}

function show(box) {
  const shape = box.closest(".card").querySelector(`polygon[data-region="${box.value}"]`);
  shape.classList.toggle("chosen", box.checked);
}

document.addEventListener("submit", (event) => {
  const card = event.target.closest(".card");
  if (!card || !event.target.action.endsWith("/decision")) return;
  event.preventDefault();
  decide(card, event.target, event.submitter);
});

document.addEventListener("click", (event) => {
  const shape = event.target.closest("polygon[data-region]");
  if (shape) toggle(shape.closest(".card"), shape.dataset.region);
});

document.addEventListener("change", (event) => {
  if (event.target.name === "region") show(event.target);
});

document.addEventListener("refresh", (event) => {
  refresh(event.target).then((fresh) => focusOn(fresh)).catch(() => location.reload());
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || keys.open) return;
  if (event.key === "j" || event.key === "k") {
    select(event.key === "j" ? 1 : -1);
    return;
  }
  const card = selected();
  if (!card) return;
  if (/^[1-9]$/.test(event.key)) {
    toggle(card, Number(event.key) - 1);
    return;
  }
  const control = card.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    control.click();
  }
});

cards().forEach((card) => {
  if (card.classList.contains("working")) watch(card);
});
const first = cards().find(isOpen);
if (first) prefetchAfter(first);
