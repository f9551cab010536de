// Rating, marks, search as you type, filters and longer lists. The server renders everything; every form and link also
// works without this script, which fetches the same pages and puts their parts in place.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const notice = $("#notice");
const { root } = document.documentElement.dataset; // the path under which a proxy puts the service
const dialog = $("#rate-box");
let pointed = false; // whether the latest input came from a pointer
let opener = null;

for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => { pointed = kind === "pointerdown"; }, true);
}

function say(text, label, action) {
  notice.textContent = text;
  clearTimeout(say.timer);
  if (label) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => { notice.textContent = ""; action(); });
    notice.append(button);
  } else {
    say.timer = setTimeout(() => { notice.textContent = ""; }, 6000);
  }
}

const REASONS = {
  0: "the server cannot be reached", 401: "this browser may not do that", 403: "this browser may not do that",
  404: "it is no longer here", 422: "the value does not fit", 429: "too much at once, wait a moment",
  503: "the server is busy, wait a moment", 507: "the server has no room left",
};

async function ask(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(REASONS[0]);
  }
  if (!answer.ok) throw new Error(REASONS[answer.status] ?? "the server could not do it");
  return answer;
}

const page = async (url, signal) => new DOMParser().parseFromString(
  await (await ask(url, { headers: { Accept: "text/html" }, signal })).text(), "text/html");
const here = () => location.pathname + location.search;

function put(selector, fresh) {
  const old = $(selector), now = $(selector, fresh);
  if (old && now) old.replaceWith(document.adoptNode(now));
}

function focusOn(one) {
  one?.focus({ preventScroll: true });
  one?.scrollIntoView({ block: "nearest" });
}

// --- rating and marking ------------------------------------------------------------------------------------------

async function send(form, deed) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", deed);
  return (await ask(`${root}/act`, { method: "POST", body, headers: { Accept: "application/json" } })).json();
}

async function act(form, deed) {
  const { item, title } = form.dataset, asked = form.closest("#ask");
  if (deed === "rate" && !new FormData(form).get("rating")) return focusOn($("input[name=rating]", form));
  form.dataset.state = "saving";
  let state;
  try {
    state = await send(form, deed);
  } catch (error) {
    delete form.dataset.state;
    say(`${title}: not saved, ${error.message}.`, "Try again", () => act(form, deed));
    return focusOn($("button", notice));
  }
  delete form.dataset.state;
  if (deed === "rate" || deed === "unrate") await rated(form, item, title, state.rating, asked);
  else if (deed === "unseen") await nextQuestion(asked, item);
  else marked(form, item, title, deed);
}

async function rated(form, item, title, rating, asked) {
  for (const one of all(`form[data-item="${CSS.escape(item)}"]`)) show(one, title, rating);
  say(rating === null ? `Your rating of ${title} is taken back.` : `${title}: ${rating} saved.`);
  if (form === dialog?.firstElementChild) return close();
  if (asked) return nextQuestion(asked, item);
  if ($("#expected")) {
    const fresh = await page(here());
    put("#expected", fresh);
    const why = $("#why").open;
    put("#why", fresh);
    $("#why").open = why;
  }
  if (rating === null) focusOn($("input[name=rating]", form));
}

function show(form, title, rating) {
  for (const input of all("input[type=radio]", form)) input.checked = Number(input.value) === rating;
  const given = $(".given", form), back = $(".unrate", form), tool = $("[data-rate]", form);
  if (given) given.textContent = rating ?? "";
  if (back) back.hidden = rating === null;
  if (tool) {
    tool.dataset.rate = rating ?? "";
    tool.classList.toggle("on", rating !== null);
    $(".own", tool).textContent = rating ?? "";
    tool.setAttribute("aria-label", `Rate ${title}` + (rating === null ? "" : `, you gave ${rating}`));
  }
}

async function nextQuestion(asked, item) {
  const at = [...asked.children].findIndex((one) => one.dataset.item === item);
  let fresh;
  try { fresh = await page(`${root}/`); } catch (error) { return say(`Not updated: ${error.message}.`); }
  const over = $("#progress") && !$("#progress", fresh);
  if (over) {
    $("#main").replaceChildren(...$("#main", fresh).childNodes);
    later();
    say("The list is yours now. It changes with every rating.");
    scrollTo({ top: 0 });
    return focusOn($("#h-for-you"));
  }
  put("#progress", fresh);
  put("#ask", fresh);
  put("#row-for-you", fresh);
  const next = $("#ask").children[at] ?? $("#ask").lastElementChild;
  focusOn($("input[name=rating]", next) ?? $("#ask-title"));
}

function hiding(form, pressed) {
  const button = $(".button.hide", form);
  if (!button) return;
  button.setAttribute("aria-pressed", pressed);
  button.classList.toggle("on", pressed);
  button.value = pressed ? "unmark" : "hide";
}

function marked(form, item, title, deed) {
  if (deed === "hide") {
    for (const button of all(".save", form)) { button.classList.remove("on"); button.setAttribute("aria-pressed", "false"); button.value = "save"; }
    return hidden(form, item, title);
  }
  const shown = deed === "unmark" && $(".button.hide[aria-pressed=true]", form);
  hiding(form, false);
  for (const button of all(`form[data-item="${CSS.escape(item)}"] .save`)) {
    const saved = deed === "save";
    button.classList.toggle("on", saved);
    button.value = saved ? "unmark" : "save";
    button.setAttribute("aria-pressed", saved);
  }
  const row = form.closest("#hidden-items .row");
  if (row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    say(`${title} is shown again.`);
    return focusOn(next ? $("button", next) : $("#top"));
  }
  say(deed === "save" ? `${title} is on your watchlist.` : shown ? `${title} is shown again.` : `${title} is off your watchlist.`);
}

function hidden(form, item, title) {
  const card = form.closest(".card");
  if (!card) {
    hiding(form, true);
    return say(`${title} is hidden from your lists.`);
  }
  const kept = [...card.childNodes], gone = document.createElement("div"), undo = document.createElement("button");
  card.style.minHeight = `${card.offsetHeight}px`;
  gone.className = "gone";
  gone.textContent = `${title} is hidden from your lists.`;
  undo.type = "button";
  undo.textContent = "Undo";
  undo.addEventListener("click", async () => {
    try { await send(form, "unmark"); } catch (error) { return say(`Not undone: ${error.message}.`); }
    card.replaceChildren(...kept);
    focusOn($(".hide", card));
  });
  gone.append(undo);
  card.replaceChildren(gone);
  focusOn(undo);
}

function open(tool) {
  const form = dialog.firstElementChild, from = tool.closest("form");
  opener = tool;
  form.dataset.title = from.dataset.title;
  form.dataset.item = $("[name=item]", form).value = from.dataset.item;
  $("#rate-title").textContent = from.dataset.title;
  const value = tool.dataset.rate;
  for (const input of all("input[type=radio]", form)) input.checked = value !== "" && Number(input.value) === Number(value);
  $("[value=unrate]", form).hidden = value === "";
  dialog.showModal();
  ($("input:checked", form) ?? $("input[name=rating]", form)).focus();
}

function close() {
  dialog.close();
  focusOn(opener?.isConnected ? opener : $("#top"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("#erase")) sessionStorage.clear();
  if (!form.matches("form[action$='/act']")) return;
  event.preventDefault();
  act(form, event.submitter?.value || "rate");
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.rate");
  // A click on a star rates. Arrow keys only choose: Enter, or leaving the stars, rates.
  if (form && event.target.type === "radio") {
    if (pointed) act(form, "rate"); else form.dataset.chosen = "";
  }
  if (event.target.closest("#filters")) filter(event.target.form, event.target.name);
});
document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form.rate:not([data-dialog])");
  if (form && "chosen" in form.dataset && !form.contains(event.relatedTarget)) {
    delete form.dataset.chosen;
    act(form, "rate");
  }
});
document.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-rate]");
  if (tool && dialog && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(tool); }
  if (event.target.closest("[data-close]") || event.target === dialog) close();
  const more = event.target.closest("#more");
  if (more) { event.preventDefault(); longer(more); }
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches("a[role=button]") && event.key === " ") { event.preventDefault(); event.target.click(); }
});
dialog?.addEventListener("cancel", (event) => { event.preventDefault(); close(); });

// --- filters, longer lists, rows that come later -----------------------------------------------------------------

async function filter(form, name) {
  const chosen = [...new FormData(form)].filter(([, value]) => value);
  const url = form.getAttribute("action") + (chosen.length ? "?" + new URLSearchParams(chosen) : "");
  history.pushState(null, "", url);
  await rows(url);
  $(`#filters [name=${name}]`)?.focus();
}

async function rows(url) {
  $("#rows")?.setAttribute("aria-busy", "true");
  try {
    put("#rows", await page(url));
    later();
  } catch (error) {
    $("#rows")?.removeAttribute("aria-busy");
    say(`Not updated: ${error.message}.`, "Try again", () => rows(url));
  }
}

async function longer(link) {
  const grid = $("#grid"), before = grid.children.length;
  link.setAttribute("aria-busy", "true");
  try {
    const fresh = await page(link.href);
    history.replaceState(history.state, "", link.href);
    grid.append(...[...$("#grid", fresh).children].slice(before));
    const next = $("#more", fresh);
    next ? link.replaceWith(next) : link.remove();
    focusOn($(".pick", grid.children[before]) ?? $("#top"));
  } catch (error) {
    link.removeAttribute("aria-busy");
    say(`Not loaded: ${error.message}.`, "Try again", () => longer(link));
  }
}

async function later() {
  await Promise.all(all("[data-later]").map(async (row) => {
    try {
      const cards = $("#grid", await page(row.dataset.later))?.children ?? [];
      const link = $(".all", row);
      $(".cards", row).replaceChildren(...[...cards].slice(0, 12));
      if (!cards.length) link?.remove();
      row.removeAttribute("data-later");
      restore(row);
    } catch { $(".cards", row).replaceChildren(); }
  }));
}

addEventListener("popstate", () => { if ($("#rows")) rows(here()); });

// Back brings back what was there: the address holds lists and filters, the history the places within the rows.
function restore(row) { $(".cards", row)?.scrollTo({ left: history.state?.rows?.[row.id] ?? 0, behavior: "instant" }); }
addEventListener("pagehide", () => {
  const places = all(".shelf").map((row) => [row.id, $(".cards", row)?.scrollLeft ?? 0]);
  history.replaceState({ ...history.state, rows: Object.fromEntries(places), why: $("#why")?.open }, "");
});
all(".shelf").forEach(restore);
if (history.state?.why) $("#why").open = true;
later();

// --- searching ---------------------------------------------------------------------------------------------------

const search = $("#search"), finder = $("#finder"), panel = $("#panel"), found = $("#found");
const KEPT = "recent searches";
let asking = null;

function recent() {
  try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; }
}

function remember(text) {
  const plain = text.trim();
  if (plain) localStorage.setItem(KEPT, JSON.stringify([plain, ...recent().filter((one) => one !== plain)].slice(0, 6)));
}

function offer() {
  const texts = recent();
  panel.hidden = !texts.length;
  const head = document.createElement("p"), list = document.createElement("div");
  head.className = "lead";
  head.textContent = "Recent searches, kept in this browser only";
  list.className = "recent";
  for (const text of [...texts, null]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text ?? "Forget them";
    button.className = text === null ? "quiet" : "button";
    button.addEventListener("click", () => {
      if (text === null) { localStorage.removeItem(KEPT); panel.hidden = true; return search.focus(); }
      search.value = text;
      search.focus();
      look();
    });
    list.append(button);
  }
  found.replaceChildren(head, list);
}

async function look() {
  const text = search.value.trim();
  asking?.abort();
  if (location.pathname !== `${root}/search`) {
    const query = new URLSearchParams(location.search);
    text ? query.set("search", text) : query.delete("search");
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : "") + location.hash);
  }
  if (!text) return offer();
  asking = new AbortController();
  try {
    const fresh = await page(`${root}/search?` + new URLSearchParams({ search: text, n: 8 }), asking.signal);
    const part = $("#results", fresh);
    part.removeAttribute("id");
    found.replaceChildren(part);
    panel.hidden = false;
    const every = $(".middle a", part);
    if (every) { every.href = `${root}/search?` + new URLSearchParams({ search: text }); every.textContent = "All results"; }
  } catch (error) {
    if (error.name !== "AbortError") say(`No search: ${error.message}.`, "Try again", look);
  }
}

if (search) {
  search.addEventListener("input", () => { clearTimeout(search.timer); search.timer = setTimeout(look, 150); });
  search.addEventListener("focus", () => (search.value.trim() ? look() : offer()));
  search.form.addEventListener("submit", () => remember(search.value));
  panel.addEventListener("click", (event) => { if (event.target.closest("a")) remember(search.value); });
  finder.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !finder.contains(event.relatedTarget) && !dialog?.open) panel.hidden = true;
  });
  document.addEventListener("pointerdown", (event) => { if (!finder.contains(event.target) && !dialog?.open) panel.hidden = true; });
  finder.addEventListener("keydown", (event) => {
    const links = all(".what, .recent button", panel), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      event.preventDefault();
      search.focus();
      clearTimeout(search.timer);
      asking?.abort();
      panel.hidden = true;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || panel.hidden || document.activeElement.type === "radio") return;
    event.preventDefault();
    const next = at + step;
    (next < 0 ? search : links[Math.min(next, links.length - 1)])?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select") && !dialog?.open) {
      event.preventDefault();
      search.focus();
    }
  });
  const kept = new URLSearchParams(location.search).get("search");
  if (kept && location.pathname !== `${root}/search`) { search.value = kept; look(); }
}

$("#said")?.focus();
