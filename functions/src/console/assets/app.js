// Keeps pages fresh. Every page is complete without it.
"use strict";

document.documentElement.classList.add("script");

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

/** Whether somebody is typing, has typed something, or has unfolded something. */
const isBusy = (main) =>
  main.contains(document.activeElement) && document.activeElement !== main
    ? document.activeElement.matches("a, input, textarea, select, button, summary")
    : [...main.querySelectorAll("input:not([type=hidden]), textarea")].some(
        (field) => field.value !== field.defaultValue,
      ) || main.querySelector("details[open]") !== null;

/** Looks for news, and shows it. Forms keep what they are: only their hidden keys differ. */
async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main) return;
  const pause = Number(main.dataset.live);
  if (!document.hidden && !isBusy(main)) {
    try {
      const answer = await fetch(location.pathname + location.search.replace(/[?&](slow|done=[^&]*)/, ""));
      const next = answer.ok ? parse(await answer.text()).querySelector("main") : null;
      if (next && !isBusy(main)) main.replaceWith(next);
    } catch {
      // The server is gone for now: the page stays as it is.
    }
  }
  setTimeout(refresh, pause);
}
setTimeout(refresh, Number(document.querySelector("main[data-live]")?.dataset.live ?? 0));

/** Sends the form as it stands, without leaving the page. */
async function ask(form, what) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", what);
  const answer = await fetch(form.action, { method: "POST", body });
  return parse(await answer.text());
}

let latest = 0;
let timer;

/** Shows who would be asked, while the form is being filled in. */
function preview(form) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const mine = ++latest;
    const page = await ask(form, "preview").catch(() => null);
    const next = page?.querySelector("#preview");
    const isRefused = page?.querySelector(".notice.refused");
    if (mine === latest && next && !isRefused) document.querySelector("#preview").replaceWith(next);
  }, 400);
}

/** The form after one of its fields changed. */
async function change(form, field) {
  const id = document.activeElement?.id;
  const page = await ask(form, `changed:${field}`).catch(() => null);
  const next = page?.querySelector("form[data-ask]");
  if (!next) return;
  form.replaceWith(next);
  if (id) document.getElementById(id)?.focus();
  preview(next);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-ask]");
  if (form && !event.target.hasAttribute("data-changes")) preview(form);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.hasAttribute("data-submits")) return field.form.requestSubmit();
  const form = field.closest("form[data-ask]");
  if (form && field.hasAttribute("data-changes")) change(form, field.name.replace(/^f\./, ""));
});

// A second click on the same button does nothing, also before the server could say so.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) return event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const form = document.querySelector("form[data-ask]");
if (form && !document.querySelector("#preview .would, .notice.refused")) preview(form);
