// Asking for a replay with other models, and what they would have changed.

import { countOf, html } from "./session_drawing.js";

const KINDS = {
  kept: "as they were",
  moved: "to another container",
  lost: "without a command now",
  gained: "with a command that had none",
};

export function drawReplays(session) {
  document.getElementById("replays-section").hidden = !session.isFinal || session.state === "failed";
  document.getElementById("replays").replaceChildren(...session.replays.map((replay) => card(replay)));
}

/** Send the form as a script, so that the page stays. */
export function bindReplayForm(address, whenAsked) {
  const form = document.getElementById("replay-form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const headers = { Accept: "application/json", "X-Form-Token": document.body.dataset.formToken };
      const answer = await fetch(address, { method: "POST", headers, body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) {
        const problem = await answer.json();
        document.getElementById("replays").prepend(html("p", { class: "alert bad", role: "alert" }, problem.detail));
        return;
      }
      await whenAsked();
    } finally {
      button.disabled = false;
    }
  });
}

function card(replay) {
  const name = `Detector ${replay.detector || "of the worker"}, embedder ${replay.embedder || "of the worker"}`;
  return html(
    "article",
    { class: "replay", "data-replay": replay.replay_id, "data-state": replay.state },
    html("h3", {}, name, html("span", { class: `badge ${badgeOf(replay.state)}` }, replay.state)),
    replay.failure ? html("p", { class: "alert bad" }, replay.failure) : null,
    replay.state === "waiting" ? html("p", { class: "muted" }, "It waits for a worker that replays.") : null,
    replay.result ? changes(replay.result) : null,
  );
}

const badgeOf = (state) => ({ waiting: "received", running: "detecting" })[state] ?? state;

function changes(result) {
  const { changes: found, models } = result;
  const counts = Object.entries(KINDS).map(([kind, words]) => html("li", {}, html("b", {}, `${found[kind].length}`), ` ${found[kind].length === 1 ? "item" : "items"} ${words}`));
  const rows = ["moved", "lost", "gained"].flatMap((kind) => found[kind].map((one) => html("li", {}, one)));
  return html(
    "div",
    {},
    html("p", { class: "muted small" }, `Read by ${models.detector}, embedded by ${models.embedder}: ${countOf(found.n_items, "item", "items")} (${found.n_items_before} before), ${countOf(found.n_containers, "container", "containers")} (${found.n_containers_before} before), ${countOf(found.n_commands, "command", "commands")} (${found.n_commands_before} before).`),
    html("ul", { class: "counts" }, counts),
    rows.length ? html("details", {}, html("summary", {}, "What changes, item by item"), html("ul", {}, rows)) : null,
  );
}
