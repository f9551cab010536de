// Stars, the parts that change with them, explanations, search as you type, and erasing. The server renders everything;
// this script fetches the parts and inserts them.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const notice = $("#notice");
const skipped = [];
const fetching = new Map();
let joined = false;

function say(text, retry) {
  notice.textContent = text;
  clearTimeout(say.timer);
  if (retry) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => { notice.textContent = ""; retry(); });
    notice.append(button);
  } else if (text) {
    say.timer = setTimeout(() => { notice.textContent = ""; }, 4000);
  }
}

async function reason(answer) {
  try { return (await answer.json()).detail; } catch { return `the server answered ${answer.status}`; }
}

async function ask(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the server cannot be reached");
  }
  if (!answer.ok) throw Object.assign(new Error(await reason(answer)), { status: answer.status });
  return answer;
}

// --- parts -------------------------------------------------------------------------------------------------------

async function refresh(part, query = "") {
  if (!part) return;
  fetching.get(part)?.abort();
  const control = new AbortController();
  fetching.set(part, control);
  part.setAttribute("aria-busy", "true");
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  try {
    const html = await (await ask(part.dataset.part + query, { signal: control.signal })).text();
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const picked = part.dataset.pick ? $(part.dataset.pick, fresh) : fresh.body;
    part.replaceChildren(...picked.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  } catch (error) {
    if (error.name === "AbortError") return;
    say(`Not updated: ${error.message}.`, () => refresh(part, query));
  } finally {
    if (fetching.get(part) === control) part.removeAttribute("aria-busy");
  }
}

const questions = () => "?" + new URLSearchParams(skipped.map((item) => ["skip", item]));

// --- rating ------------------------------------------------------------------------------------------------------

const waiting = new Map();

function rateSoon(box, rating) {
  // Arrow keys select every step on the way, so a rating is sent only after a pause.
  const { item } = box.dataset;
  clearTimeout(waiting.get(item));
  box.dataset.state = "saving";
  waiting.set(item, setTimeout(() => { waiting.delete(item); rate(box, rating); }, 350));
}

async function rate(box, rating) {
  const { item, title } = box.dataset;
  const url = `/v1/users/me/ratings/${encodeURIComponent(item)}`;
  const json = { "Content-Type": "application/json" };
  const send = () => (rating === null
    ? ask(url, { method: "DELETE" })
    : ask(url, { method: "PUT", headers: json, body: JSON.stringify({ rating }) }));
  box.dataset.state = "saving";
  try {
    if (!joined) await ask("/visitor", { method: "POST" });
    joined = true;
    await (await send()).json();
  } catch (error) {
    joined = false;
    box.dataset.state = "failed";
    say(`${title} is not saved: ${error.message}.`, () => rate(box, rating));
    return;
  }
  delete box.dataset.state;
  for (const same of all(".rate").filter((one) => one.dataset.item === item)) show(same, rating);
  const kept = rating === null ? `Your rating of ${title} is deleted.` : `${title}: ${rating} saved.`;
  say(kept);
  await Promise.all([refresh($("#list")), refresh($("#mine")), refresh($("#expected"))]);
  const first = $("#list .title")?.textContent;
  if (first) say(`${kept} First for you now: ${first}.`);
  if (rating !== null && box.closest("#ask")) await refresh($("#ask"), questions());
}

function show(box, rating) {
  for (const input of all("input[type=radio]", box)) input.checked = Number(input.value) === rating;
  $(".given", box).textContent = rating ?? "";
  $(".unrate", box).hidden = rating === null;
}

document.addEventListener("change", (event) => {
  const box = event.target.closest(".rate");
  if (!box || event.target.value === "") return;
  rateSoon(box, Number(event.target.value));
});

document.addEventListener("click", (event) => {
  const take = event.target.closest(".unrate");
  if (take) rate(take.closest(".rate"), null);
  const skip = event.target.closest(".skip-item");
  if (skip) {
    skipped.push(skip.dataset.item);
    refresh($("#ask"), questions());
  }
});

// --- why ---------------------------------------------------------------------------------------------------------

document.addEventListener("toggle", async (event) => {
  const box = event.target;
  if (!box.matches?.("details.why") || !box.open) return;
  const account = $(".account", box);
  account.textContent = "Loading…";
  try {
    account.innerHTML = await (await ask(box.dataset.why)).text();
  } catch (error) {
    account.textContent = `The explanation could not be loaded: ${error.message}.`;
  }
}, true);

// --- searching ---------------------------------------------------------------------------------------------------

const search = $("#search");
search?.addEventListener("input", () => {
  clearTimeout(search.timer);
  search.timer = setTimeout(() => refresh($("#found"), "?" + new URLSearchParams({ search: search.value })), 180);
});
search?.form.addEventListener("submit", (event) => {
  event.preventDefault();
  refresh($("#found"), "?" + new URLSearchParams({ search: search.value }));
});
document.addEventListener("keydown", (event) => {
  const box = $("#search") ?? $("#map-search");
  if (event.key === "/" && box && !event.target.matches("input")) {
    event.preventDefault();
    box.focus();
  }
});

// --- erasing -----------------------------------------------------------------------------------------------------

const confirmBox = $("#confirm");
$("#erase")?.addEventListener("click", () => { confirmBox.hidden = false; $("#erase-now").focus(); });
$("#keep")?.addEventListener("click", () => { confirmBox.hidden = true; $("#erase").focus(); });
$("#erase-now")?.addEventListener("click", async function forget() {
  try {
    await ask("/forget-me", { method: "POST" });
    location.reload();
  } catch (error) {
    say(`Not erased: ${error.message}.`, forget);
  }
});
