// The page of one session: fetches what there is, draws it, and does so again whenever something
// has changed. Nothing is loaded from anywhere but the gateway.

import { drawClusters } from "./session_clusters.js";
import { drawCommands } from "./session_commands.js";
import { drawMerged } from "./session_merged.js";
import { drawPictures, filterBoxes } from "./session_pictures.js";
import { drawReplays, bindReplayForm } from "./session_replays.js";
import { drawHead } from "./session_head.js";
import { drawTable } from "./session_table.js";
import { drawTimeline } from "./session_timeline.js";
import { shapeSession } from "./session_shape.js";

const root = document.getElementById("session");
const slider = document.getElementById("confidence");
const notLive = document.getElementById("not-live");
const SETTLE_MS = 120; // several events of one moment are one drawing
const REPLAY_MS = 1500;
const REFUSED_MS = 3000;

const DRAWN = [
  [(d) => [d.state, d.why, d.images.map((i) => i.state), d.plan, d.n_expected], drawHead],
  [(d) => [d.table, d.panorama, d.plan, d.outcomes], drawTable],
  [(d) => [d.images, d.plan], drawPictures],
  [(d) => [d.plan, d.outcomes], drawCommands],
  [(d) => [d.plan, d.explanation, d.crops], drawClusters],
  [(d) => [d.plan, d.explanation, d.crops], drawMerged],
  [(d) => [d.images, d.retries, d.sorts, d.explanation, d.finished_at], drawTimeline],
  [(d) => [d.replays, d.is_final], drawReplays],
].map(([of, draw]) => ({ of, draw, was: "" }));

let session = null;
let waiting = 0;

/** Draw what has changed since it was last drawn, so that nothing flickers or loses its focus. */
function draw(data) {
  session = shapeSession(data);
  for (const part of DRAWN) {
    const now = JSON.stringify(part.of(data));
    if (now === part.was) continue;
    part.was = now;
    part.draw(session);
  }
  filterBoxes(session, Number(slider.value));
  root.dataset.drawn = data.state;
}

async function refresh() {
  waiting = 0;
  try {
    const answer = await fetch(root.dataset.data, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(`${answer.status}`);
    draw(await answer.json());
    notLive.hidden = true;
    if (session.replays.some((one) => ["waiting", "running"].includes(one.state))) soon(REPLAY_MS);
  } catch (error) {
    notLive.hidden = false;
    soon(2000);
    throw error;
  }
}

function soon(afterMs = SETTLE_MS) {
  if (!waiting) waiting = setTimeout(refresh, afterMs);
}

/** Hear of every change until the session is over; the browser comes back by itself. */
function follow() {
  const KINDS = [
    "session.opened", "session.sealed", "session.sorting", "session.done", "session.partial",
    "session.failed", "image.received", "image.detected", "image.failed", "image.retried",
    "image.replayed", "outcomes.saved",
  ];
  const source = new EventSource(root.dataset.events);
  for (const kind of KINDS) source.addEventListener(kind, () => soon());
  source.addEventListener("error", () => {
    soon(1000);
    // A refusal, as where too many follow sessions, ends it for good: come again by ourselves.
    if (source.readyState === EventSource.CLOSED && !session.isFinal) setTimeout(follow, REFUSED_MS);
  });
}

slider.addEventListener("input", () => session && filterBoxes(session, Number(slider.value)));
document.addEventListener("keydown", (event) => {
  const step = { "+": 0.05, "-": -0.05 }[event.key];
  if (!step || event.target.matches("input, textarea") || document.querySelector("dialog[open]")) return;
  slider.value = Number(slider.value) + step;
  slider.dispatchEvent(new Event("input"));
});
bindReplayForm(root.dataset.replays, () => refresh());
await refresh();
if (!session.isFinal) follow();
