// Each cluster as a mosaic of its items, the least like the others first.

import { colourOf, countOf, cropOf, html, letterOf } from "./session_drawing.js";

export function drawClusters(session) {
  const section = document.getElementById("clusters-section");
  const clusters = new Map();
  for (const item of session.items) {
    if (!item.command || !item.sightings) continue;
    const { cluster } = item.command;
    clusters.set(cluster, [...(clusters.get(cluster) ?? []), item]);
  }
  section.hidden = clusters.size === 0;
  const cards = [...clusters].sort(([a], [b]) => a - b).map(([cluster, items]) => mosaic(session, cluster, items));
  document.getElementById("clusters").replaceChildren(...cards);
}

/** Sort by likeness to the cluster where it is known, and by margin where it is not. */
const oddFirst = (a, b) =>
  (b.told?.unlike ?? 0) - (a.told?.unlike ?? 0) || a.command.margin - b.command.margin;

function mosaic(session, cluster, items) {
  const sorted = [...items].sort(oddFirst);
  return html(
    "article",
    { class: `card cluster ${colourOf(cluster)}` },
    html("h3", {}, html("b", { class: "letter" }, letterOf(cluster)), ` ${countOf(items.length, "item", "items")} to container ${items[0].command.container + 1}`),
    html("ul", { class: "mosaic" }, sorted.map((item) => tile(session, item))),
  );
}

function tile(session, item) {
  const found = bestOf(session, item);
  const unlike = item.told?.unlike;
  const likeness = unlike === null || unlike === undefined ? "" : `likeness ${(1 - unlike).toFixed(2)}`;
  const says = `Command ${item.command.order + 1}, margin ${item.command.margin.toFixed(2)}${likeness ? `, ${likeness}` : ""}`;
  return html(
    "li",
    { class: item.command.is_unsure ? "is-unsure" : null },
    cropOf(session, item.crop.image_id, found, says),
    html("span", { class: "small" }, `#${item.command.order + 1} `, html("span", { class: "muted" }, likeness ? (1 - unlike).toFixed(2) : item.command.margin.toFixed(2))),
  );
}

/** Return the row of the detection that shows an item best. */
function bestOf(session, thing) {
  const own = thing.sightings.filter(([imageId]) => imageId === thing.crop.image_id);
  const match = own.find(([imageId, row]) => session.imageOf.get(imageId)?.detections[row]?.isBest);
  return (match ?? own[0] ?? thing.sightings[0])[1];
}
