// What the browser adds to pages that work without it. One file, since each is a request.
// Nearly everything listens on the document, so what HTMX swaps in later needs no wiring.
"use strict";

const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const dialog = byId("dialog");
const notices = byId("notices");
const find = byId("find");
const offers = byId("offers");
const keys = byId("keys");
const bar = byId("selection");
const ROWS = "main tbody tr, main [data-row]";
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

root.classList.add("js");
// Only on https, and on this machine.
if (!navigator.clipboard) root.classList.add("no-clipboard");

// --- The dialog: what HTMX swaps into it opens it, nothing closes it; focus goes back ---

// The ticket that led to this page goes along into the form.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const ticket = new URLSearchParams(location.search).get("ticket");
  htmx.ajax("GET", link.href, { source: link, target: dialog, values: ticket ? { ticket } : {} });
});

let opener = null;
let isFocusOwed = false;

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== dialog) return;
  if (!dialog.firstElementChild) {
    dialog.close();
    return;
  }
  if (!dialog.open) {
    opener = placeOf(detail.requestConfig.elt);
    dialog.showModal();
  }
  (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]"))?.focus();
});

// The server sends `dialog:close` through HX-Trigger when a deed is done.
document.addEventListener("dialog:close", () => dialog.close());

dialog.addEventListener("close", () => {
  isFocusOwed = true;
  returnFocus();
});

// The answer that closes the dialog may also replace the row that opened it.
document.addEventListener("htmx:afterSettle", returnFocus);

// Once somebody has moved focus on, it is no longer ours to move.
document.addEventListener("pointerdown", () => { isFocusOwed = false; });
document.addEventListener("keydown", () => { isFocusOwed = false; });

function placeOf(element) {
  const row = element.closest("tr");
  const named = element.closest("[id]:not(body, main, #results)");
  return { element, selector: row ? `tr a[href="${linkOf(row).getAttribute("href")}"]` : named && `#${named.id}` };
}

function returnFocus() {
  const isFocusLost = document.activeElement === document.body;
  if (!isFocusOwed || !isFocusLost || !opener || dialog.open) return;
  const again = opener.selector && document.querySelector(opener.selector);
  const place = opener.element.isConnected ? opener.element : again ?? document.querySelector("main h1, main");
  focusOn(place);
}

function focusOn(place) {
  place.focus();
  if (document.activeElement === place) return;
  const inside = place.querySelector("a[href], button:not([aria-disabled=true])");
  if (!inside) place.tabIndex = -1;
  (inside ?? place).focus();
}

// --- Errors: inside the dialog while it covers the page, and never silent ---

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const inDialog = dialog.open && dialog.querySelector("[data-notices]");
  if (inDialog && detail.target === notices) detail.target = inDialog;
});

// An error answers for a page that is not shown.
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (detail.failed) Object.assign(detail.history, { type: "replace", path: location.href });
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, sayNoAnswer);

// A proxy's error page has no message of ours to pick out.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!/class="[^"]*\b(notice|state)\b/.test(detail.xhr.responseText)) sayNoAnswer();
});

function sayNoAnswer() {
  say(navigator.onLine ? "no-answer" : "offline");
}

function say(message) {
  const place = (dialog.open && dialog.querySelector("[data-notices]")) || notices;
  place.replaceChildren(byId(message).content.cloneNode(true));
}

// --- Offline: a form is kept rather than lost to the browser's own error page ---

addEventListener("offline", () => say("offline"));
addEventListener("online", () => {
  for (const notice of document.querySelectorAll("[data-offline]")) notice.remove();
});

document.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say("offline");
}, true);

// --- Pending: a pressed button says so, and cannot be pressed again until the answer is there ---

// aria-disabled rather than disabled, because a disabled button loses focus; what it says keeps its width.
function setPending(button, isPending) {
  for (const state of ["aria-busy", "aria-disabled"]) {
    if (isPending) button.setAttribute(state, "true");
    else button.removeAttribute(state);
  }
  const { pending, words } = button.dataset;
  if (!pending) return;
  if (isPending) button.style.minInlineSize = `${button.offsetWidth}px`;
  if (isPending) button.dataset.words = button.textContent;
  button.textContent = isPending ? pending : words;
}

// A form sent by a change of a filter is left alone: Enter still works while that answer is under way.
function buttonOf(element, event) {
  if (element.matches("button")) return element;
  if (event?.type !== "submit") return null;
  return event.submitter ?? [...element.elements].find((control) => control.type === "submit");
}

// Enter in a field presses the form's button too, so guarding clicks guards every way to submit.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[aria-disabled=true]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  // Results long in coming become their own skeleton; to restyle them costs more than most answers take.
  if (detail.target.id === "results") {
    const wait = setTimeout(() => detail.target.setAttribute("aria-busy", "true"), 300);
    detail.xhr.addEventListener("loadend", () => {
      clearTimeout(wait);
      detail.target.removeAttribute("aria-busy");
    });
  }
  const button = buttonOf(detail.elt, detail.requestConfig.triggeringEvent);
  if (!button) return;
  setPending(button, true);
  detail.xhr.addEventListener("loadend", () => setPending(button, false));
});

// A plain form leaves the page; one that downloads stays, and says so with data-download.
document.addEventListener("submit", (event) => {
  const button = buttonOf(event.target, event);
  if (!event.defaultPrevented && button && !event.target.matches("[data-download]")) setPending(button, true);
});

// The browser may bring a left page back as it was.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const button of document.querySelectorAll("button[aria-busy]")) setPending(button, false);
});

// --- Buttons that only the browser answers ---

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-close], [data-dismiss], [data-keys]");
  if (!button) return;
  if ("copy" in button.dataset) copy(button);
  else if ("close" in button.dataset) button.closest("dialog").close();
  else if ("keys" in button.dataset) keys.showModal();
  else button.closest(".notice, .state").remove();
});

// An empty data-copy copies the text before the button, which spares rows a second copy of each id.
async function copy(button) {
  await copyText(button.dataset.copy || button.previousElementSibling.textContent.trim());
  button.dataset.said = byId("announcement").dataset.copied;
  setTimeout(() => { delete button.dataset.said; }, 1500);
}

async function copyText(text) {
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(text);
  const announcement = byId("announcement");
  announcement.textContent = announcement.dataset.copied;
  setTimeout(() => { announcement.textContent = ""; }, 1500);
}

const linkOf = (row) => row.querySelector("a[href], button");
const idsOf = (place) => [...place.querySelectorAll(".id")].map((id) => id.textContent.trim()).join("\t");
const rowsNow = () => [...document.querySelectorAll(ROWS)];

// --- Keys ---

// `j` and `k` go on from the row where one was last; all else is done to the row where one is.
let lastRow = null;
const currentRow = () => document.activeElement.closest(ROWS);

document.addEventListener("focusin", () => { lastRow = currentRow() ?? lastRow; });

const actions = {
  j: () => step(1),
  k: () => step(-1),
  x: () => currentRow()?.querySelector("[type=checkbox]")?.click(),
  c: copyIds,
  "[": () => document.querySelector("[rel=prev]")?.click(),
  "]": () => document.querySelector("[rel=next]")?.click(),
  "/": openFind,
  "?": () => keys.showModal(),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && key === "k" && find) return act(event, openFind);
  if (isCommand && key === "Enter") return act(event, () => sendFormOf(target));
  if (event.target.closest(".find")) return moveInOffers(event);
  // Some keyboards type brackets with AltGr, which is Control and Alt together, or with Option, which is Alt.
  if (event.metaKey || (event.ctrlKey !== event.altKey && !"[]".includes(key)) || event.isComposing) return;
  if (!areKeysOn() || target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const control = controlFor(key);
  if (control) act(event, () => press(control));
  else if (Object.hasOwn(actions, key)) act(event, actions[key]);
});

function act(event, action) {
  event.preventDefault();
  if (!event.repeat || "jk".includes(event.key)) action();
}

function controlFor(key) {
  const named = `[data-key="${CSS.escape(key)}"]`;
  return currentRow()?.querySelector(named) ?? document.querySelector(`main ${named}:not(tbody *, [data-row] *)`);
}

// It leads to the field it needs, rather than to an error.
function press(control) {
  const needed = control.form?.elements[control.dataset.needs];
  if (needed && !needed.value.trim()) needed.focus();
  else control.click();
}

function step(by) {
  const rows = rowsNow();
  const next = rows.includes(lastRow) ? rows[rows.indexOf(lastRow) + by] : rows[0];
  if (!next) return;
  linkOf(next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function copyIds() {
  const places = [currentRow() ?? selected()].flat();
  const text = (places.length ? places : [...document.querySelectorAll("main .details")]).map(idsOf).join("\n");
  if (text) copyText(text);
}

// Where a form has several answers, one presses the one that is meant.
function sendFormOf(place) {
  const buttons = place.closest("form")?.querySelectorAll("[type=submit]:not([formaction])");
  if (buttons?.length === 1) buttons[0].click();
}

// Single keys trouble speech input and some hands.
function areKeysOn() {
  return localStorage.getItem("keys") !== "off";
}

const keySwitch = byId("keys-on");
keySwitch.checked = areKeysOn();
keySwitch.addEventListener("change", () => localStorage.setItem("keys", keySwitch.checked ? "on" : "off"));

// --- Focus that a swap of the results took away comes back at the like place ---

let lost = null;

document.addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, target } }) => {
  if (!shouldSwap || target.id !== "results") return;
  const place = document.activeElement;
  lost = target.contains(place) && (place.rel ? `#results [rel=${place.rel}]` : "#results tbody a");
  // HTMX would take leave of each element in turn.
  target.querySelector("tbody")?.remove();
});

document.addEventListener("htmx:afterSettle", () => {
  countSelected();
  if (!lost || document.activeElement !== document.body) return;
  (document.querySelector(lost) ?? document.querySelector("#results a"))?.focus();
  lost = null;
});

// --- Selecting rows ---

const selected = () => [...document.querySelectorAll("tbody tr:has(td [type=checkbox]:checked)")];

document.addEventListener("change", ({ target }) => {
  if (target.matches("th [type=checkbox]")) {
    for (const box of target.closest("table").querySelectorAll("td [type=checkbox]")) box.checked = target.checked;
  }
  if (target.closest("table")) countSelected();
});

function countSelected() {
  if (!bar) return;
  const count = selected().length;
  bar.hidden = !count;
  bar.querySelector("output").value = count;
  const all = document.querySelector("th [type=checkbox]");
  if (!all) return;
  all.checked = count > 0 && count === rowsNow().length;
  all.indeterminate = count > 0 && !all.checked;
}

const ofSelected = {
  copy: () => copyText(selected().map(idsOf).join("\n")),
  revoke: beginRound,
  clear: () => {
    for (const row of selected()) row.querySelector("[type=checkbox]").checked = false;
    countSelected();
  },
};

bar?.addEventListener("click", ({ target }) => ofSelected[target.dataset.selected]?.());

// One form after another; to close one without a deed ends the round.
let isInRound = false;
let before = {};

function beginRound() {
  before = {};
  revokeNext();
}

function revokeNext() {
  const link = selected().map((row) => row.querySelector("[data-key=r]")).find(Boolean);
  isInRound = Boolean(link);
  link?.click();
}

dialog.addEventListener("close", () => { isInRound = false; });
document.addEventListener("dialog:close", () => {
  if (!isInRound) return;
  const given = new FormData(dialog.querySelector("form"));
  before = Object.fromEntries(["reason", "ticket", "received_at"].map((name) => [name, given.get(name)]));
  document.addEventListener("htmx:afterSettle", revokeNext, { once: true });
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!isInRound || detail.target !== dialog || detail.requestConfig.verb !== "get") return;
  const fields = dialog.querySelector("form")?.elements ?? {};
  for (const [name, value] of Object.entries(before)) if (fields[name]) fields[name].value = value;
});

// --- How tables look: in cookies, so that the server draws it at once ---

function keep(name, value, path) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=${path}; max-age=${value ? 31536000 : 0}; samesite=lax${secure}`;
}

const view = byId("view");

view?.addEventListener("toggle", () => {
  const hidden = (root.dataset.hidden ?? "").split(" ");
  const labels = [...document.querySelectorAll("#results th")].map((head, index) => {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: index + 1 });
    box.checked = !hidden.includes(box.value);
    label.append(box, head.textContent);
    label.hidden = head.matches("[data-always], .col-check, .col-actions");
    return label;
  });
  view.querySelector("[data-columns]").replaceChildren(...labels);
});

view?.addEventListener("change", ({ target }) => {
  if (target.name === "density") {
    root.dataset.density = target.checked ? "compact" : "";
    keep("density", root.dataset.density, "/");
    return;
  }
  const hidden = [...view.querySelectorAll("[data-columns] input:not(:checked)")].map((box) => box.value);
  root.dataset.hidden = hidden.join(" ");
  keep("hidden", hidden.join("."), location.pathname);
});

document.addEventListener("click", ({ target }) => {
  if (view && !view.contains(target)) view.open = false;
});

// --- Times: exact where one points or stands, and in what is copied ---

function exactly(time) {
  // As the browser writes it, unless the page is in another language.
  const language = navigator.languages.find((each) => each.startsWith(root.lang)) ?? root.lang;
  const here = new Date(time.dateTime).toLocaleString(language, { dateStyle: "medium", timeStyle: "long" });
  return `${time.dateTime.slice(0, 19).replace("T", " ")} UTC, ${here}`;
}

function tellTimes({ target }) {
  const place = target.closest("tr") ?? target.closest("time, a");
  if (place) for (const time of timesIn(place)) time.title = exactly(time);
}

const timesIn = (place) => place.matches("time") ? [place] : place.querySelectorAll("time[datetime]");

for (const event of ["pointerover", "focusin"]) document.addEventListener(event, tellTimes);

document.addEventListener("copy", () => {
  for (const time of document.querySelectorAll("main time[datetime]")) {
    if (!getSelection().containsNode(time, true)) continue;
    const exact = new Text(` (${exactly(time)})`);
    time.append(exact);
    setTimeout(() => exact.remove());
  }
});

// --- The box to find things; what was in it ends with the tab or the sign-in ---

const recent = () => JSON.parse(sessionStorage.getItem("recent") ?? "[]");

if (!find) sessionStorage.removeItem("recent");

function openFind() {
  find.focus();
  find.select();
}

// Of a whole text only its ids are kept.
function remember(text) {
  const words = text.length < 60 ? text.trim() : text.match(/[0-9a-f-]{32,36}/gi)?.join(" ");
  if (!words) return;
  const list = [words, ...recent().filter((each) => each !== words)].slice(0, 8);
  sessionStorage.setItem("recent", JSON.stringify(list));
}

function showRecent() {
  if (find.value || !recent().length) return;
  const shown = byId("recent").content.cloneNode(true);
  for (const words of recent()) {
    const item = shown.querySelector("ul").appendChild(document.createElement("li"));
    item.append(Object.assign(document.createElement("button"), { type: "button", textContent: words }));
  }
  offers.replaceChildren(shown);
}

function moveInOffers(event) {
  const places = [find, ...offers.querySelectorAll("a, button")];
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) act(event, () => places[places.indexOf(event.target) + by]?.focus());
  else if (event.key === "Escape") act(event, () => { find.focus(); offers.replaceChildren(); });
}

find?.addEventListener("focus", showRecent);
offers?.addEventListener("htmx:afterSwap", () => {
  showRecent();
  if (!document.activeElement.closest(".find")) offers.replaceChildren();
});
find?.form.addEventListener("submit", () => remember(find.value));

offers?.addEventListener("click", ({ target }) => {
  if (target.closest("a")) remember(find.value);
  else if (target.closest("[data-forget]")) {
    sessionStorage.removeItem("recent");
    offers.replaceChildren();
    find.focus();
  } else if (target.closest("button")) {
    find.value = target.textContent;
    find.focus();
    find.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

document.addEventListener("focusout", ({ relatedTarget }) => {
  if (!relatedTarget?.closest(".find")) offers?.replaceChildren();
});
