(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const stage = $("stage"), svg = stage.querySelector("svg"), tip = $("tip"), story = $("story"), choice = $("failure");
  const parts = data.parts.map((id) => svg.getElementById(id)), placeOf = new Map(data.parts.map((id, i) => [id, i]));
  const partOf = (id) => parts[placeOf.get(id)];
  const partOfState = (state) => partOf(`state-${state}`);
  const lens = lensOf(stage, svg), hand = listenTo(stage, lens, () => hide());
  svg.setAttribute("role", "group"); // a picture as a whole would hide its parts from those who listen to it

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
    const now = marks.get(placeOf.get(id));
    if (now && now[1]) list.append(element("dt", "now"), element("dd", now[1]));
    tip.replaceChildren(element("h2", node.title), list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect(), low = stage.getBoundingClientRect().bottom; // the story stays in sight
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 4))}px`;
    tip.style.top = `${y + 18 + box.height > low ? Math.max(4, y - box.height - 10) : y + 18}px`;
  };

  // --- what is shown on the picture: the course of a failure, or a moment of the run
  let marks = new Map(), rest = "";
  const signs = new Map();
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
    return { group, label, box, part };
  };
  const framed = ({ group, label, box }, width) => group.prepend(drawn("rect", {
    x: box.x + (box.width - width) / 2, y: box.y + box.height - 7, width, height: 16, rx: 8,
  }));
  const same = (a, b) => a === b || (a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]);
  const mark = (nextRest, next) => { // only what differs is touched; all is measured before anything is drawn again
    const changed = parts.map((_, i) => i).filter((i) => parts[i]
      && !(same(marks.get(i), next.get(i)) && (nextRest === rest || next.has(i))));
    const made = [];
    for (const i of changed) {
      const [kind, text] = next.get(i) || [nextRest, ""];
      if (kind) parts[i].dataset.is = kind; else delete parts[i].dataset.is;
      signs.get(i)?.remove();
      signs.delete(i);
      if (text) made.push([i, sign(parts[i], kind, text)]);
    }
    for (const [i, { group, part }] of made) {
      part.parentNode.append(group);
      signs.set(i, group);
    }
    const widths = made.map(([, { label }]) => Math.max(label.getBBox().width + 12, 20));
    made.forEach(([, each], i) => framed(each, widths[i]));
    marks = next;
    rest = nextRest;
  };
  const tell = (text) => { story.textContent = text; };

  const courseOf = (state) => {
    const { rows, said } = data.failures[state], found = new Map();
    for (const [look, row] of Object.entries(rows)) {
      for (let i = 0; i < row.length; i += 2) for (let at = row[i]; at <= row[i + 1]; at += 1) found.set(at, [look, ""]);
    }
    for (const [look, signs] of Object.entries(said)) {
      for (const [at, text] of Object.entries(signs)) found.set(Number(at), [look, text]);
    }
    return found;
  };
  const failing = (state) => {
    stop();
    const before = choice.value;
    choice.value = state;
    for (const each of [before, state]) if (each) partOfState(each)?.setAttribute("aria-pressed", String(each === state));
    if (!state) return frames ? at(Number(moment.value)) : (mark("", new Map()), tell(data.about));
    mark("faded", courseOf(state));
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
  const show = (state) => {
    failing(state);
    if (state) lens.centreOn(partOfState(state), READABLE);
  };
  addEventListener("hashchange", () => { if (stateInAddress() !== choice.value) show(stateInAddress()); });
  choice.addEventListener("change", () => {
    const state = choice.value;
    choice.value = "";
    choose(state);
    if (state) lens.reveal(partOfState(state));
  });
  const press = (state) => choose(state === choice.value ? "" : state);

  const watch = (id, node, part) => {
    part.addEventListener("pointermove", (event) => { if (!hand.isDown()) hint(id, event.clientX, event.clientY); });
    part.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") hide(); });
    part.addEventListener("blur", hide);
    part.addEventListener("focus", () => {
      if (!part.matches(":focus-visible")) return;
      lens.reveal(part);
      const there = part.getBoundingClientRect();
      hint(id, there.left, there.bottom);
    });
    part.addEventListener("click", (event) => {
      if (hand.hasMoved()) return;
      event.stopPropagation();
      if (node.failure) press(node.failure);
      if (event.pointerType === "touch") hint(id, event.clientX, event.clientY); // there is no pointing at it first
    });
  };
  for (const [id, node] of Object.entries(data.nodes)) {
    const part = partOf(id);
    if (!part) continue;
    part.dataset.look = node.look;
    if (!node.title) continue;
    part.querySelector(":scope > title")?.remove(); // the hint says more
    part.setAttribute("tabindex", "0");
    part.setAttribute("role", node.failure ? "button" : "img");
    part.setAttribute("aria-label", [node.title, ...node.facts.map((fact) => fact.join(": "))].join(". "));
    if (node.failure) {
      part.dataset.step = node.failure;
      part.setAttribute("aria-pressed", "false");
    }
    watch(id, node, part);
  }
  parts.forEach((part, i) => { if (part && !data.nodes[data.parts[i]]) part.dataset.look = "way"; });
  stage.addEventListener("click", hide);
  for (const state of Object.keys(data.failures)) {
    const option = element("option", state);
    option.value = state;
    choice.append(option);
  }
  $("failing").hidden = !choice.options[1];

  // --- the run
  const frames = data.run, moment = $("moment"), play = $("play"), LONGEST = 60000;
  let timer = 0;
  const marksAt = (number) => { // the marks of a moment are all that changed up to it
    const now = new Map();
    for (const frame of frames.slice(0, number + 1)) {
      for (const [i, each] of Object.entries(frame.marks)) if (each) now.set(Number(i), each); else now.delete(Number(i));
    }
    return now;
  };
  const at = (number) => {
    moment.value = number;
    $("count").textContent = `${number} of ${frames.length - 1}`;
    moment.setAttribute("aria-valuetext", frames[number].text);
    mark("faded", marksAt(number));
    tell(`${frames[number].text}\n${frames[number].status}`);
  };
  const goTo = (number) => {
    at(number);
    if (parts[frames[number].at]) lens.reveal(parts[frames[number].at]);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play the run");
    story.setAttribute("aria-live", "polite");
  };
  const start = () => {
    if (Number(moment.value) === frames.length - 1) goTo(0);
    play.textContent = "⏸";
    play.setAttribute("aria-label", "Pause");
    story.setAttribute("aria-live", "off"); // who listens is not talked over several times a second
    timer = setInterval(() => {
      if (Number(moment.value) === frames.length - 1) stop(); else goTo(Number(moment.value) + 1);
    }, Math.min(700, Math.max(80, LONGEST / frames.length)));
  };
  const leaveFailure = () => {
    if (!choice.value) return;
    const number = Number(moment.value);
    choose("");
    moment.value = number;
  };
  if (frames) {
    $("run").hidden = false;
    moment.max = frames.length - 1;
    moment.value = moment.max;
    moment.addEventListener("input", () => { stop(); leaveFailure(); goTo(Number(moment.value)); });
    play.addEventListener("click", () => { if (timer) stop(); else { leaveFailure(); start(); } });
  }

  // --- keys and buttons
  const STEP = 60;
  const KEYS = {
    ArrowLeft: () => lens.move(STEP, 0), ArrowRight: () => lens.move(-STEP, 0),
    ArrowUp: () => lens.move(0, STEP), ArrowDown: () => lens.move(0, -STEP),
    PageUp: () => lens.move(0, stage.clientHeight * 0.8), PageDown: () => lens.move(0, -stage.clientHeight * 0.8),
    "+": () => lens.zoom(1.25), "=": () => lens.zoom(1.25), "-": () => lens.zoom(0.8), "0": lens.fit,
  };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.target.dataset?.step;
    if (step && (event.key === "Enter" || event.key === " ")) press(step);
    else if (KEYS[event.key]) KEYS[event.key]();
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hide();
    choose("");
  });
  $("skip").addEventListener("click", (event) => { // its address would be taken for that of a step
    event.preventDefault();
    story.focus();
  });
  $("larger").addEventListener("click", KEYS["+"]);
  $("smaller").addEventListener("click", KEYS["-"]);
  $("fit").addEventListener("click", lens.fit);
  const dark = matchMedia("(prefers-color-scheme: dark)"), light = $("light");
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const named = () => { light.textContent = isDark() ? "Light" : "Dark"; };
  light.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; named(); });
  dark.addEventListener("change", named);
  named();

  // --- at first
  failing(stateInAddress());
  const last = frames && parts[frames[frames.length - 1].at];
  lens.open(last || partOf(data.start));
  if (choice.value) lens.centreOn(partOfState(choice.value), READABLE);
  new ResizeObserver(lens.redraw).observe(stage);
  addEventListener("beforeprint", () => lens.print(true));
  addEventListener("afterprint", () => lens.print(false));
})();
