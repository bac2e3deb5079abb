// What every page does: keys, help, and regions that keep themselves up to date.

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);

/** Mark the next row (step 1) or the one before (step -1), and bring it into view. */
function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement?.closest("[data-row]"));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

/** Do what the space key does: whatever a page makes of it, or open what is marked. */
function act() {
  const asked = new CustomEvent("console:space", { cancelable: true });
  if (!document.dispatchEvent(asked)) return true;
  const row = document.activeElement?.closest("[data-row]");
  const target = row?.matches("a, button") ? row : row?.querySelector("[data-open]");
  target?.click();
  return Boolean(target);
}

const isTyping = (element) =>
  element?.matches("input, select, textarea, [contenteditable]") ?? false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const does = {
    j: () => (move(1), true),
    k: () => (move(-1), true),
    "?": () => (document.getElementById("help")?.showModal(), true),
    " ": () => !event.target.matches("button, summary") && act(),
  }[event.key];
  if (does?.()) event.preventDefault();
});

document.querySelector("[data-help]")?.addEventListener("click", () => {
  document.getElementById("help").showModal();
});

/** Fetch a region anew, and put it in place of the old one where it has changed. */
async function refresh(region) {
  const answer = await fetch(region.dataset.live, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload(); // signed out: ask for the key
  if (!answer.ok) throw new Error(`${answer.status}`);
  const text = await answer.text();
  if (region.liveText === text) return;
  region.liveText = text;
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  region.dispatchEvent(new CustomEvent("console:refreshed", { bubbles: true }));
}

/** Keep a region up to date for as long as somebody looks at the page. */
function keepLive(region) {
  const everyMs = Number(region.dataset.every ?? 2) * 1000;
  const note = document.getElementById("not-live");
  const step = async () => {
    // Behind an open dialog nothing is replaced: what was marked is to be marked again afterwards.
    if (!document.hidden && !document.querySelector("dialog[open]")) {
      try {
        await refresh(region);
        if (note) note.hidden = true;
      } catch {
        if (note) note.hidden = false;
      }
    }
    setTimeout(step, everyMs);
  };
  setTimeout(step, everyMs);
}

document.querySelectorAll("[data-live]").forEach(keepLive);
