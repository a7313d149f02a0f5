// What pages do with JavaScript and can do without: copy buttons, the browser's
// time zone, ages that count, focus on the list of errors, no double submits, a word when the live
// connection is lost.
(() => {
  const each = (selector, f, root = document) => root.querySelectorAll(selector).forEach(f);

  const ready = () => {
    document.querySelector("[data-focus]")?.focus();
    const here = document.querySelector(".nav [aria-current]"); // out of sight on a phone
    if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.clientWidth / 2 + here.clientWidth / 2;
    each("[data-copy]", (b) => (b.hidden = false));
    each("select[data-zone]", (s) => {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      if ([...s.options].some((o) => o.value === zone)) s.value = zone;
    });
  };

  const ages = () => {
    if (document.hidden) return;
    each("time[data-age]", (t) => {
      const s = Math.max(0, Math.round((Date.now() - Date.parse(t.dateTime)) / 1000));
      const words = s < 2 ? "just now" : s < 60 ? `${s} s ago` : s < 3600 ? `${Math.floor(s / 60)} min ago` : null;
      if (words && t.textContent !== words) t.textContent = words;
    });
  };

  document.addEventListener("click", async (e) => {
    const b = e.target.closest?.("[data-copy]");
    if (!b) return;
    const source = document.getElementById(b.dataset.copy);
    const said = document.getElementById("said");
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      b.dataset.done = "";
      said.textContent = "Copied";
    } catch {
      said.textContent = "Copying is not allowed here: select the text instead";
    }
    setTimeout(() => { delete b.dataset.done; said.textContent = ""; }, 2000);
  });

  document.addEventListener("input", (e) => { // who types an amount chooses its pack
    const radio = e.target.matches?.(".choice input:not([type=radio])") && e.target.closest(".choice").querySelector("[type=radio]");
    if (radio) radio.checked = true;
  });

  document.addEventListener("submit", (e) => {
    const f = e.target;
    if (f.method !== "post" || f.hasAttribute("data-again")) return;
    if (f.dataset.sent !== undefined) return e.preventDefault();
    f.dataset.sent = "";
    each("button:not([type=button])", (b) => b.setAttribute("aria-busy", "true"), f);
  });
  addEventListener("pageshow", () => each("form[data-sent]", (f) => {
    delete f.dataset.sent;
    each("[aria-busy]", (b) => b.removeAttribute("aria-busy"), f);
  }));

  const live = (state) => () => (document.documentElement.dataset.live = state);
  document.addEventListener("htmx:sse:after:connection", live("on"));
  document.addEventListener("htmx:sse:error", live("off"));

  setInterval(ages, 1000);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
