// Passkeys: a form that the browser fills in by asking the device, to make one or to show one.
"use strict";

// Its submit button appears only where the browser can do it.
const passkeyForm = document.querySelector("form[data-passkey]");
if (passkeyForm && window.PublicKeyCredential?.parseRequestOptionsFromJSON) passkeyForm.hidden = false;
else document.getElementById("no-passkeys")?.removeAttribute("hidden");

passkeyForm?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = passkeyForm.querySelector("[role=alert]");
  problem.hidden = true;
  try {
    const credential = await askDevice(passkeyForm);
    passkeyForm.elements.credential.value = JSON.stringify(credential);
    passkeyForm.submit();
  } catch (failure) {
    // The person said no, took too long, or this device has none: the browser does not tell which.
    problem.hidden = false;
  }
});

async function askDevice(form) {
  const options = form.dataset.options ? JSON.parse(form.dataset.options) : await askedFor(form.action);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

async function askedFor(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options.publicKey;
}
