// The contact sheet: every picture with its boxes, the slider that filters them, and the viewer.

import { colourOf, countOf, html, letterOf, picture, svg } from "./session_drawing.js";

const LABELS = ["item", "container"];

export function drawPictures(session) {
  const list = document.getElementById("pictures");
  const focused = document.activeElement?.closest("[data-image]")?.dataset.image;
  list.replaceChildren(...session.images.map((image) => pictureCard(session, image)));
  if (focused) list.querySelector(`[data-image="${focused}"]`)?.focus({ preventScroll: true });
  drawText(session);
}

/** Hide the boxes that score lower, in pictures and in the text. */
export function filterBoxes(session, least) {
  document.getElementById("confidence-value").textContent = least.toFixed(2);
  let n = 0;
  for (const box of document.querySelectorAll("#session [data-score]")) {
    const isShown = Number(box.dataset.score) >= least;
    box.classList.toggle("is-off", !isShown);
    if (isShown && box.tagName === "TR") n += 1;
  }
  const all = session.images.reduce((sum, image) => sum + image.detections.length, 0);
  document.getElementById("shown-boxes").textContent = `${n} of ${countOf(all, "box", "boxes")} shown`;
}

/** Show one picture large, whole and with its boxes. */
function openPicture(session, imageId) {
  const image = session.imageOf.get(imageId);
  const viewer = document.getElementById("viewer");
  document.getElementById("viewer-title").textContent = `Picture at ${image.position_pw} µs`;
  document.getElementById("viewer-picture").replaceChildren(pictureOf(session, image, image.whole));
  document.getElementById("viewer-note").textContent = noteOf(image);
  viewer.showModal();
}

function pictureCard(session, image) {
  const button = html(
    "button",
    { type: "button", class: "shot", "data-row": true, "data-image": image.image_id, "data-state": image.state, "aria-label": `Picture at ${image.position_pw} µs: ${noteOf(image)}. Show it large.` },
    pictureOf(session, image, image.small),
    html(
      "span",
      { class: "shot-text" },
      html("span", { class: "shot-name" }, `${image.position_pw} µs`, html("span", { class: `badge ${image.state}` }, image.state)),
      html("span", { class: image.failure ? "shot-failure" : "muted small" }, noteOf(image)),
    ),
  );
  button.addEventListener("click", () => openPicture(session, image.image_id));
  return html("li", {}, button);
}

function noteOf(image) {
  if (image.failure) return image.failure;
  if (image.state === "received") return image.n_claims ? `waits for attempt ${image.n_claims + 1}` : "waits for a worker";
  if (image.state === "detecting") return `a worker reads it${image.n_claims > 1 ? `, attempt ${image.n_claims}` : ""}`;
  const again = image.n_claims > 1 ? `, at attempt ${image.n_claims}` : "";
  return `${countOf(image.detections.length, "box", "boxes")}${again}`;
}

function pictureOf(session, image, address) {
  const { width_px: width, height_px: height } = image;
  const unit = width / 400; // strokes and letters keep their size on the sheet
  return svg(
    "svg",
    { class: `shot-photo ${image.state}`, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    picture(address, { width, height, preserveAspectRatio: "none" }),
    image.detections.map((found) => boxOf(found, unit)),
    image.state === "failed" ? svg("path", { class: "cross", d: `M0 0 ${width} ${height}M${width} 0 0 ${height}`, "stroke-width": 2 * unit }) : null,
  );
}

/** Return the class that colours a detection, and what it is called. */
function nameOf(found) {
  if (LABELS[found.label] === "container") {
    const number = found.thing ? `${found.thing.number + 1}` : "";
    return { colour: found.thing && !found.isBest ? "is-merged" : "is-container", name: `container ${number}`.trim(), letter: number };
  }
  const command = found.thing?.command;
  const letter = command ? letterOf(command.cluster) : "";
  if (found.thing && !found.isBest) return { colour: "is-merged", name: "item", letter: `=${letter}` };
  if (command) return { colour: colourOf(command.cluster), name: "item", letter };
  return { colour: found.thing ? "is-aside" : "is-plain", name: "item", letter };
}

function boxOf(found, unit) {
  const [x1, y1, x2, y2] = found.box;
  const { colour, letter } = nameOf(found);
  const width = (letter.length * 8 + 8) * unit;
  const top = Math.max(y1 - 15 * unit, 0);
  return svg(
    "g",
    { class: `seen ${colour}`, "data-score": found.score },
    svg("rect", { class: "seen-halo", x: x1, y: y1, width: x2 - x1, height: y2 - y1, "stroke-width": 4 * unit }),
    svg("rect", { class: "seen-line", x: x1, y: y1, width: x2 - x1, height: y2 - y1, "stroke-width": 2 * unit }),
    letter
      ? svg("g", {}, svg("rect", { class: "seen-tag", x: x1, y: top, width, height: 15 * unit, rx: 3 * unit }), svg("text", { class: "seen-letter", x: x1 + width / 2, y: top + 7.5 * unit, "font-size": 12 * unit }, letter))
      : null,
  );
}

function drawText(session) {
  const rows = session.images.flatMap((image) =>
    image.detections.map((found) => {
      const { colour, name, letter } = nameOf(found);
      const cluster = colour === "is-merged" ? `${letter.replace("=", "") || "–"}, merged` : letter || "–";
      return html(
        "tr",
        { "data-score": found.score },
        html("td", {}, `${image.position_pw} µs`),
        html("td", {}, LABELS[found.label]),
        html("td", {}, name.startsWith("container") ? "–" : cluster),
        html("td", { class: "number" }, found.score.toFixed(3)),
        html("td", { class: "mono" }, found.box.map((side) => side.toFixed(0)).join(", ")),
      );
    }),
  );
  document.querySelector("#boxes tbody").replaceChildren(...rows);
}
