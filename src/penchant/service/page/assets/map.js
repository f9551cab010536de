// The map of items on a canvas: drag or arrow keys to move, wheel or + and - to zoom, a click or the list to open.

const $ = (id) => document.getElementById(id);
const sheet = $("sheet"), canvas = $("map"), tip = $("tip"), middle = $("middle"), search = $("map-search");
const pen = canvas.getContext("2d");
const view = { x: 0, y: 0, zoom: 1 };
let points = null, wanted = [], hovered = -1, drawn = false;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const wide = () => 0.47 * canvas.clientWidth * view.zoom, high = () => 0.45 * canvas.clientHeight * view.zoom;
const across = (x) => canvas.clientWidth / 2 + (x - view.x) * wide();
const down = (y) => canvas.clientHeight / 2 - (y - view.y) * high();
const size = (at) => Math.min(9, (1 + Math.sqrt(points.ratings[at]) / 6) * Math.sqrt(view.zoom));

function draw() {
  drawn = false;
  const ratio = devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const colours = points.tags.map((_, at) => style(`--k${at}`));
  const soft = style("--soft"), ink = style("--ink"), star = style("--star");
  const marked = new Set(wanted);
  pen.globalAlpha = wanted.length ? 0.15 : 0.55;
  for (let at = points.ids.length - 1; at >= 0; at--) dot(at, colours[points.tag[at]] ?? soft);
  pen.globalAlpha = 1;
  for (const at of wanted) dot(at, colours[points.tag[at]] ?? soft, 1.5);
  points.ids.forEach((id, at) => { if (id in points.mine) ring(at, star); });
  if (hovered >= 0) ring(hovered, ink);
  names(marked, ink);
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

function names(marked, ink) {
  // Items with more ratings first; a name is left out if it would cover another.
  const taken = [], candidates = marked.size ? wanted : points.ids.keys();
  const halo = style("--sheet");
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
    if (++shown >= (marked.size ? 40 : Math.min(10 + 5 * view.zoom, 40))) break;
  }
}

function again() {
  if (!drawn && points) { drawn = true; requestAnimationFrame(draw); }
}

function nearest(x, y, reach) {
  let best = -1, least = reach * reach;
  points.ids.forEach((_, at) => {
    if (wanted.length && !wanted.includes(at)) return;
    const d = (across(points.x[at]) - x) ** 2 + (down(points.y[at]) - y) ** 2;
    if (d < least) { least = d; best = at; }
  });
  return best;
}

function list() {
  clearTimeout(list.timer);
  list.timer = setTimeout(() => {
    const distance = (at) => (points.x[at] - view.x) ** 2 + (points.y[at] - view.y) ** 2;
    const inside = (at) => Math.abs(across(points.x[at]) - canvas.clientWidth / 2) < canvas.clientWidth / 2;
    const chosen = wanted.length ? wanted : [...points.ids.keys()].filter(inside);
    $("middle-title").textContent = wanted.length ? "Highlighted" : "In the middle";
    middle.replaceChildren(...chosen.sort((a, b) => distance(a) - distance(b)).slice(0, 8).map((at) => {
      const line = document.createElement("li"), link = document.createElement("a");
      link.href = "/items/" + encodeURIComponent(points.ids[at]);
      link.textContent = points.titles[at];
      line.append(link);
      return line;
    }));
  }, 200);
}

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const offset = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
  const before = [offset[0] / wide(), offset[1] / high()];
  view.zoom = Math.min(40, Math.max(0.8, view.zoom * by));
  view.x += before[0] - offset[0] / wide();
  view.y -= before[1] - offset[1] / high();
  again(); list();
}

function highlight(text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  wanted = words.length ? [...points.ids.keys()].filter((at) => words.every((w) => points.plain[at].includes(w))) : [];
  again(); list();
}

let held = null;
canvas.addEventListener("pointerdown", (event) => {
  held = { x: event.offsetX, y: event.offsetY, moved: 0 };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!points) return;
  if (held) {
    const dx = event.offsetX - held.x, dy = event.offsetY - held.y;
    held = { x: event.offsetX, y: event.offsetY, moved: held.moved + Math.abs(dx) + Math.abs(dy) };
    view.x -= dx / wide(); view.y += dy / high();
  }
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
canvas.addEventListener("pointerup", () => {
  if (held && held.moved < 5 && hovered >= 0) location.href = "/items/" + encodeURIComponent(points.ids[hovered]);
  if (held?.moved >= 5) list();
  held = null;
});
canvas.addEventListener("pointerleave", () => { hovered = -1; tip.hidden = true; again(); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const [dx, dy] = [60 / wide(), 60 / high()];
  const moves = { ArrowLeft: [-dx, 0], ArrowRight: [dx, 0], ArrowUp: [0, dy], ArrowDown: [0, -dy] };
  if (moves[event.key]) { view.x += moves[event.key][0]; view.y += moves[event.key][1]; again(); list(); }
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") whole();
  else return;
  event.preventDefault();
});
function whole() { Object.assign(view, { x: 0, y: 0, zoom: 1 }); again(); list(); }
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
  const answer = await fetch("/map/points", { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  points = await answer.json();
  points.plain = points.titles.map(plain);
  legend();
  const there = points.ids.indexOf(decodeURIComponent(location.hash.slice(1)));
  if (there >= 0) { Object.assign(view, { x: points.x[there], y: points.y[there], zoom: 4 }); hovered = there; }
  again(); list();
  canvas.dataset.ready = points.ids.length;
} catch (error) {
  $("notice").textContent = `The map cannot be drawn: ${error.message}. Reload the page to try again.`;
}
