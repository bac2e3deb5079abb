// What was seen more than once: its sightings side by side, how far apart, and how far they may be.

import { colourOf, cropOf, html, letterOf } from "./session_drawing.js";

const MOST_SHOWN = 60;

export function drawMerged(session) {
  const merged = session.things.filter((thing) => (thing.told?.sightings.length ?? 0) > 1);
  document.getElementById("merged-section").hidden = merged.length === 0;
  if (!merged.length) return;
  const nSightings = merged.reduce((sum, thing) => sum + thing.told.sightings.length, 0);
  const more = merged.length > MOST_SHOWN ? ` The ${MOST_SHOWN} whose sightings lie farthest apart are shown.` : "";
  document.getElementById("merged-note").textContent =
    `${nSightings} sightings are ${merged.length} things. Two sightings are one thing if they lie no farther apart on the table than the limit; ` +
    `one that the picture's edge cuts is told by its box instead.${more}`;
  const list = [...merged].sort((a, b) => closeness(b) - closeness(a)).slice(0, MOST_SHOWN);
  document.getElementById("merged").replaceChildren(...list.map((thing) => card(session, thing)));
}

/** Return how much of its limit the farthest uncut sighting of a thing uses. */
const closeness = (thing) =>
  Math.max(0, ...thing.told.sightings.filter((one) => !one.is_cut && !one.is_best).map((one) => one.apart_px / one.gate_px));

function card(session, thing) {
  const command = thing.command;
  const name = thing.kind === "container" ? `Container ${thing.number + 1}` : `Item ${thing.number}`;
  const ordered = [...thing.told.sightings].sort((a, b) => Number(b.is_best) - Number(a.is_best));
  return html(
    "li",
    { class: `card merged-thing ${command ? colourOf(command.cluster) : ""}` },
    html("h3", {}, name, command ? html("b", { class: "letter" }, letterOf(command.cluster)) : null),
    html("ul", { class: "sightings" }, ordered.map((one) => sighting(session, one, name))),
  );
}

function sighting(session, one, name) {
  const position = session.imageOf.get(one.image_id)?.position_pw;
  const says = one.is_best ? "shown best" : one.is_cut ? "cut by the edge" : `${one.apart_px.toFixed(0)} of ${one.gate_px.toFixed(0)} px`;
  const bar = one.is_best || one.is_cut ? null : html("meter", { min: 0, max: 1, value: Math.min(one.apart_px / one.gate_px, 1), "aria-label": `Apart: ${says}` });
  return html(
    "li",
    { class: one.is_best ? "is-best" : "is-merged" },
    cropOf(session, one.image_id, one.row, `${name} as seen at ${position} µs`),
    html("span", { class: "small" }, `${position} µs`),
    html("span", { class: "small muted" }, says),
    bar,
  );
}
