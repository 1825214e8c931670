// One key for each thing that can be said of an event under review.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  const note = document.querySelector("textarea[name=note]");
  // A flag without a note would only come back with an error.
  if (control.value === "flagged" && !note.value.trim()) note.focus();
  else control.click();
});
