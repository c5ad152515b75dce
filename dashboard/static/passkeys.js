// Passkeys. A password always does as well, so without this file nothing is lost.
"use strict";

const words = document.getElementById("passkey-words").dataset;
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

class Told extends Error {}

const send = async (address, token, body) => {
  const headers = { "content-type": "application/json", ...(token && { "x-form-token": token }) };
  let answer;
  try {
    answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  } catch {
    throw new Told(words.lost);
  }
  const type = answer.headers.get("content-type") ?? "";
  const said = type.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Told(said.problem ?? words.refused);
  return said;
};

// What the authenticator's function gives never leaves this page; only a key made from it does.
const keyFrom = async (secret) => {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode("backup passkey 1");
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return base64url(await crypto.subtle.deriveBits(how, material, 256));
};

const read = ({ extensions, challenge, ...options }) => ({
  ...options,
  challenge: bytes(challenge),
  extensions: { prf: { eval: { first: bytes(extensions.prf.eval.first) } } },
});
const named = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));

// Field by field: the browser's own toJSON would send the function's value along.
const written = (credential, fields) => ({
  id: credential.id,
  rawId: base64url(credential.rawId),
  type: credential.type,
  clientExtensionResults: {},
  response: Object.fromEntries(
    fields
      .filter((name) => credential.response[name])
      .map((name) => [name, base64url(credential.response[name])]),
  ),
});

const secretOf = (credential) => credential.getClientExtensionResults().prf?.results?.first;

const signIn = async () => {
  const options = read(await send("/sign-in/passkey/begin"));
  const credential = await navigator.credentials.get({ publicKey: options });
  const secret = secretOf(credential);
  if (!secret) throw new Told(words.cannot);
  const fields = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
  return send("/sign-in/passkey", null, {
    credential: written(credential, fields), key: await keyFrom(secret),
  });
};

const add = async (form) => {
  const token = form.elements.form_token.value;
  const options = read(await send("/security/passkeys/begin", token));
  options.user.id = bytes(options.user.id);
  options.excludeCredentials = named(options.excludeCredentials);
  const credential = await navigator.credentials.create({ publicKey: options });
  let secret = secretOf(credential);
  if (!secret && credential.getClientExtensionResults().prf?.enabled) {
    // Many authenticators tell the value only when they sign.
    const allowCredentials = [{ type: "public-key", id: credential.rawId }];
    secret = secretOf(await navigator.credentials.get({ publicKey: {
      rpId: options.rp.id, challenge: crypto.getRandomValues(new Uint8Array(32)), allowCredentials,
      userVerification: "required", extensions: options.extensions,
    } }));
  }
  if (!secret) {
    // It could open nothing: let the browser forget it, where it can.
    const useless = { rpId: options.rp.id, credentialId: credential.id };
    await window.PublicKeyCredential.signalUnknownCredential?.(useless).catch(() => {});
    throw new Told(words.cannot);
  }
  return send("/security/passkeys", token, {
    credential: written(credential, ["clientDataJSON", "attestationObject"]),
    key: await keyFrom(secret),
    name: form.elements.name.value,
  });
};

const offer = (form, act) => {
  if (!form || !window.PublicKeyCredential) return;
  form.hidden = false;
  document.getElementById("passkey-none")?.remove();
  const problem = form.querySelector(".problem");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      location.assign((await act(form)).to);
    } catch (error) {
      problem.textContent = error instanceof Told ? error.message : words.refused;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
};
offer(document.getElementById("passkey-sign-in"), signIn);
offer(document.getElementById("passkey-add"), add);
