// Manners of htmx here: quiet when nothing changed, gentle with what people opened, honest about failures.
const seen = new WeakMap();
const opened = new WeakMap();
const withoutTokens = (text) => text.replace(/value="[A-Za-z0-9]{64}"/g, "");
const isPage = (text) => /^\s*<!doctype/i.test(text);

export function say(text, link) {
  const place = document.getElementById("toasts");
  const note = document.createElement("div");
  note.className = "note tone-bad";
  const words = document.createElement("div");
  words.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.text;
    words.append(" ", anchor);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "copy";
  close.textContent = place.dataset.close;
  close.addEventListener("click", () => note.remove());
  note.append(words, close);
  place.replaceChildren(note);
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  const place = document.getElementById("toasts");
  const answered = new URL(xhr.responseURL || location.href).pathname;
  const asked = new URL(requestConfig.path, location.href).pathname;
  if (isPage(xhr.responseText) && xhr.status < 400 && answered !== asked) {
    // Led to another page where a part was expected: the session ended, and that is the sign-in page.
    event.detail.shouldSwap = false;
    const next = encodeURIComponent(location.pathname + location.search);
    say(place.dataset.signedOut, { href: `${answered}?next=${next}`, text: place.dataset.signIn });
    return;
  }
  if (isPage(xhr.responseText) && xhr.status >= 400) {
    event.detail.shouldSwap = false;
    return;
  }
  if (xhr.status >= 400 && xhr.status < 500 && xhr.responseText) {
    // A refusal that comes as a partial carries its own message.
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  const text = withoutTokens(xhr.responseText);
  if (requestConfig.verb === "get" && seen.get(target) === text) {
    event.detail.shouldSwap = false;
    return;
  }
  seen.set(target, text);
  opened.set(target, [...target.querySelectorAll("details[open][id]")].map((details) => details.id));
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  for (const id of opened.get(event.detail.target) ?? []) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
});
document.body.addEventListener("htmx:responseError", (event) => {
  // A background refresh that failed is repeated by the next nudge; only a person's own act is worth a word.
  if (event.detail.requestConfig.verb !== "get") say(document.getElementById("toasts").dataset.failed);
});
document.body.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig.verb !== "get") say(document.getElementById("toasts").dataset.unreachable);
});
