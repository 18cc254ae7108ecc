"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const stage = $("stage"), svg = stage.querySelector("svg"), tip = $("tip"), story = $("story"), choice = $("failure");
  const parts = new Map();
  for (const id of [...Object.keys(data.nodes), ...data.ways]) {
    const part = svg.getElementById(id);
    if (part) parts.set(id, part);
  }

  // --- size and place: the part of the picture that the stage shows, in the picture's own units
  const whole = svg.viewBox.baseVal, all = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  let view = { ...all };
  svg.removeAttribute("width");
  svg.removeAttribute("height");

  const look = (next) => {
    view = next;
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  };
  const placeOf = (x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
  const zoom = (factor, at) => {
    const w = Math.min(Math.max(view.w / factor, all.w / 60), all.w * 4), by = view.w / w;
    const centre = at || { x: view.x + view.w / 2, y: view.y + view.h / 2 };
    look({ x: centre.x - (centre.x - view.x) / by, y: centre.y - (centre.y - view.y) / by, w, h: view.h / by });
  };
  const move = (x, y) => {
    const unit = 1 / svg.getScreenCTM().a;
    look({ ...view, x: view.x - x * unit, y: view.y - y * unit });
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    zoom(Math.exp(-event.deltaY * lines * 0.0015), placeOf(event.clientX, event.clientY));
  }, { passive: false });

  const fingers = new Map();
  let moved = 0;
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (!fingers.size) moved = 0;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    if (fingers.size === 2) {
      const old = spread();
      fingers.set(event.pointerId, now);
      const wide = spread();
      zoom(wide.size / Math.max(old.size, 1), placeOf(wide.x, wide.y));
      move(wide.x - old.x, wide.y - old.y);
    } else {
      fingers.set(event.pointerId, now);
      if (moved > 4) {
        stage.classList.add("moving");
        hide();
        move(now.x - before.x, now.y - before.y);
      }
    }
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) stage.classList.remove("moving");
  };
  addEventListener("pointerup", lift);
  addEventListener("pointercancel", lift);

  // --- hints
  const element = (name, text, ...children) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  };
  const hide = () => { tip.hidden = true; };
  const hint = (id, x, y) => {
    const node = data.nodes[id], list = element("dl");
    for (const [name, value] of node.facts) list.append(element("dt", name), element("dd", value));
    const now = marks[id];
    if (now && now[1]) list.append(element("dt", "now"), element("dd", now[1]));
    tip.replaceChildren(element("h2", node.title), list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 4))}px`;
    tip.style.top = `${y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18}px`;
  };

  // --- what is shown on the picture: the course of a failure, or a moment of the run
  let marks = {};
  const NS = "http://www.w3.org/2000/svg";
  const drawn = (name, attributes) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const sign = (part, kind, text) => { // across the lower edge, where it hides no arrow's head, and above all ways
    const box = part.getBBox(), group = drawn("g", { class: "sign", "data-is": kind, "data-of": part.id });
    const label = drawn("text", { x: box.x + box.width / 2, y: box.y + box.height + 5 });
    label.textContent = text;
    group.append(label);
    part.parentNode.append(group);
    const width = Math.max(label.getBBox().width + 12, 20);
    group.prepend(drawn("rect", { x: box.x + (box.width - width) / 2, y: box.y + box.height - 7, width, height: 16, rx: 8 }));
  };
  const mark = (rest, next) => {
    marks = next;
    for (const old of svg.querySelectorAll("g.sign")) old.remove();
    for (const [id, part] of parts) {
      const [kind, text] = marks[id] || [rest, ""];
      if (kind) part.dataset.is = kind; else delete part.dataset.is;
      if (text) sign(part, kind, text);
    }
  };
  const tell = (text) => { story.textContent = text; };

  const failing = (state) => {
    stop();
    choice.value = state;
    for (const part of parts.values()) if (part.dataset.step) part.setAttribute("aria-pressed", String(part.dataset.step === state));
    if (!state) return frames ? at(Number(moment.value)) : (mark("", {}), tell(data.about));
    mark("faded", data.failures[state].marks);
    tell(data.failures[state].story);
  };
  const stateInAddress = () => {
    const name = location.hash.slice(1);
    return Object.hasOwn(data.failures, name) ? name : "";
  };
  const choose = (state) => {
    failing(state);
    location.hash = state;
  };
  addEventListener("hashchange", () => { if (stateInAddress() !== choice.value) failing(stateInAddress()); });
  choice.addEventListener("change", () => choose(choice.value));
  const press = (state) => choose(state === choice.value ? "" : state);

  for (const [id, node] of Object.entries(data.nodes)) {
    const part = parts.get(id);
    if (!part) continue;
    part.dataset.look = node.look;
    if (!node.title) continue;
    part.querySelector(":scope > title")?.remove(); // the hint says more
    part.setAttribute("tabindex", "0");
    part.setAttribute("role", node.failure ? "button" : "img");
    part.setAttribute("aria-label", [node.title, ...node.facts.map((fact) => fact.join(": "))].join(". "));
    if (node.failure) part.dataset.step = node.failure;
    part.addEventListener("pointermove", (event) => { if (!fingers.size) hint(id, event.clientX, event.clientY); });
    part.addEventListener("pointerleave", hide);
    part.addEventListener("blur", hide);
    part.addEventListener("focus", () => {
      if (!part.matches(":focus-visible")) return;
      const box = part.getBoundingClientRect(), frame = stage.getBoundingClientRect();
      move(Math.max(0, frame.left - box.left) - Math.max(0, box.right - frame.right),
        Math.max(0, frame.top - box.top) - Math.max(0, box.bottom - frame.bottom));
      const there = part.getBoundingClientRect();
      hint(id, there.left, there.bottom);
    });
    part.addEventListener("click", () => { if (node.failure && moved <= 4) press(node.failure); });
  }
  for (const id of data.ways) if (parts.has(id)) parts.get(id).dataset.look = "way";
  for (const state of Object.keys(data.failures)) {
    const option = element("option", state);
    option.value = state;
    choice.append(option);
  }
  $("failing").hidden = !choice.options[1];

  // --- the run
  const frames = data.run, moment = $("moment"), play = $("play");
  let timer = 0;
  const at = (number) => {
    const now = {};
    for (const frame of frames.slice(0, number + 1)) Object.assign(now, frame.marks);
    moment.value = number;
    $("count").textContent = `${number} of ${frames.length - 1}`;
    moment.setAttribute("aria-valuetext", frames[number].text);
    mark("faded", now);
    tell(`${frames[number].text}\n${frames[number].status}`);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play the run");
  };
  const start = () => {
    if (Number(moment.value) === frames.length - 1) at(0);
    play.textContent = "⏸";
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      if (Number(moment.value) === frames.length - 1) stop(); else at(Number(moment.value) + 1);
    }, 700);
  };
  const leaveFailure = () => { if (choice.value) { choice.value = ""; location.hash = ""; } };
  if (frames) {
    $("run").hidden = false;
    moment.max = frames.length - 1;
    moment.value = moment.max;
    moment.addEventListener("input", () => { stop(); leaveFailure(); at(Number(moment.value)); });
    play.addEventListener("click", () => { if (timer) stop(); else { leaveFailure(); start(); } });
  }

  // --- keys and buttons
  const STEP = 60;
  const KEYS = {
    ArrowLeft: () => move(STEP, 0), ArrowRight: () => move(-STEP, 0), ArrowUp: () => move(0, STEP), ArrowDown: () => move(0, -STEP),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": () => look({ ...all }),
    Escape: () => { hide(); choose(""); },
  };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.target.dataset?.step;
    if (step && (event.key === "Enter" || event.key === " ")) press(step);
    else if (KEYS[event.key]) KEYS[event.key]();
    else return;
    event.preventDefault();
  });
  $("larger").addEventListener("click", KEYS["+"]);
  $("smaller").addEventListener("click", KEYS["-"]);
  $("fit").addEventListener("click", KEYS["0"]);
  const dark = matchMedia("(prefers-color-scheme: dark)"), light = $("light");
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const named = () => { light.textContent = isDark() ? "Light" : "Dark"; };
  light.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; named(); });
  dark.addEventListener("change", named);
  named();
  failing(stateInAddress());
})();
