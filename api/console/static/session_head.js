// State, the one sentence why it is not done, and the session in figures.

import { countOf, html } from "./session_drawing.js";

const FLAGS = {
  calibration_stale: "The arm's calibration is old: calibrate it again.",
  calibration_bad: "The arm's calibration does not fit these pictures: calibrate it again.",
  images_missing: "Pictures are missing: something may lie where nobody looked.",
  scene_changed: "Something moved while the arm took its pictures.",
};
const DONE = { done: "All pictures were read, and the commands are ready.", partial: "Some pictures failed; what the others show was sorted." };

export function drawHead(session) {
  const state = document.getElementById("state");
  state.textContent = session.state;
  state.className = `badge ${session.state}`;
  document.getElementById("why").textContent = session.why ?? DONE[session.state] ?? "";
  const flags = session.plan?.flags ?? [];
  document.getElementById("flags").replaceChildren(
    ...flags.map((flag) => html("p", { class: "alert warn" }, FLAGS[flag] ?? flag)),
  );
  document.getElementById("figures").replaceChildren(...figures(session));
}

function figures(session) {
  const n = session.images.length;
  const nFailed = session.images.filter((image) => image.state === "failed").length;
  const nRead = session.images.filter((image) => image.state === "detected").length;
  const nBoxes = session.images.reduce((sum, image) => sum + image.detections.length, 0);
  const of = session.n_expected && session.n_expected > n ? ` of ${session.n_expected}` : "";
  const shown = [["Pictures", `${n}${of}`, `${nRead} read${nFailed ? `, ${nFailed} failed` : ""}`], ["Boxes", nBoxes, "in all pictures"]];
  if (session.plan) {
    const nAside = session.plan.set_aside?.length ?? 0;
    shown.push(["Items", session.items.length, nAside ? `${nAside} set aside` : "all with a command"]);
    shown.push(["Containers", session.containers.length, ""]);
    shown.push(["Commands", session.commands.length, `${Math.round(session.plan.travel_pw ?? 0).toLocaleString("en")} µs of travel`]);
    const results = Object.values(session.outcomes);
    const nPicked = results.filter((one) => one === "picked").length;
    if (results.length) shown.push(["Carried out", `${nPicked} of ${session.commands.length}`, countOf(results.length - nPicked, "went wrong", "went wrong")]);
  }
  return shown.map(([name, value, note]) =>
    html("div", { class: "card figure" }, html("dt", {}, name), html("dd", {}, String(value)), html("dd", { class: "note" }, note)),
  );
}
