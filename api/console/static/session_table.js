// The table from above: the pictures where they were taken, what lies there, and the arm's way.
// The panorama is one picture that the gateway drew; everything on top of it is drawn here.

import { colourOf, html, letterOf, picture, points, svg } from "./session_drawing.js";

const MARGIN_PX = 90;
const LAYERS = { pictures: "Pictures", boxes: "Boxes", arrows: "Arrows", reach: "Reach" };
const hidden = new Set();

export function drawTable(session) {
  const map = document.getElementById("table-map");
  const legend = document.getElementById("table-legend");
  if (!session.table) {
    map.replaceChildren(html("p", { class: "empty" }, "There is nothing to lay onto the table yet."));
    legend.replaceChildren();
    return;
  }
  const chart = makeChart(session);
  map.replaceChildren(chart);
  legend.replaceChildren(...layerSwitches(chart), ...keys(session));
}

/** Turn the table's coordinates, in which y points ahead, into those of the screen. */
const onScreen = ([x, y]) => [Math.round(x), Math.round(-y)];

function makeChart(session) {
  const { table } = session;
  const all = [...table.reach, ...table.outlines.flatMap((outline) => outline.points), [0, 0]];
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => -y);
  const low = [Math.min(...xs) - MARGIN_PX, Math.min(...ys) - MARGIN_PX];
  const high = [Math.max(...xs) + MARGIN_PX, Math.max(...ys) + MARGIN_PX];
  return svg(
    "svg",
    {
      class: "map",
      viewBox: `${low[0]} ${low[1]} ${high[0] - low[0]} ${high[1] - low[1]}`,
      role: "img",
      "aria-label": describe(session),
    },
    svg("defs", {}, clipOfPictures(table), arrowHead()),
    picturesLayer(session),
    svg("g", { class: "layer-reach" }, svg("polygon", { class: "reach", points: points(table.reach.map(onScreen)) })),
    svg("g", { class: "layer-boxes" }, session.table.containers.map((at, n) => container(at, n)), session.table.items.map((at, n) => item(session, at, n))),
    arrowsLayer(session),
    base(),
  );
}

function describe(session) {
  const n = session.commands.length;
  return `The table from above: ${session.items.length} items, ${session.containers.length} containers, ${n} commands. The commands are listed as text below.`;
}

function picturesLayer(session) {
  const { table } = session;
  const outlines = table.outlines.map((outline) => svg("polygon", { class: `outline ${outline.state}`, points: points(outline.points.map(onScreen)) }));
  return svg("g", { class: `layer-pictures ${session.panorama ? "is-drawn" : "is-waiting"}` }, panorama(session), outlines);
}

function panorama(session) {
  if (!session.panorama || !session.table.panorama) return null;
  const [xMin, yMin, xMax, yMax] = session.table.panorama;
  return picture(session.panorama, { x: xMin, y: -yMax, width: xMax - xMin, height: yMax - yMin, "clip-path": "url(#pictures-clip)", preserveAspectRatio: "none" });
}

function clipOfPictures(table) {
  const shown = table.outlines.filter((outline) => outline.state === "detected");
  return svg("clipPath", { id: "pictures-clip" }, shown.map((outline) => svg("polygon", { points: points(outline.points.map(onScreen)) })));
}

function arrowHead() {
  return svg(
    "marker",
    { id: "arrow-head", viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 5, markerHeight: 5, orient: "auto-start-reverse" },
    svg("path", { class: "arrow-head", d: "M0 0 10 5 0 10z" }),
  );
}

function container(place, number) {
  return svg(
    "g",
    { class: "place container" },
    svg("title", {}, `Container ${number + 1}`),
    svg("polygon", { points: points(place.corners.map(onScreen)) }),
  );
}

function item(session, place, number) {
  const thing = session.items[number];
  const command = thing?.command;
  const colour = command ? colourOf(command.cluster) : "is-aside";
  const outcome = command ? (session.outcomes[command.order] ?? "") : "";
  const says = command
    ? `Item ${number}, cluster ${letterOf(command.cluster)}, command ${command.order + 1}${outcome ? `, ${outcome}` : ""}`
    : `Item ${number}, set aside: ${(thing?.aside ?? "").replaceAll("_", " ")}`;
  return svg(
    "g",
    { class: `place item ${colour}` },
    svg("title", {}, says),
    svg("polygon", { points: points(place.corners.map(onScreen)) }),
  );
}

/** Draw an arrow from each item to its container, with its number where it starts. */
function arrowsLayer(session) {
  const arrows = session.commands.map((command) => {
    const from = session.table.items[command.item];
    const to = session.table.containers[command.container];
    if (!from || !to) return null;
    const [x1, y1] = onScreen(from.at);
    const [x2, y2] = onScreen(to.at);
    return svg(
      "g",
      { class: `arrow ${colourOf(command.cluster)}` },
      svg("path", { class: "arrow-halo", d: arc(x1, y1, x2, y2) }),
      svg("path", { class: "arrow-line", d: arc(x1, y1, x2, y2), "marker-end": "url(#arrow-head)" }),
    );
  });
  const numbers = session.commands.map((command) => {
    const from = session.table.items[command.item];
    if (!from) return null;
    const [x, y] = cornerOf(from);
    return svg(
      "g",
      { class: `order ${colourOf(command.cluster)}` },
      svg("circle", { cx: x, cy: y, r: 34 }),
      svg("text", { x, y }, `${command.order + 1}`),
    );
  });
  const names = session.table.containers.map((one, number) => {
    const [x, y] = cornerOf(one);
    return svg("g", { class: "container-name" }, svg("circle", { cx: x, cy: y, r: 48 }), svg("text", { x, y }, `${number + 1}`));
  });
  return svg("g", { class: "layer-arrows" }, arrows, names, numbers);
}

/** Return the corner of a thing's box that lies highest on the screen: a number there hides nothing. */
function cornerOf(place) {
  return place.corners.map(onScreen).reduce((best, corner) => (corner[1] < best[1] ? corner : best));
}

/** Return a way that bends a little to its left, so that ways there and back lie apart. */
function arc(x1, y1, x2, y2) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  return `M${x1} ${y1}Q${Math.round((x1 + x2) / 2 + dy * 0.12)} ${Math.round((y1 + y2) / 2 - dx * 0.12)} ${x2} ${y2}`;
}

function base() {
  return svg("g", { class: "base" }, svg("title", {}, "The arm's base"), svg("circle", { r: 60 }), svg("circle", { class: "axis-point", r: 14 }));
}

function layerSwitches(chart) {
  return Object.entries(LAYERS).map(([layer, name]) => {
    const apply = () => chart.querySelector(`.layer-${layer}`)?.classList.toggle("is-off", hidden.has(layer));
    const box = html("input", { type: "checkbox", checked: !hidden.has(layer) });
    box.addEventListener("change", () => {
      hidden[box.checked ? "delete" : "add"](layer);
      apply();
    });
    apply();
    return html("label", { class: "switch" }, box, name);
  });
}

function keys(session) {
  const clusters = [...new Set(session.commands.map((command) => command.cluster))].sort((a, b) => a - b);
  return clusters.map((cluster) => {
    const one = session.commands.find((command) => command.cluster === cluster);
    return html("span", { class: `key ${colourOf(cluster)}` }, html("b", {}, letterOf(cluster)), ` to container ${one.container + 1}`);
  });
}
