// What the browser adds to pages that work without it: the dialog, copying, pending buttons, the search key.
// Everything listens on the document, so what HTMX swaps in later needs no wiring.
"use strict";

const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const dialog = byId("dialog");
const notices = byId("notices");

root.classList.add("js");
// Browsers offer the clipboard on https and on this machine only.
if (!navigator.clipboard) root.classList.add("no-clipboard");

// --- The dialog: what HTMX swaps into it opens it, nothing closes it; focus goes back where it came from ---

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

// The answer that closes the dialog may also replace the row that opened it, after focus went back there.
document.addEventListener("htmx:afterSettle", returnFocus);

// Once somebody has moved focus on, it is no longer ours to move.
document.addEventListener("pointerdown", () => { isFocusOwed = false; });
document.addEventListener("keydown", () => { isFocusOwed = false; });

function placeOf(element) {
  const named = element.closest("[id]:not(body, main)");
  return { element, id: named?.id };
}

function returnFocus() {
  const isFocusLost = document.activeElement === document.body;
  if (!isFocusOwed || !isFocusLost || !opener || dialog.open) return;
  const place = opener.element.isConnected ? opener.element : byId(opener.id) ?? document.querySelector("main h1, main");
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

// An error answers for a URL whose page is not shown, so the address bar keeps the one that is.
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (detail.failed) Object.assign(detail.history, { type: "replace", path: location.href });
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, sayNoAnswer);

// A proxy's error page has no message of ours to pick out: say at least that there was no usable answer.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!/class="[^"]*\b(notice|state)\b/.test(detail.xhr.responseText)) sayNoAnswer();
});

function sayNoAnswer() {
  const place = (dialog.open && dialog.querySelector("[data-notices]")) || notices;
  place.replaceChildren(byId("no-answer").content.cloneNode(true));
}

// --- Pending: a button that was pressed says so, and cannot be pressed again until the answer is there ---

// aria-disabled rather than disabled, because a disabled button loses focus.
function setPending(button, isPending) {
  for (const state of ["aria-busy", "aria-disabled"]) {
    if (isPending) button.setAttribute(state, "true");
    else button.removeAttribute(state);
  }
}

// A form that was sent by a change of a filter is left alone, so that Enter still works while that answer is under way.
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
  const button = target.closest("[data-copy], [data-close], [data-dismiss]");
  if (!button) return;
  if ("copy" in button.dataset) copy(button);
  else if ("close" in button.dataset) dialog.close();
  else button.closest(".notice, .state").remove();
});

// An empty data-copy copies the text of the element before the button, which spares rows a second copy of each id.
async function copy(button) {
  const text = button.dataset.copy || button.previousElementSibling.textContent.trim();
  await navigator.clipboard.writeText(text);
  const announcement = byId("announcement");
  const said = announcement.dataset.copied;
  announcement.textContent = said;
  button.dataset.said = said;
  setTimeout(() => {
    announcement.textContent = "";
    delete button.dataset.said;
  }, 1500);
}

// --- `/` goes to the search box ---

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.select();
  search.focus();
});
