// Answers without leaving the page, and by the keyboard. Without this script the buttons work as forms.
"use strict";

const cards = [...document.querySelectorAll(".card")];

function waiting() {
  return cards.filter((card) => !card.classList.contains("decided"));
}

function front() {
  const card = document.activeElement.closest(".card");
  return card && !card.classList.contains("decided") ? card : waiting()[0];
}

function step(way) {
  const left = waiting();
  const at = left.indexOf(document.activeElement.closest(".card"));
  const next = left[at < 0 ? 0 : Math.min(left.length - 1, Math.max(0, at + way))];
  if (next) {
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start", behavior: "smooth" });
  }
}

async function answer(card, form, button) {
  const said = form.querySelector("output");
  const buttons = [...form.querySelectorAll("button")];
  const body = new URLSearchParams(new FormData(form));
  body.set("choice", button.value);
  buttons.forEach((one) => (one.disabled = true));
  said.className = "";
  said.textContent = "…";
  try {
    const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await reply.json();
    if (!reply.ok) throw new Error(told.error);
    const following = waiting()[waiting().indexOf(card) + 1];
    card.classList.add("decided");
    said.textContent = told.done;
    if (following) {
      following.focus({ preventScroll: true });
      following.scrollIntoView({ block: "start" });
    }
  } catch (error) {
    buttons.forEach((one) => (one.disabled = false));
    said.className = "error";
    said.textContent = error.message;
  }
}

for (const card of cards) {
  const form = card.querySelector("form");
  if (!form) continue;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(card, form, event.submitter);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
    return;
  }
  const card = front();
  const pressed = card && card.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (pressed) {
    event.preventDefault();
    pressed.click();
  }
});
