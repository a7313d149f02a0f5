// Passkeys: a button asks the browser for one, or to make one, and sends the answer
// with the form around it.
(() => {
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (list) => list?.map((c) => ({ ...c, id: bytes(c.id) }));

  const asked = (o) => ({
    ...o,
    challenge: bytes(o.challenge),
    ...(o.user && { user: { ...o.user, id: bytes(o.user.id) } }),
    ...(o.allowCredentials && { allowCredentials: listed(o.allowCredentials) }),
    ...(o.excludeCredentials && { excludeCredentials: listed(o.excludeCredentials) }),
  });

  const answered = (c) => {
    const r = c.response;
    const response = { clientDataJSON: text(r.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (r[name]) response[name] = text(r[name]);
    if (r.getTransports) response.transports = r.getTransports();
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response, clientExtensionResults: c.getClientExtensionResults(), authenticatorAttachment: c.authenticatorAttachment });
  };

  const words = (e) =>
    e.name === "InvalidStateError" ? "This device has a passkey for you here already."
    : e.name === "NotAllowedError" ? "Nothing was chosen, or it took too long. Try again."
    : "The browser could not use a passkey here: " + e.message;

  const ready = () => document.querySelectorAll("[data-passkey]").forEach((box) => {
    const problem = box.querySelector("[role=alert]");
    if (!window.PublicKeyCredential) {
      problem.textContent = "This browser knows no passkeys.";
      return;
    }
    box.querySelector("button").hidden = false;
    box.querySelector("button").addEventListener("click", async () => {
      problem.textContent = "";
      const options = JSON.parse(box.dataset.options);
      try {
        const publicKey = asked(options.publicKey);
        const c = box.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
        box.querySelector("[data-answer]").value = answered(c);
        box.closest("form").requestSubmit();
      } catch (e) {
        problem.textContent = words(e);
      }
    });
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
