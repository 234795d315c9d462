"use strict";
// The page: an overview that is asked for again and again, and one view of what is chosen in the
// address (#/integrations/<identifier> or #/blueprints/<identifier>). All text is set as text.

const POLL_MS = 2000;
const SEARCH_MS = 200;
const NOTICE_MS = 5000;
const byId = (id) => document.getElementById(id);
const part = encodeURIComponent;

let overview = null;
let view = null; // {kind, identifier, refresh(item), close()}
let noticeTimer = 0;

// ---- talking to the sandbox

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!answer.ok) throw Object.assign(new Error(answer.message), answer);
  return answer;
}

async function poll() {
  try {
    overview = await ask("GET", "/page/overview");
    byId("connection").textContent = "";
    show();
  } catch {
    byId("connection").textContent = "not reachable, trying again";
  }
  setTimeout(poll, POLL_MS);
}

// ---- building elements

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function fromTemplate(id) {
  const fragment = byId(id).content.cloneNode(true);
  const parts = {};
  for (const found of fragment.querySelectorAll("[data-of]")) parts[found.dataset.of] = found;
  byId("main").replaceChildren(fragment);
  return parts;
}

function replaceIfChanged(target, children) {
  const aside = element("div", {}, ...children);
  const before = element("div", {}, ...[...target.childNodes].map((node) => node.cloneNode(true)));
  if (aside.innerHTML !== before.innerHTML) target.replaceChildren(...aside.childNodes);
}

function notice(text, bad = false) {
  const place = byId("notice");
  place.textContent = text;
  place.classList.toggle("bad", bad);
  place.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { place.hidden = true; }, NOTICE_MS);
}

function ago(time) {
  if (!time) return "never";
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return "less than a minute ago";
  if (seconds < 3600) return count(Math.floor(seconds / 60), "minute") + " ago";
  if (seconds < 86400) return count(Math.floor(seconds / 3600), "hour") + " ago";
  return new Date(time).toLocaleString();
}

function count(number, noun, nouns = noun + "s") {
  return `${number.toLocaleString()} ${number === 1 ? noun : nouns}`;
}

function duration(state) {
  if (!state.lastResyncStart || !state.lastResyncEnd) return "–";
  const seconds = (Date.parse(state.lastResyncEnd) - Date.parse(state.lastResyncStart)) / 1000;
  if (!(seconds >= 0)) return "–";
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

// ---- the frame: what is chosen, the two lists

function chosen() {
  const [, kind, identifier] = location.hash.split("/");
  if (kind && identifier) return { kind, identifier: decodeURIComponent(identifier) };
  if (overview.integrations.length) return { kind: "integrations", identifier: overview.integrations[0].identifier };
  if (overview.blueprints.length) return { kind: "blueprints", identifier: overview.blueprints[0].identifier };
  return { kind: "welcome", identifier: "" };
}

function show() {
  if (!overview) return;
  const { kind, identifier } = chosen();
  byId("organization").textContent = overview.organization;
  byId("kafka").textContent = overview.kafka.join(", ");
  replaceIfChanged(byId("integrations"), integrationLinks(kind, identifier));
  replaceIfChanged(byId("blueprints"), blueprintLinks(kind, identifier));
  const item = (overview[kind] || []).find((one) => one.identifier === identifier);
  const wanted = item ? kind : kind === "welcome" ? "welcome" : "missing";
  if (!view || view.kind !== wanted || view.identifier !== identifier) {
    if (view) view.close();
    view = { kind: wanted, identifier, close() {}, refresh() {}, ...VIEWS[wanted](identifier) };
    document.title = identifier ? `${identifier} · Sandbox` : "Sandbox";
  }
  view.refresh(item);
}

function link(kind, identifier, current, ...children) {
  const attributes = { href: `#/${kind}/${part(identifier)}`, title: identifier };
  if (current) attributes["aria-current"] = "page";
  return element("li", {}, element("a", attributes, ...children));
}

function integrationLinks(kind, identifier) {
  if (!overview.integrations.length) return [element("li", { class: "none" }, "none yet")];
  return overview.integrations.map((one) => link(
    "integrations", one.identifier, kind === "integrations" && one.identifier === identifier,
    element("span", { class: `dot ${one.resyncState.status || ""}` }),
    element("span", { class: "name" }, one.identifier),
  ));
}

function blueprintLinks(kind, identifier) {
  if (!overview.blueprints.length) return [element("li", { class: "none" }, "none yet")];
  return overview.blueprints.map((one) => link(
    "blueprints", one.identifier, kind === "blueprints" && one.identifier === identifier,
    element("span", { class: "name" }, one.title),
    element("span", { class: "count" }, one.count.toLocaleString()),
  ));
}

// ---- an integration: its state, its mapping

const drafts = new Map(); // what was edited and not saved, by integration

function integrationView(identifier) {
  const parts = fromTemplate("integration");
  const path = `/page/integrations/${part(identifier)}`;
  let stored = "";
  let seen = "";

  parts.identifier.textContent = identifier;
  const dirty = () => parts.text.value !== stored;

  function number(wrong = 0) {
    const lines = parts.text.value.split("\n").length;
    const numbers = Array.from({ length: lines }, (_, index) =>
      element("div", index + 1 === wrong ? { class: "wrong" } : {}, String(index + 1)));
    parts.gutter.replaceChildren(...numbers);
    parts.gutter.scrollTop = parts.text.scrollTop;
  }

  function edited() {
    parts.problem.hidden = true;
    parts.text.removeAttribute("aria-invalid");
    marked();
    number();
  }

  function marked() {
    parts.dirty.textContent = dirty() ? "not saved" : "";
    parts.save.disabled = parts.revert.disabled = !dirty();
  }

  async function load() {
    const { yaml } = await ask("GET", `${path}/mapping`);
    const untouched = !dirty();
    stored = yaml;
    if (untouched && parts.text.value !== yaml) {
      const caret = parts.text.selectionStart;
      parts.text.value = yaml;
      parts.text.setSelectionRange(caret, caret);
      edited();
    }
    marked();
  }

  async function save() {
    const sent = parts.text.value;
    parts.save.disabled = true;
    try {
      await ask("PUT", `${path}/mapping`, { yaml: sent });
    } catch (error) {
      complain(error);
      return;
    }
    stored = sent;
    edited();
    notice("Mapping saved. The integration resyncs with it now.");
  }

  function complain(error) {
    parts.save.disabled = false;
    parts.problem.hidden = false;
    parts.problem.textContent = error.line
      ? `Line ${error.line}, column ${error.column}: ${error.message}`
      : `Not saved: ${error.message}`;
    parts.text.setAttribute("aria-invalid", "true");
    number(error.line);
    if (error.line) moveTo(error.line);
  }

  function moveTo(line) {
    const start = parts.text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    parts.text.focus();
    parts.text.setSelectionRange(start, start);
    const height = parseFloat(getComputedStyle(parts.text).lineHeight);
    const top = (line - 1) * height;
    const outside = top < parts.text.scrollTop || top > parts.text.scrollTop + parts.text.clientHeight - 2 * height;
    if (outside) parts.text.scrollTop = top - parts.text.clientHeight / 2;
  }

  async function resync() {
    parts.resync.disabled = true;
    try {
      await ask("POST", `${path}/resync`);
      notice("Resync requested.");
    } catch (error) {
      notice(error.message, true);
    }
    parts.resync.disabled = false;
  }

  function keys(event) {
    if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (dirty()) save();
    }
  }

  parts.text.addEventListener("input", edited);
  parts.text.addEventListener("scroll", () => { parts.gutter.scrollTop = parts.text.scrollTop; });
  parts.text.addEventListener("keydown", keys);
  parts.save.addEventListener("click", save);
  parts.resync.addEventListener("click", resync);
  parts.revert.addEventListener("click", () => { parts.text.value = stored; edited(); });
  parts.text.value = drafts.get(identifier) || "";
  edited();
  const warn = (event) => { if (dirty()) event.preventDefault(); };
  addEventListener("beforeunload", warn);

  return {
    close() {
      removeEventListener("beforeunload", warn);
      if (dirty()) drafts.set(identifier, parts.text.value);
      else drafts.delete(identifier);
    },
    refresh(item) {
      parts.about.textContent = [item.integrationType, item.version].filter(Boolean).join(" · ");
      replaceIfChanged(parts.state, stateFacts(item.resyncState));
      if (seen !== item.updatedAt) {
        seen = item.updatedAt;
        load().catch((error) => notice(error.message, true));
      }
    },
  };
}

function stateFacts(state) {
  const fact = (name, ...value) => element("div", {}, element("dt", {}, name), element("dd", {}, ...value));
  const status = state.status || "";
  return [
    fact("Last resync", element("span", { class: `dot ${status}` }), status || "none yet"),
    fact("Started", element("span", { title: state.lastResyncStart || "" }, ago(state.lastResyncStart))),
    fact("Took", status === "running" ? "…" : duration(state)),
  ];
}

// ---- a blueprint: its entities as a table

function blueprintView() {
  const parts = fromTemplate("blueprint");
  let identifier = "";
  let seen = "";
  let offset = 0;
  let timer = 0;
  let turn = 0;

  async function load() {
    const mine = ++turn;
    const query = new URLSearchParams({ search: parts.search.value, offset });
    const found = await ask("GET", `/page/blueprints/${part(identifier)}/entities?${query}`);
    if (mine !== turn) return; // a later question is on its way
    if (offset && offset >= found.found) {
      offset = 0;
      await load();
      return;
    }
    draw(found);
  }

  function draw(found) {
    parts.head.replaceChildren(element("tr", {}, heading("Entity", "identifier", ""), ...found.columns.map(columnHeading)));
    parts.rows.replaceChildren(...found.rows.map((row) => tableRow(row, found.columns)));
    const none = found.found === 0;
    parts.empty.hidden = !none;
    parts.rows.parentElement.parentElement.hidden = none;
    parts.empty.textContent = found.count
      ? "No entity matches the search."
      : "No entities yet. Choose an integration on the left and press Resync, or look whether its mapping names this blueprint.";
    parts.pager.hidden = none;
    parts.range.textContent = `${(offset + 1).toLocaleString()}–${(offset + found.rows.length).toLocaleString()} of ${found.found.toLocaleString()}`;
    parts.back.hidden = parts.next.hidden = found.found <= found.limit;
    parts.back.disabled = offset === 0;
    parts.next.disabled = offset + found.limit >= found.found;
    parts.limit = found.limit;
  }

  const again = () => load().catch((error) => notice(error.message, true));
  const turnPage = (direction) => { offset = Math.max(0, offset + direction * parts.limit); again(); };
  parts.back.addEventListener("click", () => turnPage(-1));
  parts.next.addEventListener("click", () => turnPage(1));
  parts.search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { offset = 0; again(); }, SEARCH_MS);
  });
  parts.search.value = searchInAddress();

  return {
    close() { clearTimeout(timer); turn += 1; },
    refresh(item) {
      identifier = item.identifier;
      parts.title.textContent = item.title;
      parts.about.textContent = `${item.identifier} · ${count(item.count, "entity", "entities")}`;
      const now = `${item.changed} ${item.count}`;
      if (seen !== now) {
        seen = now;
        again();
      }
    },
  };
}

function searchInAddress() { // the search that a link to a related entity carries
  const search = location.hash.split("/")[3];
  return search ? decodeURIComponent(search) : "";
}

function heading(title, detail, kind) {
  return element("th", { scope: "col", class: kind }, title, element("span", { class: "detail" }, detail));
}

function columnHeading(column) {
  const detail = column.part === "relations" ? `→ ${column.detail}` : column.detail;
  return heading(column.title, detail, column.detail === "number" && column.part === "properties" ? "number" : "");
}

function tableRow(row, columns) {
  const first = element("td", {}, element("span", { class: "key" }, row.title || row.identifier));
  if (row.title && row.title !== row.identifier) first.append(element("span", { class: "under" }, row.identifier));
  return element("tr", {}, first, ...columns.map((column) => cell(row[column.part][column.key], column)));
}

function cell(value, column) {
  if (column.part === "relations") return element("td", {}, ...related(value, column.detail));
  return element("td", { class: column.detail === "number" ? "number" : "" }, shown(value));
}

function related(value, target) {
  const identifiers = [value].flat().filter((one) => one !== null && one !== undefined);
  if (!identifiers.length) return [absent()];
  return identifiers.map((one) => element("a", { class: "chip", href: `#/blueprints/${part(target)}/${part(one)}` }, one));
}

function shown(value) {
  if (value === null || value === undefined) return absent();
  if (Array.isArray(value) && value.length === 0) return absent();
  if (typeof value === "object") return folded(value);
  if (typeof value === "string" && /^https?:\/\//.test(value)) {
    return element("a", { href: value, rel: "noopener noreferrer", target: "_blank" }, value);
  }
  return String(value);
}

function folded(value) {
  const flat = Array.isArray(value) && value.every((one) => typeof one !== "object");
  if (flat && value.length <= 12) {
    const chips = document.createDocumentFragment();
    for (const one of value) chips.append(element("span", { class: "chip" }, String(one)));
    return chips;
  }
  const size = Array.isArray(value) ? count(value.length, "item") : count(Object.keys(value).length, "key");
  return element("details", {}, element("summary", {}, size), element("pre", {}, JSON.stringify(value, null, 2)));
}

function absent() {
  return element("span", { class: "absent" }, "–");
}

function missingView(identifier) {
  byId("main").replaceChildren(element("section", { class: "empty" },
    element("h1", {}, "Not here"),
    element("p", {}, `There is no ${identifier} in the catalog, or not any more. Choose something on the left.`)));
  return {};
}

function welcomeView() {
  fromTemplate("welcome");
  return {};
}

const VIEWS = {
  integrations: integrationView, blueprints: blueprintView, missing: missingView, welcome: welcomeView,
};
addEventListener("hashchange", () => {
  view?.close();
  view = null; // also when only the search of a link differs
  show();
});
poll();
