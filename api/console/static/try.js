// Try it: send a picture, watch it, and draw what was found.

const drop = document.getElementById("drop");
const file = document.getElementById("file");
const refused = document.getElementById("refused");
const tried = document.getElementById("tried");
const SVG = "http://www.w3.org/2000/svg";

function refuse(text) {
  refused.textContent = text;
  refused.hidden = false;
}

async function send(picture) {
  if (!picture) return;
  refused.hidden = true;
  drop.classList.add("is-busy");
  try {
    const answer = await fetch(drop.dataset.take, {
      method: "POST",
      body: picture,
      headers: { Accept: "application/json", "X-Form-Token": document.body.dataset.formToken },
    });
    const said = await answer.json();
    if (answer.ok) location.assign(said.address);
    else refuse(`Not taken: ${said.detail ?? said.title}`);
  } catch {
    refuse("The gateway did not answer. Try again.");
  } finally {
    drop.classList.remove("is-busy");
    file.value = "";
  }
}

file.addEventListener("change", () => send(file.files[0]));
document.addEventListener("paste", (event) => send(event.clipboardData?.files[0]));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("is-over");
});
document.addEventListener("dragleave", () => drop.classList.remove("is-over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("is-over");
  send(event.dataTransfer?.files[0]);
});

document.addEventListener("console:space", (event) => {
  event.preventDefault();
  file.click();
});

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

/** Draw the boxes that are sure enough, and list them. */
function show(found, least) {
  const svg = document.getElementById("boxes");
  const kept = found.boxes.filter((box) => box.score >= least - 1e-6);
  svg.setAttribute("viewBox", `0 0 ${found.width_px} ${found.height_px}`);
  const unit = found.width_px / 100;
  svg.replaceChildren(
    ...kept.map((box, number) => {
      const [x, y, right, bottom] = box.xyxy_px;
      const group = element("g", { class: `box ${box.kind}`, "data-number": number });
      group.append(
        element("rect", { x, y, width: right - x, height: bottom - y, rx: unit / 4 }),
        element("text", { x: x + unit / 2, y: Math.max(y - unit / 2, 2 * unit), "font-size": 2 * unit }, `${number + 1}`),
      );
      return group;
    }),
  );
  document.querySelector("#list tbody").replaceChildren(...kept.map(row));
  document.getElementById("shown").textContent = kept.length;
  document.getElementById("found").textContent = found.boxes.length;
}

function row(box, number) {
  const line = document.createElement("tr");
  line.dataset.row = "";
  line.tabIndex = 0;
  const place = box.xyxy_px.map((side) => Math.round(side)).join(", ");
  for (const [text, name] of [[`${number + 1} ${box.kind}`, ""], [box.score.toFixed(3), "number"], [place, "mono"]]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = name;
    line.append(cell);
  }
  const mark = (on) => () =>
    document.querySelector(`#boxes [data-number="${number}"]`)?.classList.toggle("is-marked", on);
  line.addEventListener("focus", mark(true));
  line.addEventListener("blur", mark(false));
  line.addEventListener("mouseenter", mark(true));
  line.addEventListener("mouseleave", mark(false));
  return line;
}

async function watch() {
  const state = document.getElementById("state");
  const why = document.getElementById("why");
  const slider = document.getElementById("least");
  const said = document.getElementById("least-said");
  let found = { boxes: [], width_px: 1, height_px: 1 };
  const draw = () => {
    said.textContent = Number(slider.value).toFixed(2);
    show(found, Number(slider.value));
  };
  slider.addEventListener("input", draw);
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 1.5, 2000)) {
    try {
      const answer = await fetch(tried.dataset.state, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`${answer.status}`);
      found = await answer.json();
      const sentence = found.why ?? `Read in ${found.took_s.toFixed(1)} s by ${found.model}.`;
      if (why.textContent !== sentence) why.textContent = sentence;
      state.textContent = found.state;
      state.className = `badge ${found.state}`;
      draw();
      if (found.is_final) return;
    } catch {
      why.textContent = "The gateway does not answer; asking again.";
    }
    await new Promise((done) => setTimeout(done, waitMs));
  }
}

if (tried) watch();
