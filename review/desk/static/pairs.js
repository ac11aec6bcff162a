// Blind comparison: sends answers without leaving the page, and loads the pictures of the next pair meanwhile.
// Without this script the buttons are plain forms.
"use strict";

const pair = () => document.getElementById("pair");
const undoPair = document.getElementById("undo-pair");
let isActual = false;

function prefetch() {
  for (const url of pair().dataset.following.split(" ").filter(Boolean)) new Image().src = url;
}

// Show the pictures as large as their pixels, or fitted to the page.
function showSize() {
  pair().classList.toggle("actual", isActual);
  const button = document.getElementById("actual");
  if (button) button.setAttribute("aria-pressed", String(isActual));
}

// Show the pair that waits now, or the result.
async function showNext() {
  const reply = await fetch(location.href);
  if (!reply.ok) throw new Error(`the desk answered ${reply.status}: reload the page`);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  pair().replaceWith(document.adoptNode(page.getElementById("pair")));
  showSize();
  prefetch();
}

async function act(form, body) {
  const output = form.querySelector("output");
  const buttons = [...document.querySelectorAll("#pair button, #undo-pair button")];
  buttons.forEach((button) => (button.disabled = true));
  output.className = "";
  output.textContent = "…";
  try {
    const result = await send(form, body);
    await showNext();
    undoPair.querySelector("output").textContent = form === undoPair ? result.done : "";
  } catch (error) {
    output.className = "error";
    output.textContent = error.message;
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

document.addEventListener("submit", (event) => {
  if (event.target !== undoPair && !event.target.closest("#pair")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  if (event.target !== undoPair) body.set("better", event.submitter.value);
  act(event.target, body);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#actual")) return;
  isActual = !isActual;
  showSize();
});

// Both frames show the same part of the picture. A scroll event does not bubble, so it is caught on its way down.
document.addEventListener(
  "scroll",
  (event) => {
    if (!(event.target instanceof Element) || !event.target.matches(".frame")) return;
    for (const frame of document.querySelectorAll(".frame")) {
      if (frame === event.target) continue;
      if (frame.scrollLeft !== event.target.scrollLeft) frame.scrollLeft = event.target.scrollLeft;
      if (frame.scrollTop !== event.target.scrollTop) frame.scrollTop = event.target.scrollTop;
    }
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || keys.open) return;
  const control = {
    u: undoPair.querySelector("button"),
    z: document.getElementById("actual"),
  }[event.key] || document.querySelector(`[data-answer="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    control.click();
  }
});

prefetch();
