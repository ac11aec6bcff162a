// Choosing and answering many images without leaving the page. Without this script the boxes and buttons are a plain form.
"use strict";

const grid = document.getElementById("grid");
const output = grid.querySelector(".bulk output");
const tiles = () => [...grid.querySelectorAll(".tile")];
const boxOf = (tile) => tile.querySelector("input[name=image]");
const linkOf = (tile) => tile.querySelector(".picture");
const tileAt = (element) => element.closest && element.closest(".tile");
let anchor = null; // where a choice with Shift begins

function say(text, isError) {
  if (!output) return;
  output.className = isError ? "error" : "";
  output.textContent = text;
}

function count() {
  const label = grid.querySelector(".chosen-count");
  if (!label) return;
  const number = grid.querySelectorAll("input[name=image]:checked").length;
  grid.dataset.chosen = number || grid.all.checked ? "1" : ""; // on a phone the answers appear with the first choice
  label.textContent = number ? `${number} chosen` : "Choose images, then answer them all at once.";
}

function choose(tile, checked) {
  const box = boxOf(tile);
  if (box && !box.disabled) box.checked = checked;
}

function toggle(tile, withShift) {
  const box = boxOf(tile);
  if (!box) return;
  const all = tiles();
  if (withShift && anchor && anchor.isConnected) {
    const [from, to] = [all.indexOf(anchor), all.indexOf(tile)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((each) => choose(each, true));
  } else {
    choose(tile, !box.checked);
    anchor = tile;
  }
  count();
}

// The tile beside, above or below, by where it stands on the page.
function neighbour(tile, key) {
  const all = tiles();
  const at = all.indexOf(tile);
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  const columns = all.filter((each) => each.offsetTop === all[0].offsetTop).length;
  return all[key === "ArrowDown" ? Math.min(at + columns, all.length - 1) : at - columns];
}

function move(key, withShift) {
  const here = tileAt(document.activeElement);
  const next = here ? neighbour(here, key) : tiles()[0];
  if (!next) return;
  if (withShift && here) {
    choose(here, true);
    choose(next, true);
    anchor = anchor || here;
    count();
  }
  linkOf(next).focus();
  next.scrollIntoView({ block: "nearest" });
}

// A result that was not loaded was not shown: its version stays out of the form, so that nobody takes it up unseen.
function shownVersions(body) {
  body.delete("version");
  for (const tile of tiles()) {
    const picture = tile.querySelector("img");
    const version = tile.querySelector("input[name=version]");
    if (version && picture.complete && picture.naturalWidth) body.append("version", version.value);
  }
}

async function answer(button) {
  const buttons = [...grid.querySelectorAll("button")];
  const body = new URLSearchParams(new FormData(grid));
  body.set("choice", button.value);
  shownVersions(body);
  buttons.forEach((each) => (each.disabled = true));
  say("…");
  try {
    const result = await send(grid, body);
    say(`${result.done}. Press u to undo.`);
    for (const id of result.answered) {
      const tile = document.getElementById(`tile-${id}`);
      if (!tile) continue;
      tile.classList.add("answered");
      boxOf(tile).checked = false;
      boxOf(tile).disabled = true;
    }
    grid.all.checked = false;
    count();
    const next = tiles().find((tile) => !tile.classList.contains("answered"));
    if (next) linkOf(next).focus();
  } catch (error) {
    say(error.message, true);
  } finally {
    buttons.forEach((each) => (each.disabled = false));
  }
}

// Put what the desk shows now into the page.
async function reload() {
  const reply = await fetch(location.href);
  if (!reply.ok) throw new Error(`the desk answered ${reply.status}`);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  document.getElementById("tiles").replaceWith(document.adoptNode(page.getElementById("tiles")));
  count();
}

document.addEventListener("undone", (event) => {
  event.preventDefault();
  say("");
  reload().catch(() => location.reload());
});

grid.addEventListener("submit", (event) => {
  event.preventDefault();
  answer(event.submitter);
});

grid.addEventListener("click", (event) => {
  const tile = tileAt(event.target);
  if (!tile || !boxOf(tile) || event.ctrlKey || event.metaKey) return;
  if (event.target === boxOf(tile)) {
    if (event.shiftKey) {
      boxOf(tile).checked = false;
      toggle(tile, true);
    } else {
      anchor = tile;
      count();
    }
  } else if (event.target.closest(".picture") && event.detail) { // a click by the mouse; Enter opens the page
    event.preventDefault();
    linkOf(tile).focus();
    toggle(tile, event.shiftKey);
  }
});

if (grid.all) grid.all.addEventListener("change", count);

document.addEventListener("keydown", (event) => {
  if (keys.open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, summary")) return;
  const tile = tileAt(document.activeElement);
  const button = !event.repeat && /^[a-z]$/.test(event.key) && grid.querySelector(`.bulk [data-key="${event.key}"]`);
  if (event.key.startsWith("Arrow")) move(event.key, event.shiftKey);
  else if (event.key === " " && tile && document.activeElement === linkOf(tile)) toggle(tile, event.shiftKey);
  else if (event.key === "e") tiles().forEach((each) => choose(each, true));
  else if (event.key === "Escape") tiles().forEach((each) => choose(each, false));
  else if (event.key === "]" && document.getElementById("next")) location.assign(document.getElementById("next").href);
  else if (button) button.click();
  else return;
  count();
  event.preventDefault();
});

count();
