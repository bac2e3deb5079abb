// Where the time went: a bar for each picture and one for the sort, on one clock.

import { countOf, duration, html, svg } from "./session_drawing.js";

const ROW = 20;
const WIDTH = 1000;
const LEFT = 110;
const PARTS = {
  wait: "waiting for a worker or for the sort",
  load: "fetching, saving, and failed attempts",
  decode: "decoding",
  batch: "waiting for the network",
  detect: "network",
  merge: "merging",
  embed: "embedding",
  cluster: "clustering",
  plan: "planning",
};

const at = (moment) => (moment ? Date.parse(moment) / 1000 : null);

export function drawTimeline(session) {
  const target = document.getElementById("timeline");
  if (!session.images.length) {
    target.replaceChildren(html("p", { class: "empty" }, "No picture has come yet."));
    return;
  }
  const rows = [...session.images.map((image) => pictureRow(image, session)), ...sortRow(session)];
  const ends = rows.flatMap((row) => row.bars.map((bar) => bar.to));
  const from = Math.min(...session.images.map((image) => at(image.received_at)));
  const to = Math.max(...ends, from + 0.05);
  target.replaceChildren(stages(session), legend(rows), chart(rows, from, to), retries(session));
}

/** Return a picture's bars, in seconds since 1970. */
function pictureRow(image, session) {
  const [received, claimed, finished] = [at(image.received_at), at(image.claimed_at), at(image.finished_at)];
  const bars = [];
  if (claimed) bars.push({ part: "wait", from: received, to: claimed });
  if (claimed && finished) bars.push(...readingBars(image.reading, claimed, finished));
  const marks = session.retries.filter((one) => one.image_id === image.image_id).map((one) => ({ at: at(one.at), says: `attempt ${one.attempt}: ${one.reason ?? "its worker ended"}` }));
  return { name: `${image.position_pw} µs`, bars, marks, note: image.reading ? `batch of ${image.reading.batch_images}` : "" };
}

function readingBars(reading, claimed, finished) {
  if (!reading) return [{ part: "load", from: claimed, to: finished }];
  const known = [["decode", reading.decode_s], ["batch", reading.batch_wait_s], ["detect", reading.forward_s]];
  const rest = Math.max(finished - claimed - known.reduce((sum, [, s]) => sum + s, 0), 0);
  const bars = [{ part: "load", from: claimed, to: claimed + rest / 2 }];
  let now = claimed + rest / 2;
  for (const [part, seconds] of known) bars.push({ part, from: now, to: (now += seconds) });
  return [...bars, { part: "load", from: now, to: finished }];
}

/** Return the row of the sort, once there is something to tell of it. */
function sortRow(session) {
  const read = session.images.map((image) => at(image.finished_at));
  const began = at(session.sorts.at(-1));
  if (!began || read.includes(null)) return [];
  const ready = Math.max(...read, at(session.sealed_at) ?? 0);
  const bars = [{ part: "wait", from: ready, to: Math.max(began, ready) }];
  const stagesS = session.explanation?.stages_s;
  let now = began;
  for (const part of ["merge", "embed", "cluster", "plan"]) {
    if (stagesS?.[part] !== undefined) bars.push({ part, from: now, to: (now += stagesS[part]) });
  }
  const finished = at(session.finished_at);
  if (finished && finished > now) bars.push({ part: "load", from: now, to: finished });
  const marks = session.sorts.slice(1).map((moment, n) => ({ at: at(moment), says: `sorted again, attempt ${n + 2}` }));
  return [{ name: "the session", bars, marks, note: "" }];
}

function stages(session) {
  const readings = session.images.map((image) => image.reading).filter(Boolean);
  const mean = (of) => (readings.length ? readings.reduce((sum, one) => sum + of(one), 0) / readings.length : null);
  const waits = session.images.filter((image) => image.claimed_at).map((image) => at(image.claimed_at) - at(image.received_at));
  const came = session.images.map((image) => at(image.received_at));
  const sorted = session.explanation?.stages_s ?? {};
  const shown = [
    ["Upload", duration(Math.max(...came) - Math.min(...came)), "first to last picture"],
    ["Wait", duration(waits.length ? waits.reduce((a, b) => a + b, 0) / waits.length : null), "for a worker, mean"],
    ["Decode", duration(mean((one) => one.decode_s)), "a picture, mean"],
    ["Detect", duration(mean((one) => one.forward_s)), readings.length ? `batch of ${mean((one) => one.batch_images).toFixed(1)}, mean` : ""],
    ["Merge", duration(sorted.merge), ""],
    ["Embed", duration(sorted.embed), ""],
    ["Cluster", duration(sorted.cluster), ""],
    ["Plan", duration(sorted.plan), ""],
  ];
  return html("dl", { class: "stages" }, shown.map(([name, value, note]) => html("div", {}, html("dt", {}, name), html("dd", {}, value), html("dd", { class: "muted small" }, note))));
}

function legend(rows) {
  const used = new Set(rows.flatMap((row) => row.bars.map((bar) => bar.part)));
  const shown = Object.entries(PARTS).filter(([part]) => used.has(part));
  return html("p", { class: "legend" }, shown.map(([part, name]) => html("span", { class: "key-part" }, svg("svg", { viewBox: "0 0 10 10", class: "swatch", "aria-hidden": "true" }, svg("rect", { class: `part-${part}`, width: 10, height: 10, rx: 2 })), name)));
}

function chart(rows, from, to) {
  const x = (moment) => LEFT + ((moment - from) / (to - from)) * (WIDTH - LEFT - 10);
  const height = rows.length * ROW + 26;
  const lines = rows.map((row, n) => bars(row, n * ROW, x));
  const text = rows.map((row) => `${row.name}: ${row.bars.map((bar) => `${PARTS[bar.part]} ${duration(bar.to - bar.from)}`).join(", ")}`).join("; ");
  return html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Times of each picture" }, svg("svg", { class: "gantt", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": text }, axis(from, to, x, rows.length * ROW), lines));
}

function bars(row, y, x) {
  return svg(
    "g",
    {},
    svg("text", { class: "gantt-name", x: LEFT - 8, y: y + ROW / 2 }, row.name),
    row.bars.map((bar) => svg("rect", { class: `part-${bar.part}`, x: x(bar.from), y: y + 4, width: Math.max(x(bar.to) - x(bar.from), 0.8), height: ROW - 8 }, svg("title", {}, `${PARTS[bar.part]}: ${duration(bar.to - bar.from)}${bar.part === "detect" && row.note ? `, ${row.note}` : ""}`))),
    row.marks.map((mark) => svg("path", { class: "retry", d: `M${x(mark.at)} ${y + 1}l5 9-5 9-5-9z` }, svg("title", {}, mark.says))),
  );
}

function axis(from, to, x, y) {
  const step = niceStep((to - from) / 6);
  const ticks = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => n * step);
  return svg("g", { class: "gantt-axis" }, ticks.map((tick) => svg("g", {}, svg("line", { x1: x(from + tick), x2: x(from + tick), y1: 0, y2: y + 4 }), svg("text", { x: x(from + tick), y: y + 16 }, tick === 0 ? "0" : duration(tick)))));
}

/** Round up to 1, 2 or 5 of a power of ten. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
}

function retries(session) {
  if (!session.retries.length) return "";
  const lines = session.retries.map((one) => html("li", {}, `Picture at ${session.imageOf.get(one.image_id)?.position_pw} µs, attempt ${one.attempt}: ${one.reason ?? "its worker ended with it in hand"}`));
  return html("div", { class: "retries" }, html("h3", {}, countOf(lines.length, "attempt came to nothing", "attempts came to nothing")), html("ul", {}, lines));
}
