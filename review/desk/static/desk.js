// Sends decisions without leaving the page and handles the keyboard. Without this script the buttons are plain forms.
"use strict";

const cards = [...document.querySelectorAll(".card")];

function undecided() {
  return cards.filter((card) => !card.classList.contains("decided"));
}

function selected() {
  const card = document.activeElement.closest(".card");
  return card && !card.classList.contains("decided") ? card : undecided()[0];
}

function select(offset) {
  const cardsLeft = undecided();
  const at = cardsLeft.indexOf(document.activeElement.closest(".card"));
  const next = cardsLeft[at < 0 ? 0 : Math.min(cardsLeft.length - 1, Math.max(0, at + offset))];
  if (next) {
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start", behavior: "smooth" });
  }
}

async function decide(card, form, button) {
  const output = form.querySelector("output");
  const buttons = [...form.querySelectorAll("button")];
  const body = new URLSearchParams(new FormData(form));
  body.set("choice", button.value);
  buttons.forEach((each) => (each.disabled = true));
  output.className = "";
  output.textContent = "…";
  try {
    const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const result = await reply.json();
    if (!reply.ok) throw new Error(result.error);
    const following = undecided()[undecided().indexOf(card) + 1];
    card.classList.add("decided");
    output.textContent = result.done;
    if (following) {
      following.focus({ preventScroll: true });
      following.scrollIntoView({ block: "start" });
    }
  } catch (error) {
    buttons.forEach((each) => (each.disabled = false));
    output.className = "error";
    output.textContent = error.message;
  }
}

for (const card of cards) {
  const form = card.querySelector("form");
  if (!form) continue;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(card, form, event.submitter);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "j" || event.key === "k") {
    select(event.key === "j" ? 1 : -1);
    return;
  }
  const card = selected();
  const control = card && card.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    control.click();
  }
});
