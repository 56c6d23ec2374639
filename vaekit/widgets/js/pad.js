// A pad to draw on by mouse, pen, finger and keys; a widget asks for this part in its `parts`. A drawing is a list of
// items: { points: [x, y, x, y, …], width, erase }, a stroke in pixels of the image, or { sample }, the mark of a
// given image that covers all before it, with "" for blank paper.

const uncovered = (items) => items.slice(Math.max(0, items.findLastIndex((item) => "sample" in item)));

/** The drawing, if every item is one of these. */
function checkDrawing(items, marks) {
  const isStroke = (points, width) =>
    points?.length && points.length % 2 === 0 && points.every(Number.isFinite) && width > 0;
  const sound = ({ sample, points, width }) => sample === "" || marks.includes(sample) || isStroke(points, width);
  if (!items.every(sound)) throw new Error("“drawing” holds what is neither a stroke nor a given image");
  return items;
}

/** A canvas with `values` from 0 to 255 as opacity of a colour. */
function stamp(values, [height, width], [r, g, b]) {
  const el = make("canvas", { width, height }), image = new ImageData(width, height);
  values.forEach((value, i) => image.data.set([r, g, b, value], 4 * i));
  el.getContext("2d").putImageData(image, 0, 0);
  return el;
}

/** Draw the items with `unit` canvas pixels for a pixel of the image; `stamps` are the given images as canvases. */
function paint(pen, unit, items, stamps, colour) {
  const { width, height } = pen.canvas;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, width, height);
  Object.assign(pen, { imageSmoothingEnabled: false, lineCap: "round", lineJoin: "round", strokeStyle: colour });
  for (const { sample, points = [], width: thick, erase } of uncovered(items)) {
    const path = new Path2D();
    if (sample) pen.drawImage(stamps[sample], 0, 0, width, height);
    for (let i = 0; i < points.length; i += 2) {
      if (!i) path.moveTo(unit * points[0], unit * points[1] + 0.01); // so that a single point has a length: a dot
      path.lineTo(unit * points[i], unit * points[i + 1]);
    }
    pen.lineWidth = unit * thick;
    pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
    pen.stroke(path);
  }
  pen.globalCompositeOperation = "source-over";
}

/**
 * Makes `field` a drawing pad for an image of `rows` by `columns` pixels: `start(x, y)` where the pen comes down,
 * `extend(points)` with [x, y, x, y, …] while it moves, in pixels of the image.
 */
function drawingPad(page, field, [rows, columns], { start, extend }) {
  const { on } = page, id = uid(), tell = announcer(page), nib = make("div", { class: "vk-nib" });
  const hint = "Arrow keys move the pen by a pixel, with Shift by four; Space puts it down and lifts it.";
  const round = (v) => Math.round(100 * v) / 100, cursor = [columns / 2, rows / 2];
  let active = null, down = false;
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = field.getBoundingClientRect();
    return [round((columns * (clientX - left)) / width), round((rows * (clientY - top)) / height)];
  };
  const show = () => {
    nib.style.left = `${(100 * cursor[0]) / columns}%`;
    nib.style.top = `${(100 * cursor[1]) / rows}%`;
    nib.dataset.down = down;
  };
  const lift = () => ((down = false), show());
  on(field, "pointerdown", (event) => {
    if (event.button || active !== null) return;
    active = event.pointerId;
    field.setPointerCapture(active);
    field.focus({ preventScroll: true });
    lift();
    start(...place(event));
  });
  on(field, "pointermove", (event) => {
    if (event.pointerId !== active) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend((all.length ? all : [event]).flatMap(place));
  });
  on(field, "pointerup pointercancel lostpointercapture", (event) => event.pointerId === active && (active = null));
  on(field, "blur", lift);
  on(field, "keydown", (event) => {
    const length = event.shiftKey ? 4 : 1, { key } = event, keep = (v, most) => Math.min(most, Math.max(0, v));
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if ((!step && key !== " ") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !step) return;
    if (step) {
      cursor[0] = keep(cursor[0] + length * step[0], columns);
      cursor[1] = keep(cursor[1] + length * step[1], rows);
      if (down) extend([...cursor]);
    } else {
      down = !down;
      if (down) start(...cursor);
    }
    show();
    tell(`pen ${down ? "down" : "up"}, column ${cursor[0]}, row ${cursor[1]}`);
  });
  const about = { tabindex: 0, role: "application", "aria-label": "Drawing pad", "aria-describedby": id };
  for (const [name, value] of Object.entries(about)) field.setAttribute(name, value);
  field.dataset.lmSuppressShortcuts = "true";
  field.append(nib, make("span", { id, hidden: "" }, hint));
  show();
}
