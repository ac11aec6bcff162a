// Undo and the list of keys, on every page. Without this script the undo button is a plain form.
"use strict";

const keys = document.getElementById("keys");

// Whether a key is meant for a field that takes text, or belongs to the browser.
function isTyping(event) {
  const field = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  return field || event.ctrlKey || event.metaKey || event.altKey || event.repeat;
}

let lastAnswer = Promise.resolve();

// Send a form as the desk's scripts do; the answer is JSON. One answer is sent after the other, in the order in which
// they were given: the page has gone on to the next picture by then, and undo must not overtake what it undoes.
function send(form, body) {
  const answer = lastAnswer.then(() => sendNow(form, body));
  lastAnswer = answer.catch(() => {});
  return answer;
}

// A person is told how to go on where the desk is gone.
async function sendNow(form, body) {
  let reply;
  try {
    reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch (error) {
    throw new Error("the desk does not answer: nothing was saved, try again in a moment");
  }
  const result = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(result.error || `the desk answered ${reply.status}: reload the page`);
  return result;
}

const undoForm = document.getElementById("undo");
if (undoForm) {
  const output = undoForm.querySelector("output");
  undoForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.className = "";
    try {
      const result = await send(undoForm, new URLSearchParams(new FormData(undoForm)));
      output.textContent = result.done;
      const undone = new CustomEvent("undone", { cancelable: true, detail: result });
      if (!document.dispatchEvent(undone)) return; // the page shows it itself
      const card = document.getElementById(`image-${result.image}`);
      if (card) card.dispatchEvent(new CustomEvent("refresh", { bubbles: true, detail: { focus: true } }));
      else location.assign(result.images > 1 ? "/answers" : `/images/${result.image}`);
    } catch (error) {
      output.className = "error";
      output.textContent = error.message;
    }
  });
}

const help = document.getElementById("help");
if (help) help.addEventListener("click", () => (keys.open ? keys.close() : keys.showModal()));

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  const control = { u: undoForm && undoForm.querySelector("button"), "?": help }[event.key];
  if (control) {
    event.preventDefault();
    control.click();
  }
});
