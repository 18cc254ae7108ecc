"use strict";
// What part of the picture the stage shows, and how large: by wheel, drag, pinch, buttons and keys.
// A scale is in pixels of the screen for each unit of the picture, whose letters are some 12 units high.
const READABLE = 1, LARGEST_AT_FIRST = 1.6, LARGEST = 12;

const lensOf = (stage, svg) => {
  const whole = svg.viewBox.baseVal, all = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  let scale = 1, onPaper = false, centre = { x: all.x + all.w / 2, y: all.y + all.h / 2 };

  const size = () => ({ w: Math.max(stage.clientWidth, 1), h: Math.max(stage.clientHeight, 1) });
  const fitting = () => Math.min(size().w / all.w, size().h / all.h);
  const draw = () => {
    if (onPaper) return;
    const { w, h } = size();
    svg.setAttribute("viewBox", `${centre.x - w / scale / 2} ${centre.y - h / scale / 2} ${w / scale} ${h / scale}`);
  };
  const fit = () => {
    scale = fitting();
    centre = { x: all.x + all.w / 2, y: all.y + all.h / 2 };
    draw();
  };
  const placeOf = (x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
  const zoom = (factor, at) => {
    const before = scale, about = at || centre;
    scale = Math.min(Math.max(scale * factor, Math.min(fitting(), 1) / 2), Math.max(LARGEST, fitting()));
    const by = scale / before;
    centre = { x: about.x - (about.x - centre.x) / by, y: about.y - (about.y - centre.y) / by };
    draw();
  };
  const move = (x, y) => {
    centre = { x: centre.x - x / scale, y: centre.y - y / scale };
    draw();
  };

  // Within a picture that is larger than the stage there is no reason to look past its edge.
  const within = (middle, low, extent, room) =>
    (extent <= room ? low + extent / 2 : Math.min(Math.max(middle, low + room / 2), low + extent - room / 2));
  const middleOf = (part) => { // in the picture's own units, whatever groups the part stands in
    const box = part.getBoundingClientRect();
    return placeOf(box.left + box.width / 2, box.top + box.height / 2);
  };
  const centreOn = (part, atLeast = 0) => {
    const to = middleOf(part), { w, h } = size();
    scale = Math.max(scale, atLeast);
    centre = { x: within(to.x, all.x, all.w, w / scale), y: within(to.y, all.y, all.h, h / scale) };
    draw();
  };
  const shows = (part) => {
    const box = part.getBoundingClientRect(), frame = stage.getBoundingClientRect();
    return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
  };
  const reveal = (part) => { if (!shows(part)) centreOn(part); };

  // At first all of it, if that can be read; or else its whole width; or else so much that it can be read.
  const open = (part) => {
    fit();
    const whole = fitting(), wide = size().w / all.w;
    scale = whole >= READABLE ? Math.min(whole, LARGEST_AT_FIRST) : Math.max(READABLE, Math.min(wide, 4 / 3));
    if (part) centreOn(part); else draw();
  };
  const print = (isPrinting) => { // on paper there is all of it, whatever the screen shows
    onPaper = isPrinting;
    if (onPaper) svg.setAttribute("viewBox", `${all.x} ${all.y} ${all.w} ${all.h}`); else draw();
  };
  return { open, fit, zoom, move, centreOn, reveal, placeOf, redraw: draw, print };
};

const listenTo = (stage, lens, dragged) => {
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    const pinch = event.ctrlKey ? 6 : 1; // a pinch on a touchpad comes as a wheel with the control key, in small steps
    lens.zoom(Math.exp(-pixels * pinch * 0.0015), lens.placeOf(event.clientX, event.clientY));
  }, { passive: false });

  const fingers = new Map();
  let moved = 0;
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  const pinch = (id, now) => {
    const old = spread();
    fingers.set(id, now);
    const wide = spread();
    lens.zoom(wide.size / Math.max(old.size, 1), lens.placeOf(wide.x, wide.y));
    lens.move(wide.x - old.x, wide.y - old.y);
  };
  const drag = (before, now) => {
    if (moved <= 4) return;
    stage.classList.add("moving");
    dragged();
    lens.move(now.x - before.x, now.y - before.y);
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
    if (fingers.size === 2) pinch(event.pointerId, now);
    else {
      fingers.set(event.pointerId, now);
      drag(before, now);
    }
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) stage.classList.remove("moving");
  };
  addEventListener("pointerup", lift);
  addEventListener("pointercancel", lift);
  return { isDown: () => fingers.size > 0, hasMoved: () => moved > 4 };
};
