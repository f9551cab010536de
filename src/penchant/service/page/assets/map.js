// The map on a canvas. Touch: tap chooses, two fingers move and zoom, one finger scrolls the page. Mouse: drag moves,
// Ctrl and the wheel zoom. Keys: arrows move, + and - zoom, Enter opens. The list beside it names what is in the middle.

const $ = (id) => document.getElementById(id);
const sheet = $("sheet"), canvas = $("map"), tip = $("tip"), middle = $("middle"), search = $("map-search"), chosen = $("chosen");
const pen = canvas.getContext("2d");
const view = { x: 0, y: 0, zoom: 1 };
let points = null, wanted = [], hovered = -1, picked = -1, drawn = false;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ");
const wide = () => 0.47 * canvas.clientWidth * view.zoom, high = () => 0.44 * canvas.clientHeight * view.zoom;
const across = (x) => canvas.clientWidth / 2 + (x - view.x) * wide();
const down = (y) => canvas.clientHeight / 2 - (y - view.y) * high();
const size = (at) => Math.min(9, (1 + Math.sqrt(points.ratings[at]) / 6) * Math.sqrt(view.zoom));
const { root } = document.documentElement.dataset; // the path under which a proxy puts the service
const address = (at) => `${root}/items/` + encodeURIComponent(points.ids[at]);

function draw() {
  drawn = false;
  const ratio = devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const colours = points.tags.map((_, at) => style(`--k${at}`));
  const soft = style("--soft"), ink = style("--ink"), star = style("--star");
  pen.globalAlpha = wanted.length ? 0.15 : 0.55;
  for (let at = points.ids.length - 1; at >= 0; at--) dot(at, colours[points.tag[at]] ?? soft);
  pen.globalAlpha = 1;
  for (const at of wanted) dot(at, colours[points.tag[at]] ?? soft, 1.5);
  points.ids.forEach((id, at) => { if (id in points.mine) ring(at, star); });
  for (const at of new Set([hovered, picked])) if (at >= 0) ring(at, ink);
  names(ink);
}

function dot(at, colour, larger = 1) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(across(points.x[at]), down(points.y[at]), size(at) * larger, 0, 7);
  pen.fill();
}

function ring(at, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(across(points.x[at]), down(points.y[at]), size(at) + 2.5, 0, 7);
  pen.stroke();
}

function names(ink) {
  // Items with more ratings first; a name is left out if it would cover another.
  const taken = [[canvas.clientWidth - 165, 0, canvas.clientWidth, 64]], halo = style("--sheet");
  const candidates = wanted.length ? wanted : picked >= 0 ? [picked, ...points.ids.keys()] : points.ids.keys();
  const most = wanted.length ? 40 : Math.min((canvas.clientWidth < 500 ? 6 : 10) + 5 * view.zoom, 40);
  pen.font = "12px system-ui, sans-serif";
  pen.lineJoin = "round";
  let shown = 0;
  for (const at of candidates) {
    const x = across(points.x[at]) + size(at) + 4, y = down(points.y[at]) + 4;
    if (x < 0 || y < 14 || x > canvas.clientWidth - 20 || y > canvas.clientHeight - 6) continue;
    const text = points.titles[at], box = [x, y - 12, x + pen.measureText(text).width, y + 3];
    if (box[2] > canvas.clientWidth || taken.some((o) => box[0] < o[2] && o[0] < box[2] && box[1] < o[3] && o[1] < box[3])) continue;
    taken.push(box);
    pen.strokeStyle = halo; pen.lineWidth = 3; pen.strokeText(text, x, y);
    pen.fillStyle = ink; pen.fillText(text, x, y);
    if (++shown >= most) break;
  }
}

function again() {
  if (!drawn && points) { drawn = true; requestAnimationFrame(draw); }
}

function nearest(x, y, reach) {
  let best = -1, least = reach * reach;
  for (const at of wanted.length ? wanted : points.ids.keys()) {
    const d = (across(points.x[at]) - x) ** 2 + (down(points.y[at]) - y) ** 2;
    if (d < least) { least = d; best = at; }
  }
  return best;
}

const distance = (at) => (points.x[at] - view.x) ** 2 + (points.y[at] - view.y) ** 2;
function inMiddle() {
  const inside = (at) => Math.abs(across(points.x[at]) - canvas.clientWidth / 2) < canvas.clientWidth / 2
    && Math.abs(down(points.y[at]) - canvas.clientHeight / 2) < canvas.clientHeight / 2;
  const known = wanted.length ? [...wanted] : [...points.ids.keys()].filter(inside).slice(0, 60);
  return known.sort((a, b) => distance(a) - distance(b)).slice(0, 12);
}

function link(at) {
  const one = document.createElement("a");
  one.href = address(at);
  one.textContent = points.titles[at];
  return one;
}

function list() {
  clearTimeout(list.timer);
  list.timer = setTimeout(() => {
    const found = inMiddle();
    $("middle-title").textContent = wanted.length ? "Found" : "In the middle";
    middle.replaceChildren(...found.map((at) => {
      const line = document.createElement("li");
      line.append(link(at));
      return line;
    }));
    canvas.dataset.listed = found.length;
  }, 150);
}

function choose(at) {
  picked = at;
  chosen.hidden = at < 0;
  if (at >= 0) {
    const note = document.createElement("p"), own = points.mine[points.ids[at]];
    note.className = "dim";
    note.textContent = `${points.ratings[at].toLocaleString("en")} ratings` + (own === undefined ? "" : `, you gave ${own}`);
    chosen.replaceChildren(link(at), note);
  }
  again();
}

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const offset = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
  const before = [offset[0] / wide(), offset[1] / high()];
  view.zoom = Math.min(40, Math.max(0.8, view.zoom * by));
  view.x += before[0] - offset[0] / wide();
  view.y -= before[1] - offset[1] / high();
  canvas.dataset.zoom = view.zoom.toFixed(2);
  again(); list();
}

function move(dx, dy) {
  view.x = Math.min(1.2, Math.max(-1.2, view.x - dx / wide()));
  view.y = Math.min(1.2, Math.max(-1.2, view.y + dy / high()));
  canvas.dataset.at = `${view.x.toFixed(3)} ${view.y.toFixed(3)}`;
  again(); list();
}

function highlight(text) {
  const words = plain(text).split(/\s+/).filter(Boolean), joined = words.join("");
  const fits = (at) => words.every((w) => points.plain[at].includes(w)) || points.plain[at].replaceAll(" ", "").includes(joined);
  wanted = words.length ? [...points.ids.keys()].filter(fits) : [];
  again(); list();
}

// --- pointers ----------------------------------------------------------------------------------------------------

const held = new Map();
let moved = 0;

const centre = () => {
  const all = [...held.values()];
  return { x: all.reduce((sum, one) => sum + one.x, 0) / all.length, y: all.reduce((sum, one) => sum + one.y, 0) / all.length };
};
const apart = () => { const [a, b] = [...held.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };

canvas.addEventListener("pointerdown", (event) => {
  if (!held.size) moved = 0;
  held.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  try { canvas.setPointerCapture(event.pointerId); } catch { /* the pointer is gone again */ }
});
canvas.addEventListener("pointermove", (event) => {
  if (!points) return;
  if (held.has(event.pointerId)) {
    const before = centre(), span = held.size > 1 ? apart() : 0;
    held.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    const now = centre();
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    move(now.x - before.x, now.y - before.y);
    if (span > 0) { zoom(apart() / span, now.x, now.y); moved += 9; }
  }
  if (event.pointerType === "touch") return;
  hovered = nearest(event.offsetX, event.offsetY, 14);
  tip.hidden = hovered < 0;
  if (hovered >= 0) {
    tip.textContent = points.titles[hovered];
    const left = Math.min(event.offsetX + 12, canvas.clientWidth - tip.offsetWidth - 8);
    const above = Math.max(event.offsetY - tip.offsetHeight - 8, 4);
    tip.style.transform = `translate(${left}px, ${above}px)`; // styles set by a script are allowed by the Content-Security-Policy
  }
  canvas.style.cursor = hovered >= 0 ? "pointer" : "";
  again();
});
canvas.addEventListener("pointerup", (event) => {
  held.delete(event.pointerId);
  if (!points || held.size || moved >= 6) return;
  const at = nearest(event.offsetX, event.offsetY, event.pointerType === "touch" ? 26 : 14);
  if (at >= 0 && at === picked && event.pointerType !== "touch") location.href = address(at);
  else choose(at);
});
canvas.addEventListener("pointercancel", (event) => held.delete(event.pointerId));
canvas.addEventListener("pointerleave", () => { hovered = -1; tip.hidden = true; again(); });
canvas.addEventListener("dblclick", (event) => zoom(2, event.offsetX, event.offsetY));
canvas.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 200), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  if (!points || event.ctrlKey || event.metaKey) return;
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (moves[event.key]) move(...moves[event.key]);
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") whole();
  else if (event.key === "Enter") { const at = inMiddle()[0]; if (at !== undefined) location.href = address(at); }
  else return;
  event.preventDefault();
});
function whole() { Object.assign(view, { x: 0, y: 0, zoom: 1 }); zoom(1); }
$("in").addEventListener("click", () => zoom(1.5));
$("out").addEventListener("click", () => zoom(1 / 1.5));
$("whole").addEventListener("click", whole);
search.addEventListener("input", () => points && highlight(search.value));
search.form.addEventListener("submit", (event) => event.preventDefault());
new ResizeObserver(again).observe(sheet);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

function legend() {
  const entry = (kind, text) => {
    const line = document.createElement("li"), mark = document.createElement("i");
    mark.className = kind;
    line.append(mark, text);
    return line;
  };
  $("legend").replaceChildren(...points.tags.map((tag, at) => entry(`k${at}`, tag)), entry("kx", "other"), entry("km", "rated by you"));
}

try {
  const answer = await fetch(`${root}/map/points`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error("the server did not give it");
  points = await answer.json();
  points.plain = points.titles.map(plain);
  legend();
  const there = points.ids.indexOf(decodeURIComponent(location.hash.slice(1)));
  if (there >= 0) { Object.assign(view, { x: points.x[there], y: points.y[there], zoom: 4 }); choose(there); }
  zoom(1);
  canvas.dataset.ready = points.ids.length;
} catch (error) {
  $("notice").textContent = `The map cannot be drawn: ${error.message}. Reload the page to try again.`;
}
