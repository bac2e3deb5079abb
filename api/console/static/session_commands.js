// The commands as a table, what became of them, and what was set aside.

import { colourOf, countOf, html, letterOf } from "./session_drawing.js";

const REASONS = {
  in_container: "lies in a container already",
  unconfirmed: "is doubtful: other pictures of the place do not show it",
  faint: "is doubtful: hardly seen, and like nothing else on the table",
  out_of_reach: "lies out of the arm's reach",
  no_container: "has no container to go to",
  container_out_of_reach: "has no container within reach",
  unsure: "may belong to another cluster, and the arm leaves such things",
};

export function drawCommands(session) {
  const section = document.getElementById("commands-section");
  section.hidden = !session.plan;
  if (!session.plan) return;
  const heads = ["#", "Cluster", "Pick, µs", "Drop, µs", "Container", "Confidence", "Margin", "Outcome"];
  const numbers = new Set(["Pick, µs", "Drop, µs", "Confidence", "Margin"]);
  const head = heads.map((name) => html("th", { scope: "col", class: numbers.has(name) ? "number" : null }, name));
  document.getElementById("commands").replaceChildren(
    html("thead", {}, html("tr", {}, head)),
    html("tbody", {}, session.commands.length ? session.commands.map((one) => row(one, session)) : html("tr", {}, html("td", { colspan: heads.length }, "There is nothing to pick up."))),
  );
  const aside = session.plan.set_aside ?? [];
  document.getElementById("set-aside").replaceChildren(...(aside.length ? [asideList(aside)] : []));
}

const place = (position) => (position ? `${position.servo0_pw.toFixed(0)}, ${position.servo1_pw.toFixed(0)}` : "–");
const share = (value) => (value === undefined ? "–" : value.toFixed(2));

function row(command, session) {
  const outcome = session.outcomes[command.order];
  const cell = (name, content, kind) => html("td", { "data-name": name, class: kind }, content);
  return html(
    "tr",
    {},
    cell("Command", `${command.order + 1}`),
    cell("Cluster", html("span", { class: `key ${colourOf(command.cluster)}` }, html("b", {}, letterOf(command.cluster)), command.is_unsure ? " unsure" : "")),
    cell("Pick", place(command.pick), "number mono"),
    cell("Drop", place(command.drop), "number mono"),
    cell("Container", `${command.container + 1}`),
    cell("Confidence", share(command.confidence), "number"),
    cell("Margin", share(command.margin), "number"),
    cell("Outcome", outcome ? html("span", { class: `badge ${outcome === "picked" ? "done" : "failed"}` }, outcome) : "–"),
  );
}

function asideList(aside) {
  const counts = new Map();
  for (const one of aside) counts.set(one.reason, [...(counts.get(one.reason) ?? []), one.item]);
  const lines = [...counts].map(([reason, items]) =>
    html("li", {}, `${countOf(items.length, "item", "items")} (${items.join(", ")}): ${REASONS[reason] ?? reason}`),
  );
  return html("div", { class: "aside-list" }, html("h3", {}, "Set aside"), html("ul", {}, lines));
}
