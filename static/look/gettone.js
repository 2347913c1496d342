/* Gettone: the comforts a page gains when scripts run. Without them every page works, only less kindly. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const on = (name, act) => document.addEventListener(name, act);

  /* Copy buttons are hidden in the page, as without a script they do nothing. */
  function showCopyButtons(root) {
    if (navigator.clipboard) all("button[data-copy][hidden]", root).forEach((button) => { button.hidden = false; });
  }

  async function copy(button) {
    const word = button.querySelector("[data-word]"), before = word.textContent;
    const { copy, copied, refused } = button.dataset;
    word.textContent = await navigator.clipboard.writeText(copy).then(() => copied, () => refused);
    setTimeout(() => { word.textContent = before; }, 2500);
  }

  /* A second click never sends a second form; the server would refuse it, this spares the wait. */
  function rest(form) {
    delete form.dataset.sent;
    all("button[aria-busy]", form).forEach((button) => {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    });
  }

  function guard(event) {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    /* Later, or the pressed button's own value would be left out of what is sent. */
    setTimeout(() => {
      all("button:not([type=button]):not([disabled])", form).forEach((button) => {
        button.disabled = true;
        button.setAttribute("aria-busy", "true");
      });
    });
    setTimeout(() => rest(form), 15000);
  }

  /* "6 giorni e 4 ore", in the page's language, by the server's clock. */
  function left(milliseconds) {
    const minutes = Math.max(0, Math.ceil(milliseconds / 60000));
    const parts = [["day", Math.floor(minutes / 1440)], ["hour", Math.floor(minutes / 60) % 24], ["minute", minutes % 60]];
    const shown = parts.filter(([, count]) => count > 0).slice(0, 2);
    const language = document.documentElement.lang;
    const words = (shown.length ? shown : [["minute", 0]]).map(([unit, count]) =>
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
    return new Intl.ListFormat(language).format(words);
  }

  function startCountdowns(root) {
    all("[data-until]:not([data-counting])", root).forEach((element) => {
      element.dataset.counting = "1";
      const ahead = element.dataset.now ? Date.parse(element.dataset.now) - Date.now() : 0;
      const tick = () => {
        const remaining = Date.parse(element.dataset.until) - Date.now() - ahead;
        element.textContent = remaining > 0 ? left(remaining) : element.dataset.over;
        if (remaining > 0 && element.isConnected) setTimeout(tick, 20000);
      };
      tick();
    });
  }

  function prepare(root) {
    showCopyButtons(root);
    startCountdowns(root);
    root.querySelector(".g-errs")?.focus();
  }

  function sayTheServerFailed() {
    const said = document.getElementById("fault");
    if (said) said.textContent = said.dataset.text;
  }

  on("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copy(button);
  });
  on("submit", guard);
  /* A late answer never writes into a field in use, or changed since it was asked. */
  let sent;
  window.htmx?.registerExtension("typing", {
    htmx_before_swap: (_, { ctx }) => { sent = ctx.request.body; },
    htmx_before_morph_attr: (one, { attrName }) =>
      attrName !== "value" || !(one.matches(":focus") || (sent?.get(one.name) ?? one.value) !== one.value),
  });
  on("htmx:after:swap", ({ target }) => prepare(target.isConnected ? target : document));
  on("htmx:error", sayTheServerFailed);
  on("htmx:response:error", ({ detail }) => {
    if (detail.ctx.response.status >= 500) sayTheServerFailed();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(rest); });
  prepare(document);
})();
