// The operator's page: asks for the overview with a key that stays in this tab, and shows it. Text is never markup.
"use strict";
const $ = id => document.getElementById(id);
const held = "penchant-operator-key";
const seconds = 5;
let timer = 0;

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function table(into, heads, rows, empty) {
  const target = $(into);
  target.replaceChildren();
  if (!rows.length) { target.append(element("caption", empty)); return; }
  const numbers = heads.map((_, at) => rows.every(row => typeof row[at] === "number" || row[at] === null));
  const head = element("tr");
  heads.forEach((text, at) => {
    const cell = element("th", text, numbers[at] ? "number" : "");
    cell.scope = "col";
    head.append(cell);
  });
  const top = element("thead"), body = element("tbody");
  top.append(head);
  for (const row of rows) {
    const line = element("tr");
    row.forEach((value, at) => {
      const cell = element("td", value instanceof Node ? null : shown(value), numbers[at] ? "number" : "");
      if (value instanceof Node) cell.append(value);
      line.append(cell);
    });
    body.append(line);
  }
  target.append(top, body);
}

function list(into, pairs) {
  $(into).replaceChildren(...pairs.flatMap(([name, value]) => [element("dt", name), element("dd", shown(value))]));
}

const shown = value => value === null || value === undefined ? "–"
  : typeof value === "number" ? (Math.abs(value) < 0.00005 ? 0 : value).toLocaleString("en", {maximumFractionDigits: 4})
  : String(value);
const share = value => value === null ? "–" : `${(100 * value).toFixed(1)} %`;
const moment = value => value === null ? "–" : new Date(1000 * value).toLocaleString();
const between = one => one ? `${shown(one.value)} (${shown(one.low)} to ${shown(one.high)})` : "–";

async function ask(method, path, body) {
  const headers = {Authorization: `Bearer ${sessionStorage.getItem(held)}`};
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body), cache: "no-store"});
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.detail), {status: answer.status});
  return found;
}

function compared(one) {
  if (!one) return "not compared";
  if (!one.metrics) return one.note;
  return Object.entries(one.metrics).map(([name, m]) =>
    `${name}: ${shown(m.new)} against ${shown(m.served)}, difference ${shown(m.low)} to ${shown(m.high)}`
    + (m.clearly_worse ? " – clearly worse" : "")).join("; ") + (one.forced ? " (forced)" : "");
}

function serving(one) {
  if (one.served) return element("strong", "served", "good");
  const button = element("button", "Serve");
  button.setAttribute("aria-label", `Serve version ${one.version}`);
  button.addEventListener("click", () => {
    $("question").textContent = `Serve version ${one.version} from now on, on every server?`;
    $("sure").returnValue = "no";
    $("sure").showModal();
    $("sure").addEventListener("close", async () => {
      if ($("sure").returnValue !== "yes") return;
      try { await ask("POST", "v1/model/switch", {version: one.version}); await show(); }
      catch (failed) { say(failed.message, true); }
    }, {once: true});
  });
  return button;
}

function draw(facts) {
  list("state", [["Version", facts.version], ["Ready", facts.ready ? "yes" : "no"],
    ["This process started", moment(Date.now() / 1000 - facts.uptime_seconds)]]);
  $("problems").replaceChildren(...Object.entries(facts.problems).map(([n, why]) => element("li", `${n}: ${why}`, "bad")));
  table("versions", ["Version", "Saved", "Against the version before", ""],
    facts.versions.map(one => [one.version, moment(one.saved_at), compared(one.comparison), serving(one)]), "none");
  table("routes", ["Route", "Requests", "Refused", "Failed", "Median ms, at most", "99 % ms, at most"],
    facts.routes.map(r => [`${r.method} ${r.route}`, r.requests, r.refused, r.failed, r.p50, r.p99]), "no requests yet");
  table("refusals", ["Status", "Requests"], Object.entries(facts.refusals), "none");
  const drift = facts.drift;
  list("drift", [["Lists for unknown users", share(drift.unknown_users)], ["Unknown items in requests",
    share(drift.unknown_items)], ["Stored ratings", drift.ratings], ["Their mean", drift.mean],
    ["Mean of the training ratings", drift.training_mean]]);
  table("jobs", ["Job", "Last worked, or began", "Problem"],
    facts.jobs.map(one => [one.name, moment(one.since), one.problem || "none"]), "none");
  const found = facts.experiment;
  $("conclusion").textContent = found ? found.conclusion : "There is no experiment.";
  table("arms", ["Arm", "Users", "Lists", "Chosen", "For each list (99 % interval)"],
    (found ? found.arms : []).map(one => [one.arm, one.users, one.lists, one.outcomes, between(one.rate)]), "");
}

function say(text, bad) { $("status").textContent = text; $("status").className = bad ? "bad" : ""; }

async function show() {
  clearTimeout(timer);
  try {
    draw(await ask("GET", "v1/overview"));
    $("facts").hidden = false;
    $("enter").hidden = true;
    say(`As of ${new Date().toLocaleTimeString()}`);
    timer = setTimeout(show, 1000 * seconds);
  } catch (failed) {
    say(failed.message, true);
    if (failed.status === 401 || failed.status === 403) {
      sessionStorage.removeItem(held);
      $("facts").hidden = true;
      $("enter").hidden = false;
    } else timer = setTimeout(show, 1000 * seconds);
  }
}

$("enter").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem(held, $("key").value.trim());
  $("key").value = "";
  show();
});
if (sessionStorage.getItem(held)) show();
