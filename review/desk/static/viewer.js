// The viewer of one image: zoom, pan, flicker, slider, and two pictures side by side in step.
"use strict";

{ // names of its own, beside those of the other scripts
  const PAN_STEP = 0.2; // share of the pane that an arrow key moves
  const ZOOM_STEP = 1.5;
  const SLIDER_REACH = 24; // pixels of the screen around the slider's line that take hold of it
  const KEPT_VIEW = "view";

  const stage = document.getElementById("viewer");
  const canvas = stage.querySelector("canvas");
  const context = canvas.getContext("2d");
  const statusLine = stage.querySelector(".status");
  const controls = Object.fromEntries([...stage.querySelectorAll("[data-action]")].map((each) => [each.dataset.action, each]));
  const choice = { shown: stage.querySelector("[name=shown]"), compared: stage.querySelector("[name=compared]") };
  const placeButtons = [...stage.querySelectorAll("[data-place]")];
  const pictures = new Map(); // promises of pictures, by name
  const opened = new Map(); // the pictures that have arrived
  const view = new View();
  let mode = "one"; // one, slider, side
  let slider = 0.5; // share of the canvas
  let isFlickering = false;
  let isMaskShown = false;
  let mask = null;
  let isPlaced = false; // whether the first view was chosen
  let place = 0;

  function load(name) {
    if (!pictures.has(name)) {
      const promise = TiledPicture.open(`${stage.dataset.pictures}/${name}`, draw);
      pictures.set(name, promise);
      promise.then(
        (picture) => {
          opened.set(name, picture);
          draw();
        },
        (error) => {
          pictures.delete(name);
          statusLine.className = "status error";
          statusLine.textContent = error.message;
        },
      );
    }
    return opened.get(name);
  }

  const front = () => load(choice.shown.value);
  const back = () => load(choice.compared.value);
  const whole = () => ({ left: 0, top: 0, width: canvas.width, height: canvas.height });

  // The panes that are shown, each with its picture.
  function panes() {
    const all = whole();
    if (mode !== "side") return [{ ...all, picture: isFlickering ? back() : front() }];
    const isTall = all.height > all.width;
    const [width, height] = isTall ? [all.width, all.height / 2] : [all.width / 2, all.height];
    return [
      { left: 0, top: 0, width, height, picture: back() },
      { left: isTall ? 0 : width, top: isTall ? height : 0, width, height, picture: front() },
    ];
  }

  function paneAt(point) {
    const all = panes();
    return all.find((pane) => point[0] < pane.left + pane.width && point[1] < pane.top + pane.height) || all[0];
  }

  function drawPane(pane, picture, clip = pane) {
    if (!picture) return;
    context.save();
    context.beginPath();
    context.rect(clip.left, clip.top, clip.width, clip.height);
    context.clip();
    picture.draw(context, view, pane);
    if (isMaskShown && mask) {
      context.globalAlpha = 0.5;
      mask.draw(context, view, pane);
    }
    context.restore();
  }

  const draw = onNextFrame(() => {
    if (!canvas.width || !opened.size) return void [front(), back()];
    if (!isPlaced) return void setFirstView();
    context.clearRect(0, 0, canvas.width, canvas.height);
    const all = panes();
    for (const pane of all) drawPane(pane, pane.picture);
    if (mode === "slider" && back()) {
      const x = Math.round(slider * canvas.width);
      context.clearRect(0, 0, x, canvas.height);
      drawPane(all[0], back(), { ...all[0], width: x });
    }
    drawLines();
    report();
  });

  function drawLines() {
    if (mode === "one") return;
    const all = panes();
    const lines = {
      slider: [slider * canvas.width - 1, 0, 3, canvas.height],
      side: all[1] && (all[1].left ? [all[1].left - 1, 0, 2, canvas.height] : [0, all[1].top - 1, canvas.width, 2]),
    };
    context.fillStyle = "#fff";
    context.fillRect(...lines[mode]);
    if (mode !== "slider") return;
    context.beginPath();
    context.arc(slider * canvas.width, canvas.height / 2, 12 * (window.devicePixelRatio || 1), 0, 7);
    context.fill();
  }

  // Say what is shown, for people and for tests.
  function report() {
    const picture = isFlickering ? opened.get(choice.compared.value) : opened.get(choice.shown.value);
    if (!picture) return;
    const name = (isFlickering ? choice.compared : choice.shown).selectedOptions[0].textContent.trim();
    statusLine.className = "status";
    statusLine.textContent = `${Math.round((100 * view.zoom) / picture.width)} % · ${name} · ${picture.width} × ${picture.height}`;
    Object.assign(stage.dataset, {
      x: view.x.toFixed(4),
      y: view.y.toFixed(4),
      zoom: view.zoom.toFixed(2),
      mode,
      picture: isFlickering ? choice.compared.value : choice.shown.value,
      complete: [...opened.values()].every((each) => each.isComplete),
    });
    sessionStorage.setItem(KEPT_VIEW, JSON.stringify({ x: view.x, y: view.y, zoom: view.zoom / canvas.width, mode }));
  }

  // The worst place, else where the person was on the image before, else all of the picture.
  function setFirstView() {
    const picture = front();
    if (!picture) return;
    isPlaced = true;
    back(); // so that it is there when it is compared
    loadAhead(stage.dataset.ahead.split(" ").filter(Boolean), panes()[0]).catch(() => {});
    view.fit(picture, panes()[0]);
    const kept = JSON.parse(sessionStorage.getItem(KEPT_VIEW) || "null");
    if (kept && stage.dataset.keep === "1") {
      setMode(kept.mode);
      Object.assign(view, { x: kept.x, y: kept.y, zoom: kept.zoom * canvas.width });
      view.limit(picture, panes()[0]);
    }
    const { zoom } = view;
    if (placeButtons.length) goTo(0);
    if (kept && stage.dataset.keep === "1") view.zoom = zoom;
    draw();
  }

  function goTo(index) {
    place = (index + placeButtons.length) % placeButtons.length;
    const button = placeButtons[place];
    const picture = opened.get(button.dataset.picture) || front();
    if (!picture) return;
    view.frame(picture, panes()[0], button.dataset.place.split(" ").map(Number));
    for (const each of placeButtons) each.setAttribute("aria-pressed", each === button);
    draw();
  }

  function setMode(name) {
    mode = name;
    for (const each of ["slider", "side"]) controls[each].setAttribute("aria-pressed", mode === each);
    draw();
  }

  function flicker(isOn) {
    isFlickering = isOn;
    controls.flicker.setAttribute("aria-pressed", isOn);
    draw();
  }

  async function toggleMask() {
    isMaskShown = !isMaskShown;
    controls.mask.setAttribute("aria-pressed", isMaskShown);
    draw();
    if (!mask) mask = await TiledPicture.open(`${stage.dataset.pictures}/${controls.mask.dataset.mask}`, draw);
    draw();
  }

  function zoomBy(factor, point = null) {
    const picture = front();
    if (!picture) return;
    const pane = point ? paneAt(point) : panes()[0];
    view.zoomAt(factor, point || [pane.left + pane.width / 2, pane.top + pane.height / 2], picture, pane);
    draw();
  }

  function panBy(dx, dy) {
    if (front()) view.move(dx, dy, front(), panes()[0]);
    draw();
  }

  function chooseNext(offset) {
    const options = choice.shown.options;
    choice.shown.selectedIndex = (choice.shown.selectedIndex + offset + options.length) % options.length;
    draw();
  }

  const actions = {
    fit: () => front() && view.fit(front(), panes()[0]),
    actual: () => front() && zoomBy(front().width / view.zoom),
    in: () => zoomBy(ZOOM_STEP),
    out: () => zoomBy(1 / ZOOM_STEP),
    slider: () => setMode(mode === "slider" ? "one" : "slider"),
    side: () => setMode(mode === "side" ? "one" : "side"),
    mask: () => controls.mask && toggleMask(),
    previous: () => chooseNext(-1),
    next: () => chooseNext(1),
    place: () => placeButtons.length && goTo(place + 1),
  };

  for (const [name, control] of Object.entries(controls)) {
    if (actions[name]) control.addEventListener("click", () => (actions[name](), draw()));
  }
  for (const [index, button] of placeButtons.entries()) button.addEventListener("click", () => goTo(index));
  for (const each of Object.values(choice)) {
    each.addEventListener("change", () => {
      canvas.focus(); // so that keys work again
      draw();
    });
  }
  controls.flicker.addEventListener("pointerdown", () => flicker(true));
  for (const name of ["pointerup", "pointercancel", "pointerleave", "blur"]) controls.flicker.addEventListener(name, () => flicker(false));

  const gestures = new Gestures(canvas, {
    pan: panBy,
    zoom: zoomBy,
    takes: (event, point) => mode === "slider" && Math.abs(point[0] - slider * canvas.width) < SLIDER_REACH * (window.devicePixelRatio || 1),
    start: () => {},
    drag: (point) => {
      slider = Math.max(0, Math.min(1, point[0] / canvas.width));
      draw();
    },
    end: () => {},
    cancel: () => {},
  });
  canvas.addEventListener("dblclick", (event) => {
    const picture = front();
    if (!picture) return;
    if (Math.abs(view.zoom / picture.width - 1) < 0.01) actions.fit();
    else zoomBy(picture.width / view.zoom, gestures.point(event));
    draw();
  });

  const KEYS = {
    0: "fit", 1: "actual", "+": "in", "=": "in", "-": "out", p: "slider", w: "side", l: "mask", "[": "previous", "]": "next",
    g: "place",
  };
  const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  document.addEventListener("keydown", (event) => {
    if (keys.open || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, textarea")) return;
    if (event.key === "f") {
      if (!event.repeat) flicker(true);
    } else if (ARROWS[event.key]) {
      panBy(...ARROWS[event.key].map((step) => step * PAN_STEP * canvas.width));
    } else if (actions[KEYS[event.key]]) {
      actions[KEYS[event.key]]();
      draw();
    } else {
      const control = stage.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!control || event.repeat) return;
      control.click();
    }
    event.preventDefault();
  });
  document.addEventListener("keyup", (event) => event.key === "f" && flicker(false));
  window.addEventListener("blur", () => flicker(false));

  const form = stage.querySelector("form.answers");
  if (form) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const output = form.querySelector("output");
      const body = new URLSearchParams(new FormData(form));
      body.set("choice", event.submitter.value);
      output.className = "";
      output.textContent = "…";
      try {
        const result = await send(form, body);
        output.textContent = result.done;
        location.assign(stage.dataset.after);
      } catch (error) {
        output.className = "error";
        output.textContent = error.message;
      }
    });
  }

  fillFrame(canvas, () => {
    if (isPlaced && front()) view.limit(front(), panes()[0]);
    draw();
  });
  draw();
}
