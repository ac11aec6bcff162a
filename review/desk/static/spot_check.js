// Judges pictures by key without leaving the page. Without this script the buttons are plain forms.
"use strict";

const part = () => document.getElementById("check");
const verdictForm = () => part().querySelector(".verdict");
let isBusy = false;

function say(text, isError) {
  const output = part().querySelector("output");
  if (!output) return;
  output.className = isError ? "error" : "";
  output.textContent = text;
}

// Put the next picture and the results into the page; its pictures were loaded while this one was looked at.
async function renew() {
  const reply = await fetch(location.href);
  if (!reply.ok) throw new Error(`the desk answered ${reply.status}: reload the page`);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  part().replaceWith(document.adoptNode(page.getElementById("check")));
}

async function act(form, extra) {
  if (isBusy) return;
  isBusy = true;
  const body = new URLSearchParams(new FormData(form));
  Object.entries(extra).forEach(([name, value]) => body.set(name, value));
  try {
    await send(form, body);
    await renew();
  } catch (error) {
    say(error.message, true);
  } finally {
    isBusy = false;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target === verdictForm()) act(event.target, { verdict: event.submitter.value });
  else if (event.target.id === "undo-answer") act(event.target, {});
  else return;
  event.preventDefault();
});

// While the space bar is held, the photo as it came stands in the place of the delivered picture.
function flicker(isBefore) {
  const pictures = [...part().querySelectorAll(".pair img")];
  if (pictures.length !== 2) return;
  pictures[1].dataset.after = pictures[1].dataset.after || pictures[1].src;
  pictures[1].src = isBefore ? pictures[0].src : pictures[1].dataset.after;
}

window.addEventListener("keyup", (event) => {
  if (event.key === " ") flicker(false);
});

// Before the other scripts: on this page `u` undoes an answer of the spot check.
window.addEventListener("keydown", (event) => {
  if (keys.open || event.ctrlKey || event.metaKey || event.altKey || !event.target.closest) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === " " && !event.target.closest("button, a, summary, input")) {
    event.preventDefault();
    if (!event.repeat) flicker(true);
    return;
  }
  if (event.repeat) return;
  const undo = event.key === "u" && document.getElementById("undo-answer");
  const button = undo ? undo.querySelector("button") : part().querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  button.click();
}, true);
