// Small helpers to make elements. Styles are classes: the page's policy allows no style attribute.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an HTML element. */
export const html = (name, attributes, ...children) =>
  fill(document.createElement(name), attributes, children);

/** Make an SVG element. */
export const svg = (name, attributes, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

const AGAIN_MS = 1500;
const MOST_TRIES = 8;

/** Make a picture in a drawing, which comes again where the gateway draws too many just now. */
export function picture(href, attributes) {
  const element = svg("image", { href, ...attributes });
  let tries = 1;
  element.addEventListener("error", () => {
    tries += 1;
    const again = `${href}${href.includes("?") ? "&" : "?"}again=${tries}`;
    if (tries <= MOST_TRIES) setTimeout(() => element.setAttribute("href", again), AGAIN_MS * tries);
  });
  return element;
}

/** Return points as an SVG polygon wants them. */
export const points = (some) => some.map(([x, y]) => `${x},${y}`).join(" ");

/** Return a cluster's letter: A to Z, then A1, B1 and so on. */
export const letterOf = (cluster) =>
  String.fromCharCode(65 + (cluster % 26)) + (cluster < 26 ? "" : Math.floor(cluster / 26));

/** Return the class that colours a cluster; ten colours, then they begin again. */
export const colourOf = (cluster) => `cluster-${cluster % 10}`;

/** Write a count with its word. */
export const countOf = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** Write a stretch of time: 3 ms, 0.42 s, 12 s, 3 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(2)} s`;
  return seconds < 99.5 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

/** Return one detection's square of the sheet; an empty one where the sheet does not hold it. */
export function cropOf(session, imageId, row, label) {
  const image = session.imageOf.get(imageId);
  const found = image?.detections[row];
  const named = { role: "img", "aria-label": label, class: "crop", preserveAspectRatio: "xMidYMid slice" };
  const cell = session.crops ? found?.cell : undefined;
  if (cell === undefined || cell >= session.crops.n) return svg("svg", { ...named, viewBox: "0 0 1 1" });
  const { address, cell_px: side, columns, rows } = session.crops;
  const x = (cell % columns) * side;
  const y = Math.floor(cell / columns) * side;
  return svg(
    "svg",
    { ...named, viewBox: `${x} ${y} ${side} ${side}` },
    picture(address, { width: columns * side, height: rows * side }),
  );
}
